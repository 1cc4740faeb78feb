"""Which feeds were heard, and when: what tells "nothing happened" from "we heard nothing"."""

from collections.abc import Iterable

import msgspec

from schemas.aliases import Kind, alias, cell_key
from schemas.shops import DEFAULT_SHOP
from schemas.wire import EventItem, HeardItem

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
"""How finely it is told: a busy feed is news once a minute."""


class _Carried(msgspec.Struct):
    carrier: str = ""


def heard(items: Iterable[EventItem]) -> list[HeardItem]:
    """One item for each feed among events: its source, and the carrier of a parcel's events.

    A carrier's event that names no shop counts for the default one. Late events tell of the past, not of the feed.
    """
    feeds: dict[str, dict[int, tuple[int, int]]] = {}
    for item in items:
        if item.late:
            continue
        for name in {item.source, _carrier(item)} - {""}:
            hours = feeds.setdefault(cell_key(item.shop or DEFAULT_SHOP, alias(Kind.FEED, name)), {})
            hour = item.time_ms // HOUR_MS
            minute = item.time_ms - item.time_ms % MINUTE_MS
            first, last = hours.get(hour, (minute, minute))
            hours[hour] = min(first, minute), max(last, minute)
    return [HeardItem(cell, hours) for cell, hours in sorted(feeds.items())]


def _carrier(item: EventItem) -> str:
    return _read(item.data).carrier if item.type.startswith("logistics.parcel.") else ""


_read = msgspec.json.Decoder(_Carried).decode
