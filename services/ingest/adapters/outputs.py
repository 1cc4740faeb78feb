"""Packs what was taken into records of the internal topics."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter

from schemas import wire
from schemas.aliases import partition_of
from schemas.topics import INGEST_REJECTED, JOURNEY_EVENTS
from schemas.wire import HeardItem, Kind, Pile, Tick
from services.ingest.domain.edge import CELL, Row, Taken
from services.runtime.records import Output

REMEMBERED = 100_000
"""How many cells' partitions are kept at hand: to work one out costs half of what all else of an event does."""


_cell_of = itemgetter(CELL)


class Routes(dict[str, int]):
    """The partition of every key, by key."""

    def __init__(self, partitions: int) -> None:
        super().__init__()
        self.partitions = partitions

    def __missing__(self, key: str) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        found = self[key] = partition_of(key, self.partitions)
        return found


class Packing:
    """Records in the making; whatever was packed needs no items any more."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._events: dict[int, Pile] = defaultdict(Pile)
        self._rejected: dict[int, Pile] = defaultdict(Pile)
        self._positions: dict[int, Pile] = defaultdict(Pile)
        self._heard: dict[int, Pile] = defaultdict(Pile)

    def add(self, taken: Taken) -> None:
        """Events to their cells' partitions, refusals by source, positions by where they were read."""
        routes = self._routes
        found: dict[int, list[Row]] = defaultdict(list)
        for number, row in zip(map(routes.__getitem__, map(_cell_of, taken.rows)), taken.rows, strict=True):
            found[number].append(row)
        for number, rows in found.items():
            self._events[number].add(rows)
        for refused in taken.rejected:
            self._rejected[routes[refused.source]].add((refused,))
        for answer in taken.positions:
            key = f"{answer.position.topic}/{answer.position.partition}"
            self._positions[routes[key]].add((answer,))

    def hear(self, feeds: Iterable[HeardItem]) -> None:
        """Which feeds were heard, to their cells' partitions."""
        for feed in feeds:
            self._heard[self._routes[feed.cell]].add((feed,))

    def outputs(self) -> list[Output]:
        """All that was packed, by kind and partition."""
        return [
            *_records(JOURNEY_EVENTS.name, Kind.EVENTS, self._events),
            *_records(INGEST_REJECTED.name, Kind.REJECTED, self._rejected),
            *_records(JOURNEY_EVENTS.name, Kind.POSITIONS, self._positions),
            *_records(JOURNEY_EVENTS.name, Kind.HEARD, self._heard),
        ]


def ticks(clocks: dict[str, int], origin: str, origins: dict[str, int], partitions: int) -> Sequence[Output]:
    """The last tick of each clock, to every journey partition."""
    if not clocks:
        return ()
    value = next(wire.batches([wire.pack_item(Tick(0, origin, origins, clocks))]))
    return [Output(JOURNEY_EVENTS.name, number, value, _header(Kind.TICKS)) for number in range(partitions)]


def _records(topic: str, kind: Kind, piles: dict[int, Pile]) -> Iterable[Output]:
    header = _header(kind)
    for number, pile in sorted(piles.items()):
        for value in pile.values():
            yield Output(topic, number, value, header)


def _header(kind: Kind) -> tuple[tuple[str, bytes]]:
    return ((wire.KIND_HEADER, kind.value.encode()),)
