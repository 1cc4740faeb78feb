"""Packs what was taken into records of the internal topics."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter

import msgspec

from schemas import wire
from schemas.aliases import partition_of
from schemas.topics import INGEST_REJECTED, JOURNEY_EVENTS
from schemas.wire import Kind, Tick
from services.ingest.domain.edge import Taken
from services.ingest.domain.feeds import heard
from services.runtime.records import Output


def outputs(taken: Taken, partitions: int) -> list[Output]:
    """Events to their cells' partitions, refusals by source, positions by where they were read."""
    return [
        *_keyed(JOURNEY_EVENTS.name, Kind.EVENTS, ((item.cell, item) for item in taken.events), partitions),
        *_keyed(INGEST_REJECTED.name, Kind.REJECTED, ((item.source, item) for item in taken.rejected), partitions),
        *_keyed(
            JOURNEY_EVENTS.name,
            Kind.POSITIONS,
            ((f"{item.position.topic}/{item.position.partition}", item) for item in taken.positions),
            partitions,
        ),
    ]


def feeds(taken: Taken, partitions: int) -> list[Output]:
    """Which feeds were heard, to their cells' partitions."""
    return list(
        _keyed(JOURNEY_EVENTS.name, Kind.HEARD, ((item.cell, item) for item in heard(taken.events)), partitions)
    )


def ticks(taken: Taken, origin: str, origins: dict[str, int], partitions: int) -> Sequence[Output]:
    """The last tick of each clock, to every journey partition."""
    if not taken.clocks:
        return ()
    tick = wire.pack_item(Tick(0, origin, origins, taken.clocks))
    value = next(wire.batches([tick]))
    return [Output(JOURNEY_EVENTS.name, number, value, _header(Kind.TICKS)) for number in range(partitions)]


def _keyed(topic: str, kind: Kind, items: Iterable[tuple[str, msgspec.Struct]], partitions: int) -> Iterable[Output]:
    found: dict[int, list[msgspec.Struct]] = defaultdict(list)
    for key, item in items:
        found[partition_of(key, partitions)].append(item)
    for number, batch in sorted(found.items(), key=itemgetter(0)):
        for value in wire.joined(batch):
            yield Output(topic, number, value, _header(kind))


def _header(kind: Kind) -> tuple[tuple[str, bytes]]:
    return ((wire.KIND_HEADER, kind.value.encode()),)
