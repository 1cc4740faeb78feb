"""Which feeds were heard, and when: what tells "nothing happened" from "we heard nothing"."""

from collections.abc import Sequence

from schemas.aliases import Kind, alias, cell_key
from schemas.shops import DEFAULT_SHOP
from schemas.wire import EventItem, HeardItem

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
"""How finely it is told: a busy feed is news once a minute."""

_A_PARCEL = cell_key("", alias(Kind.PARCEL, ""))
"""What the key of every parcel's cell begins with; all events of parcels go to theirs."""


Spoken = set[tuple[str, str, int]]
"""Shop, feed and minute since the epoch, of each minute that a feed spoke of."""


def spoken(items: Sequence[EventItem]) -> Spoken:
    """Who speaks in events: the source of each, and the carrier of a parcel's. Late ones tell of the past only."""
    minutes = {(item.shop, item.source, item.time_ms // MINUTE_MS) for item in items if not item.late}
    minutes |= {
        (item.shop, _carrier(item), item.time_ms // MINUTE_MS)
        for item in items
        if item.cell.startswith(_A_PARCEL) and not item.late and item.type.startswith("logistics.parcel.")
    }
    return minutes


def heard(minutes: Spoken) -> list[HeardItem]:
    """One item for each feed; a carrier's event that names no shop counts for the default one."""
    feeds: dict[str, dict[int, tuple[int, int]]] = {}
    for shop, name, minute in minutes:
        if name:
            hours = feeds.setdefault(cell_key(shop or DEFAULT_SHOP, alias(Kind.FEED, name)), {})
            now = minute * MINUTE_MS
            first, last = hours.get(now // HOUR_MS, (now, now))
            hours[now // HOUR_MS] = min(first, now), max(last, now)
    return [HeardItem(cell, dict(sorted(hours.items()))) for cell, hours in sorted(feeds.items())]


def _carrier(item: EventItem) -> str:
    """The carrier that the key of a parcel's cell names; its name has no slash."""
    return item.cell[len(_A_PARCEL) :].partition("/")[0]
