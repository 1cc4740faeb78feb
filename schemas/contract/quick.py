"""Judges the events that are as they should be, which most are, at little more than what decoding them costs.

It takes no event that the careful way refuses, and says the same of those it takes; property tests hold it to that.
Calls are counted here: one more for each event costs as much as a tenth of decoding it. So events are judged column by
column, all instants, all data of one type, and each by itself only where a whole column does not pass.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress, repeat
from operator import attrgetter, sub
from typing import Any, Final, cast

from xxhash import xxh3_64_digest

from schemas.contract.answers import AHEAD_MS, BEHIND_MS, Accepted
from schemas.contract.content import MINUS_ZERO, ZERO, encode_others, pack
from schemas.contract.envelope import Envelope, Usual, others_of
from schemas.contract.shapes import SHAPES
from schemas.events import EVENT_TYPES, SHOPLESS_TYPES
from schemas.instants import END, EPOCH, microseconds
from schemas.shops import DEFAULT_SHOP, Shops

_END_MS: Final = microseconds(END) // 1_000
_READERS: Final = {name: shape.read for name, shape in SHAPES.items()}
_USUAL_SHOPS: Final = {name: "" if name in SHOPLESS_TYPES else DEFAULT_SHOP for name in EVENT_TYPES}


@dataclass(frozen=True, slots=True)
class Received:
    """When the records of some events were received, ms: the first, the last, and that of the event at a place."""

    first_ms: int
    last_ms: int
    at: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Taken:
    """Events that were taken, in order: the place of each among those judged, and the fields of its `Event`.

    Where no event is late, or none has extensions, that column is empty.
    """

    places: Sequence[int]
    sources: Sequence[str]
    ids: Sequence[str]
    types: Sequence[str]
    shops: Sequence[str]
    times_ms: Sequence[int]
    cells: Sequence[str]
    texts: Sequence[bytes]
    extensions: Sequence[bytes]
    digests: Sequence[bytes]
    late: Sequence[bool]
    span_ms: tuple[int, int]
    """The first and the last of the instants."""

    def columns(self) -> tuple[Iterable[Any], ...]:
        """The columns of an `Event`, in its fields' order; some of them have no end."""
        return (
            self.sources,
            self.ids,
            self.types,
            self.shops,
            self.times_ms,
            self.cells,
            self.texts,
            self.extensions or repeat(b""),
            self.digests,
            self.late or repeat(False),
        )

    def rows(self) -> Iterator[Accepted]:
        """The events, one by one."""
        return cast(Iterator[Accepted], zip(*self.columns(), strict=False))


def gather(answers: Mapping[int, Accepted]) -> Taken:
    """Events that were taken one by one, by their places, as those that are taken at once."""
    sources, ids, types, named, times_ms, cells, texts, extensions, digests, late = zip(*answers.values(), strict=True)
    late, span_ms = late if any(late) else (), _span(times_ms)
    return Taken([*answers], sources, ids, types, named, times_ms, cells, texts, extensions, digests, late, span_ms)


