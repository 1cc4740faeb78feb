"""Which feeds were heard, and when: what tells "nothing happened" from "we heard nothing"."""

from collections.abc import Sequence

import msgspec

from schemas.aliases import Kind, alias, cell_key
from schemas.shops import DEFAULT_SHOP
from schemas.wire import EventItem, HeardItem

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
"""How finely it is told: a busy feed is news once a minute."""


class _Carried(msgspec.Struct):
    carrier: str = ""


def heard(items: Sequence[EventItem]) -> list[HeardItem]:
    """One item for each feed among events: its source, and the carrier of a parcel's events.

    A carrier's event that names no shop counts for the default one. Late events tell of the past, not of the feed.
    """
    minutes = {(item.shop, item.source, item.time_ms // MINUTE_MS) for item in items if not item.late}
    minutes |= {
        (item.shop, _carrier(item), item.time_ms // MINUTE_MS) for item in items if not item.late and _of_a_parcel(item)
    }
    feeds: dict[str, dict[int, tuple[int, int]]] = {}
    for shop, name, minute in minutes:
        if name:
            hours = feeds.setdefault(cell_key(shop or DEFAULT_SHOP, alias(Kind.FEED, name)), {})
            now = minute * MINUTE_MS
            first, last = hours.get(now // HOUR_MS, (now, now))
            hours[now // HOUR_MS] = min(first, now), max(last, now)
    return [HeardItem(cell, dict(sorted(hours.items()))) for cell, hours in sorted(feeds.items())]


def _of_a_parcel(item: EventItem) -> bool:
    return item.type.startswith("logistics.parcel.")


def _carrier(item: EventItem) -> str:
    return _read(item.data).carrier


_read = msgspec.json.Decoder(_Carried).decode
