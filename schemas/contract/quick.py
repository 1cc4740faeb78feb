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
from typing import Any, Final

import msgspec

from schemas.contract.answers import AHEAD_MS, BEHIND_MS, Accepted
from schemas.contract.content import encode_others
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
    times_us: Sequence[int]
    cells: Sequence[str]
    texts: Sequence[bytes | msgspec.Raw]
    extensions: Sequence[bytes]
    late: Sequence[bool]
    span_us: tuple[int, int]
    """The first and the last of the instants."""

    def rows(self) -> Iterator[Accepted]:
        """The events, one by one."""
        names = self.sources, self.ids, self.types, self.shops, self.times_us, self.cells
        others = map(bytes, self.texts), self.extensions or repeat(b""), self.late or repeat(False)
        return zip(*names, *others, strict=False)


def gather(answers: Mapping[int, Accepted]) -> Taken:
    """Events that were taken one by one, by their places, as those that are taken at once."""
    if not answers:
        return Taken((), (), (), (), (), (), (), (), (), (), (0, 0))
    sources, ids, types, named, times_us, cells, texts, extensions, late = zip(*answers.values(), strict=True)
    extensions, late = extensions if any(extensions) else (), late if any(late) else ()
    return Taken([*answers], sources, ids, types, named, times_us, cells, texts, extensions, late, _span(times_us))


def take(opened: list[Usual | Envelope], places: Sequence[int], received: Received, shops: Shops) -> Taken:
    """The events that are surely fine and what they come to.

    Only for events whose data are `surely_plain`, and no control character in source or id. `opened` is empty
    afterwards: what an event needs no more makes room for the next, in the processor's cache.
    """
    live_of, types = _Live(shops), [envelope.type for envelope in opened]
    given = [envelope.shop for envelope in opened]
    times_us = _microseconds([envelope.time for envelope in opened])
    sources, ids = [envelope.source for envelope in opened], [envelope.id for envelope in opened]
    texts = [envelope.data for envelope in opened]
    extensions: Sequence[bytes] = ()
    if not {*map(type, opened)} <= {Usual}:
        extensions = [encode_others(others_of(envelope)) for envelope in opened]
    opened.clear()
    named, cells = _homes(types, given, texts, live_of)
    span_us = _span(times_us)
    first_ms, last_ms = span_us[0] // 1_000, span_us[1] // 1_000
    if not all(cells) or first_ms < 0 or last_ms > min(received.first_ms + AHEAD_MS, _END_MS - 1):
        fine = [
            cell != "" and _in_time(time // 1_000, live_of[shop], received.at(place))
            for cell, time, place, shop in zip(cells, times_us, places, named, strict=True)
        ]
        places, sources, ids, types, named, times_us, cells, texts, extensions = _only(
            fine, places, sources, ids, types, named, times_us, cells, texts, extensions
        )
        span_us = _span(times_us)
    late: Sequence[bool] = ()
    if span_us[0] < (received.last_ms - BEHIND_MS) * 1_000:
        late = _late(times_us, places, named, received, live_of)
    return Taken(places, sources, ids, types, named, times_us, cells, texts, extensions, late, span_us)


def _span(times: Sequence[int]) -> tuple[int, int]:
    """The first and the last of some instants; 0 where there is none."""
    return min(times, default=0), max(times, default=0)


_NO_SHOP: Final = "?"
"""Stands for what can be the name of none."""


def _shop(event_type: str, given: str | None) -> str:
    """The shop of events of a type that were given this name of one."""
    return _USUAL_SHOPS.get(event_type, _NO_SHOP) if given is None else given or _NO_SHOP


def _homes(
    types: Sequence[str], given: Sequence[str | None], texts: Sequence[msgspec.Raw], live_of: Mapping[str, bool | None]
) -> tuple[list[str], list[str]]:
    """The shop of each event, and the cell that it goes to by its data: none where they are not taken."""
    named, cells = [DEFAULT_SHOP] * len(texts), [""] * len(texts)
    for event_type, name, places in _groups(types, given):
        shop = _shop(event_type, name)
        if shop != DEFAULT_SHOP:
            for place in places:
                named[place] = shop
        read = _READERS.get(event_type)
        if read is None or live_of[shop] is None:
            continue
        numbers, found = read([texts[place] for place in places], shop)
        if len(numbers) < len(places):
            places = [places[number] for number in numbers]
        for place, cell in zip(places, found, strict=True):
            cells[place] = cell
    return named, cells


def _groups(types: Sequence[str], given: Sequence[str | None]) -> Iterator[tuple[str, str | None, Sequence[int]]]:
    """The places of the events of each type that were given the same shop, which mostly all of a type were."""
    by_type: dict[str, list[int]] = defaultdict(list)
    for place, event_type in enumerate(types):
        by_type[event_type].append(place)
    for event_type, places in by_type.items():
        by_name: dict[str | None, list[int]] = {}
        names = [given[place] for place in places]
        if len({*names}) == 1:
            by_name[names[0]] = places
        else:
            for place, name in zip(places, names, strict=True):
                by_name.setdefault(name, []).append(place)
        for name, those in by_name.items():
            yield event_type, name, those


def _in_time(time_ms: int, live: bool | None, received_ms: int) -> bool:
    return 0 <= time_ms < _END_MS and not (live and time_ms > received_ms + AHEAD_MS)


def _late(
    times_us: Sequence[int],
    places: Sequence[int],
    named: Sequence[str],
    received: Received,
    live_of: Mapping[str, bool | None],
) -> Sequence[bool]:
    """Which events are late; nothing where none is. What has no live clock never is."""
    if not any(live_of[shop] for shop in {*named}):
        return ()
    late = [
        bool(live_of[shop]) and time // 1_000 < received.at(place) - BEHIND_MS
        for time, place, shop in zip(times_us, places, named, strict=True)
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
