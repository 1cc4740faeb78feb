"""Which feeds were heard, and when: what tells "nothing happened" from "we heard nothing"."""

from collections.abc import Iterable, Sequence
from itertools import compress
from operator import and_

from schemas.aliases import Kind, alias, cell_key
from schemas.contract import Taken
from schemas.events import SHOPLESS_TYPES
from schemas.shops import DEFAULT_SHOP
from schemas.wire import HeardItem

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
"""How finely it is told: a busy feed is news once a minute."""

_MINUTE_US = MINUTE_MS * 1_000

_A_PARCEL = cell_key("", alias(Kind.PARCEL, ""))
"""What the key of every parcel's cell begins with; all events of parcels go to theirs."""

Spoken = set[tuple[str, str, int]]
"""Shop, feed and minute since the epoch, of each minute that a feed spoke of."""


def spoken(events: Taken, speakers: Iterable[tuple[str, str]]) -> Spoken:
    """Who speaks in events: the source of each, the carrier in what it says itself. Late ones tell of the past only.

    `speakers` are their shops and sources, each once.

    A registration is the shop's word: it prints labels for a carrier that nobody hears of, too.
    """
    shops, minutes = events.shops, _minutes(events)
    in_time = [not late for late in events.late]
    if isinstance(minutes, int) and not in_time:
        said = {(shop, source, minutes) for shop, source in speakers}
    else:
        said = _said(zip(shops, events.sources, strict=True), minutes, in_time)
    if not SHOPLESS_TYPES.isdisjoint(events.types):
        by_carriers = [*map(SHOPLESS_TYPES.__contains__, events.types)]
        which = [*map(and_, by_carriers, in_time)] if in_time else by_carriers
        told = _said(zip(shops, events.cells, strict=True), minutes, which)
        said.update((shop, _carrier(cell), minute) for shop, cell, minute in told)
    return {one for one in said if one[1]}


def _minutes(events: Taken) -> int | Sequence[int]:
    """The minute of all of some events, which are mostly of one, or of each."""
    first, last = (time // _MINUTE_US for time in events.span_us)
    return first if first == last else [time // _MINUTE_US for time in events.times_us]


def _said(pairs: Iterable[tuple[str, str]], minutes: int | Sequence[int], which: Sequence[bool]) -> Spoken:
    """Shops and names with their minutes, each once: of the events that `which` says, of all where it is empty."""
    if isinstance(minutes, int):
        return {(*pair, minutes) for pair in {*(compress(pairs, which) if which else pairs)}}
    found = zip(pairs, minutes, strict=True)
    return {(*pair, minute) for pair, minute in {*(compress(found, which) if which else found)}}


def heard(minutes: Spoken) -> list[HeardItem]:
    """One item for each feed; a carrier's event that names no shop counts for the default one."""
    feeds: dict[str, dict[int, tuple[int, int]]] = {}
    for shop, name, minute in minutes:
        hours = feeds.setdefault(cell_key(shop or DEFAULT_SHOP, alias(Kind.FEED, name)), {})
        now = minute * MINUTE_MS
        first, last = hours.get(now // HOUR_MS, (now, now))
        hours[now // HOUR_MS] = min(first, now), max(last, now)
    return [HeardItem(cell, dict(sorted(hours.items()))) for cell, hours in sorted(feeds.items())]


def _carrier(cell: str) -> str:
    """The carrier that the key of a parcel's cell names, whose name has no slash; nothing for any other cell."""
    return cell[len(_A_PARCEL) :].partition("/")[0] if cell.startswith(_A_PARCEL) else ""
