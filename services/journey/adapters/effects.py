"""Packs a partition's outbox into records, and cells into changes."""

from collections.abc import Iterable, Iterator

from schemas import wire
from schemas.batches import batches
from schemas.topics import JOURNEY_CHANGES, JOURNEY_EVENTS, PAIN_POINTS_CHANGES
from schemas.wire import Kind
from services.journey.domain.cell import CLOCKS_KEY
from services.journey.domain.outbox import Outbox, Place, ticks
from services.runtime.records import Change, Effects, Output


def effects(outbox: Outbox, place: Place) -> Effects:
    """Letters, rows and pain points first, the clock for the other partitions behind them; then the cells.

    Silences and clocks come last: whoever reads again, after a crash, what a cell has not seen knows no more than then.
    """
    clocks = {CLOCKS_KEY: outbox.clocks} if outbox.clocks is not None else {}
    return Effects(
        outputs=list(_outputs(outbox, place)),
        last_outputs=list(_ticks(outbox, place)),
        changes=[Change(key, value) for key, value in outbox.cells.items()],
        last_changes=[Change(key, value) for key, value in (outbox.silences | clocks).items()],
    )


def _outputs(outbox: Outbox, place: Place) -> Iterator[Output]:
    for partition, letters in sorted(outbox.letters.items()):
        yield from _batched(JOURNEY_EVENTS.name, partition, Kind.LETTERS, letters)
    if outbox.rules is not None:
        yield from _batched(JOURNEY_EVENTS.name, place.number, Kind.RULES, [outbox.rules])
    yield from _batched(JOURNEY_CHANGES.name, place.number, Kind.ROWS, outbox.rows)
    yield from _batched(PAIN_POINTS_CHANGES.name, 0, Kind.PAIN_POINTS, outbox.pains)


def _ticks(outbox: Outbox, place: Place) -> Iterator[Output]:
    packed = [wire.pack_item(tick) for tick in ticks(outbox, place)]
    for partition in range(place.partitions if packed else 0):
        yield from _batched(JOURNEY_EVENTS.name, partition, Kind.TICKS, packed)


def _batched(topic: str, partition: int, kind: Kind, packed: Iterable[bytes]) -> Iterator[Output]:
    header = ((wire.KIND_HEADER, kind.value.encode()),)
    return (Output(topic, partition, value, header) for value in batches(packed))
