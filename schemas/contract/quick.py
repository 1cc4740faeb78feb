"""Judges the events that are as they should be, which most are, at little more than what decoding them costs.

It takes no event that the careful way refuses, and says the same of those it takes; property tests hold it to that.
Calls are counted here: one more for each event costs as much as a tenth of decoding it. So events are judged column by
column, all instants, all data of one type, and each by itself only where a whole column does not pass.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress, repeat
from operator import attrgetter, sub
from typing import Any, Final

from xxhash import xxh3_64_digest

from schemas.contract.answers import AHEAD_MS, BEHIND_MS, Accepted
from schemas.contract.content import MINUS_ZERO, ZERO, encode_others, pack
from schemas.contract.envelope import Envelope, Usual, others_of
from schemas.contract.shapes import SHAPES, Read
from schemas.events import SHOPLESS_TYPES
from schemas.instants import END, EPOCH, microseconds
from schemas.shops import DEFAULT_SHOP, Shops

_END_MS: Final = microseconds(END) // 1_000
_SHAPES: Final = {name: (shape.read, "" if name in SHOPLESS_TYPES else DEFAULT_SHOP) for name, shape in SHAPES.items()}


@dataclass(frozen=True, slots=True)
class Received:
    """When the records of some events were received, ms: the first, the last, and that of the event at a place."""

    first_ms: int
    last_ms: int
    at: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Taken:
    """Events of one type and shop that were taken: the place of each among those judged, and the fields of its `Event`.

    Where no event is late, or none has extensions, that column is empty.
    """

    places: Sequence[int]
    sources: Sequence[str]
    ids: Sequence[str]
    type: str
    shop: str
    times_ms: Sequence[int]
    cells: Sequence[str]
    texts: Sequence[bytes]
    extensions: Sequence[bytes]
    digests: Sequence[bytes]
    late: Sequence[bool]

    def columns(self) -> tuple[Iterable[Any], ...]:
        """The columns of an `Event`, in its fields' order; some of them have no end."""
        return (
            self.sources,
            self.ids,
            repeat(self.type),
            repeat(self.shop),
            self.times_ms,
            self.cells,
            self.texts,
            self.extensions or repeat(b""),
            self.digests,
            self.late or repeat(False),
        )


def gather(answers: Mapping[int, Accepted]) -> list[Taken]:
    """Events that were taken one by one, by their places, as those that are taken at once."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, answer in answers.items():
        groups[answer[2], answer[3]].append(place)
    taken = []
    for (event_type, shop), places in groups.items():
        sources, ids, _, _, times_ms, cells, texts, extensions, digests, late = zip(
            *(answers[place] for place in places), strict=True
        )
        late = late if any(late) else ()
        taken.append(Taken(places, sources, ids, event_type, shop, times_ms, cells, texts, extensions, digests, late))
    return taken


def take(opened: Iterable[Usual | Envelope], places: Iterable[int], received: Received, shops: Shops) -> list[Taken]:
    """The events that are surely fine and what they come to.

    Only for events whose data are `surely_plain`, and no control character in source or id.
    """
    live_of = _Live(shops)
    groups: dict[tuple[str, str | None], tuple[list[Usual | Envelope], list[int]]] = defaultdict(_group)
    for envelope, place in zip(opened, places, strict=True):
        envelopes, of = groups[envelope.type, envelope.shop]
        envelopes.append(envelope)
        of.append(place)
    taken = []
    for (event_type, named), (envelopes, of) in groups.items():
        read, usual = _SHAPES.get(event_type, _NO_SHAPE)
        shop = usual if named is None else named
        live = live_of[shop]
        if read is not None and live is not None and named != "":
            taken.append(_take(read, event_type, shop, live, envelopes, of, received))
    return taken


def _group() -> tuple[list[Any], list[int]]:
    return [], []


_NO_SHAPE: Final = (None, "")


def _take(
    read: Callable[[Sequence[bytes], str], Read],
    event_type: str,
    shop: str,
    live: bool,
    opened: Sequence[Usual | Envelope],
    places: Sequence[int],
    received: Received,
) -> Taken:
    """Those of some events of one type and shop."""
    times_us = _microseconds([envelope.time for envelope in opened])
    last = received.first_ms + AHEAD_MS if live else _END_MS
    if min(times_us) < 0 or max(times_us) // 1_000 > min(last, _END_MS - 1):
        fine = [
            0 <= time // 1_000 < _END_MS and not (live and time // 1_000 > received.at(place) + AHEAD_MS)
            for time, place in zip(times_us, places, strict=True)
        ]
        opened, places, times_us = _only(fine, opened, places, times_us)
    texts = [bytes(envelope.data) for envelope in opened]
    numbers, contents, cells = read(texts, shop)
    if len(numbers) < len(texts):
        read_well = set(numbers)
        fine = [number in read_well for number in range(len(texts))]
        opened, places, times_us, texts = _only(fine, opened, places, times_us, texts)
    times_ms = [time // 1_000 for time in times_us]
    late: Sequence[bool] = ()
    if live and times_ms and min(times_ms) < received.last_ms - BEHIND_MS:
        late = [time < received.at(place) - BEHIND_MS for time, place in zip(times_ms, places, strict=True)]
    extensions: Sequence[bytes] = ()
    if not {*map(type, opened)} <= {Usual}:
        extensions = [encode_others(others_of(envelope)) for envelope in opened]
    rows = zip(repeat(event_type), repeat(shop), times_us, extensions or repeat(b""), contents, strict=False)
    return Taken(
        places,
        [envelope.source for envelope in opened],
        [envelope.id for envelope in opened],
        event_type,
        shop,
        times_ms,
        cells,
        texts,
        extensions,
        [*map(xxh3_64_digest, map(bytes.replace, map(pack, rows), repeat(MINUS_ZERO), repeat(ZERO)))],
        late,
    )


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
        super().__init__({"": False})
        self._shops = shops

    def __missing__(self, name: str) -> bool | None:
        shop = self._shops.find(name)
        live = self[name] = None if shop is None else shop.live
        return live