def take(opened: list[Usual | Envelope], places: Sequence[int], received: Received, shops: Shops) -> Taken:
    """The events that are surely fine and what they come to.

    Only for events whose data are `surely_plain`, and no control character in source or id. `opened` is empty
    afterwards: what an event needs no more makes room for the next, in the processor's cache.
    """
    live_of, types = _Live(shops), [envelope.type for envelope in opened]
    named = _shops([envelope.shop for envelope in opened], types)
    times_us = _microseconds([envelope.time for envelope in opened])
    sources, ids = [envelope.source for envelope in opened], [envelope.id for envelope in opened]
    texts = [bytes(envelope.data) for envelope in opened]
    extensions: Sequence[bytes] = ()
    if not {*map(type, opened)} <= {Usual}:
        extensions = [encode_others(others_of(envelope)) for envelope in opened]
    opened.clear()
    contents, cells, taken = _read(types, named, texts, live_of)
    span_ms = first_ms, last_ms = _span(times_us, 1_000)
    if taken < len(texts) or first_ms < 0 or last_ms > min(received.first_ms + AHEAD_MS, _END_MS - 1):
        fine = [
            content is not None and _in_time(time // 1_000, live_of[shop], received.at(place))
            for content, time, place, shop in zip(contents, times_us, places, named, strict=True)
        ]
        places, sources, ids, types, named, texts, contents, cells, times_us, extensions = _only(
            fine, places, sources, ids, types, named, texts, contents, cells, times_us, extensions
        )
        span_ms = first_ms, _ = _span(times_us, 1_000)
    digests = _digests(zip(types, named, times_us, extensions or repeat(b""), contents, strict=False))
    del contents
    times_ms = [time // 1_000 for time in times_us]
    late = _late(times_ms, places, named, received, live_of) if first_ms < received.last_ms - BEHIND_MS else ()
    return Taken(places, sources, ids, types, named, times_ms, cells, texts, extensions, digests, late, span_ms)


def _span(times: Sequence[int], unit: int = 1) -> tuple[int, int]:
    """The first and the last of some instants, in so many of their units; 0 where there is none."""
    return min(times, default=0) // unit, max(times, default=0) // unit


_NO_SHOP: Final = "?"
"""Stands for what can be the name of none."""


def _shops(named: Sequence[str | None], types: Sequence[str]) -> Sequence[str]:
    """The shop of each event."""
    if {None, ""}.isdisjoint({*named}):
        return cast(Sequence[str], named)
    usual = _USUAL_SHOPS.get
    return [
        usual(kind, _NO_SHOP) if name is None else name or _NO_SHOP for name, kind in zip(named, types, strict=True)
    ]


def _read(
    types: Sequence[str], named: Sequence[str], texts: Sequence[bytes], live_of: Mapping[str, bool | None]
) -> tuple[list[Any], list[str], int]:
    """What the data of each say, None where they are not taken, and their cells; and how many were taken."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, kind in enumerate(zip(types, named, strict=True)):
        groups[kind].append(place)
    contents: list[Any] = [None] * len(texts)
    cells = [""] * len(texts)
    taken = 0
    for (event_type, shop), places in groups.items():
        read = _READERS.get(event_type)
        if read is None or live_of[shop] is None:
            continue
        numbers, found, keys = read([texts[place] for place in places], shop)
        taken += len(numbers)
        if len(numbers) < len(places):
            places = [places[number] for number in numbers]
        for place, content, cell in zip(places, found, keys, strict=True):
            contents[place], cells[place] = content, cell
    return contents, cells, taken


def _digests(rows: Iterable[tuple[Any, ...]]) -> list[bytes]:
    return [*map(xxh3_64_digest, map(bytes.replace, map(pack, rows), repeat(MINUS_ZERO), repeat(ZERO)))]


def _in_time(time_ms: int, live: bool | None, received_ms: int) -> bool:
    return 0 <= time_ms < _END_MS and not (live and time_ms > received_ms + AHEAD_MS)


def _late(
    times_ms: Sequence[int],
    places: Sequence[int],
    named: Sequence[str],
    received: Received,
    live_of: Mapping[str, bool | None],
) -> Sequence[bool]:
    """Which events are late; nothing where none is. What has no live clock never is."""
    if not any(live_of[shop] for shop in {*named}):
        return ()
    late = [
        bool(live_of[shop]) and time < received.at(place) - BEHIND_MS
        for time, place, shop in zip(times_ms, places, named, strict=True)
    ]
    return late if any(late) else ()


def _only(which: Sequence[bool], *columns: Sequence[Any]) -> tuple[list[Any], ...]:
    return tuple([*compress(column, which)] for column in columns)


_zone = attrgetter("tzinfo")


def _microseconds(times: Sequence[datetime]) -> list[int]:
    """Since 1970, of each; between two instants of one zone the difference is seven times as quick."""
    epochs = {zone: EPOCH.astimezone(zone) for zone in set(map(_zone, times))}
    since: Iterable[timedelta]
    if len(epochs) == 1:
        since = map(sub, times, repeat(epochs.popitem()[1]))
    else:
        since = [time - epochs[time.tzinfo] for time in times]
    return [(passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds for passed in since]


class _Live(dict[str, bool | None]):
    """Whether a shop is live by its name, of none (a carrier's event) it is not; None for an unknown one."""

    def __init__(self, shops: Shops) -> None:
        super().__init__({"": False, _NO_SHOP: None})
        self._shops = shops

    def __missing__(self, name: str) -> bool | None:
        shop = self._shops.find(name)
        live = self[name] = None if shop is None else shop.live
        return live
