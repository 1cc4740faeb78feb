"""Packs what was taken into records of the internal topics."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from schemas import wire
from schemas.aliases import partition_of
from schemas.batches import PagePile, Pile, batches
from schemas.topics import INGEST_REJECTED, JOURNEY_EVENTS
from schemas.wire import HeardItem, Kind, Tick
from services.ingest.domain.edge import Events, Taken
from services.runtime.records import Output

REMEMBERED = 100_000
"""How many cells' partitions are kept at hand: to work one out costs half of what all else of an event does."""


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
        self._events: dict[int, PagePile] = defaultdict(PagePile)
        self._rejected: dict[int, Pile] = defaultdict(Pile)
        self._positions: dict[int, Pile] = defaultdict(Pile)
        self._heard: dict[int, Pile] = defaultdict(Pile)

    def add(self, taken: Taken) -> None:
        """Events to their cells' partitions, refusals by source, positions by where they were read."""
        routes = self._routes
        for events in taken.runs:
            for partition, numbers in self._parted(events).items():
                self._events[partition].add(numbers, events.page)
        for refused in taken.rejected:
            self._rejected[routes[refused.source]].add((refused,))
        for answer in taken.positions:
            key = f"{answer.position.topic}/{answer.position.partition}"
            self._positions[routes[key]].add((answer,))

    def _parted(self, events: Events) -> dict[int, list[int]]:
        """The numbers of some events by their cells' partition."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, partition in enumerate(map(self._routes.__getitem__, events.cells)):
            found[partition].append(number)
        return found

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
    value = next(batches([wire.pack_item(Tick(0, origin, origins, clocks))]))
    return [Output(JOURNEY_EVENTS.name, number, value, _header(Kind.TICKS)) for number in range(partitions)]


def _records(topic: str, kind: Kind, piles: Mapping[int, Pile | PagePile]) -> Iterable[Output]:
    header = _header(kind)
    for number, pile in sorted(piles.items()):
        for value in pile.values():
            yield Output(topic, number, value, header)


def _header(kind: Kind) -> tuple[tuple[str, bytes]]:
    return ((wire.KIND_HEADER, kind.value.encode()),)
