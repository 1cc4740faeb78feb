"""What becomes of a public record: items for the journey, answers for the ledger, clocks for the ticks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Protocol

import msgspec

from schemas import wire
from schemas.contract import Message, Rejected, Run, judge_all
from schemas.instants import END, microseconds
from schemas.shops import Shops
from schemas.topics import MAX_MESSAGE_BYTES
from schemas.wire import EventItem, Position, PositionItem, PublicTick, RejectedItem
from services.ingest.domain.feeds import Spoken, spoken

LIVE_STEP_MS = 1000
"""Live ticks are taken at whole seconds, so that partitions ticked in the same second agree."""

KEPT_BYTES = MAX_MESSAGE_BYTES - 64 * 1024
"""The most that is kept of a refused event: with all that is said of it, it must fit in a record of our own.

A public record can hold more: it may be compressed, and attributes grow when they are written as JSON.
"""


class Given(Message, Protocol):
    """A record of a public topic, as the broker gave it."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        ...


Row = tuple[Any, ...]
"""The fields of an `EventItem` in their order, its position likewise a tuple: packed they are the same bytes.

A tuple costs a fraction of what a struct does, and of each event only what it packs to is wanted.
"""

CELL = EventItem.__struct_fields__.index("cell")


@dataclass(slots=True)
class Taken:
    """What a run of records of one public partition comes to."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[RejectedItem] = field(default_factory=list)
    positions: list[PositionItem] = field(default_factory=list)
    clocks: dict[str, int] = field(default_factory=dict)  # clock name -> ms: the last tick of each
    sources: Counter[str] = field(default_factory=Counter)  # how many events of each were accepted
    minutes: Spoken = field(default_factory=Spoken)
    late: int = 0

    @property
    def events(self) -> list[EventItem]:
        """The rows with names."""
        return [EventItem(Position(*position), *fields) for position, *fields in self.rows]


def take(topic: str, partition: int, start: int, records: Iterable[Given], shops: Shops) -> Taken:
    """Answer every position of records that follow one another, from the offset `start` on.

    The broker has no records for some offsets (transactions leave such holes); they are answered for, too.
    """
    taken = Taken()
    events: list[Given] = []
    for record in records:
        if record.offset > start:
            hole = Position(topic, partition, start, 0, 1, record.timestamp_ms)
            taken.positions.append(PositionItem(hole, "gap", record.offset - start))
        start = record.offset + 1
        if record.headers and any(name == wire.TICK_HEADER for name, _ in record.headers):
            _take_tick(Position(topic, partition, record.offset, 0, 1, record.timestamp_ms), record, shops, taken)
        else:
            events.append(record)
    _take_events(topic, partition, events, shops, taken)
    return taken


def _take_events(topic: str, partition: int, records: Sequence[Given], shops: Shops, taken: Taken) -> None:
    for run in judge_all(records, shops):
        positions = _positions(topic, partition, run)
        taken.rows += _rows(run, positions)
        for part in run.taken:
            taken.sources.update(part.sources)
            taken.late += sum(part.late)
            taken.minutes |= spoken(part)
        taken.rejected += [_refused(answer, Position(*positions[place])) for place, answer in run.refused.items()]


def _rows(run: Run[Given], positions: Sequence[Row]) -> Iterable[Row]:
    """The rows of a run's events, in order."""
    if len(run.taken) == 1 and not run.refused:
        (part,) = run.taken
        return zip(positions, *part.columns(), strict=False)
    rows: dict[int, Row] = {}
    for part in run.taken:
        found = zip(map(positions.__getitem__, part.places), *part.columns(), strict=False)
        rows.update(zip(part.places, found, strict=False))
    return [rows[place] for place in sorted(rows)]


def _positions(topic: str, partition: int, run: Run[Given]) -> list[Row]:
    """Where the event at each place of a run was read: the fields of its `Position`."""
    if len(run.messages) == run.size:
        offsets = [record.offset for record in run.messages]
        received_ms = [record.timestamp_ms for record in run.messages]
        return [*zip(repeat(topic), repeat(partition), offsets, repeat(0), repeat(1), received_ms, strict=False)]
    (record,) = run.messages
    where = repeat(topic), repeat(partition), repeat(record.offset)
    return [*zip(*where, range(run.size), repeat(run.size), repeat(record.timestamp_ms), strict=False)]


def _take_tick(position: Position, record: Given, shops: Shops, taken: Taken) -> None:
    """A tick counts for its clock if there is such a clock; its position is answered whatever it says."""
    taken.positions.append(PositionItem(position, "tick"))
    try:
        tick = _read_tick(record.value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if tick.shop == wire.LIVE_CLOCK:
        clock, now = wire.LIVE_CLOCK, record.timestamp_ms - record.timestamp_ms % LIVE_STEP_MS
    else:
        shop = shops.find(tick.shop)
        if shop is None or shop.live or not 0 <= tick.time_ms < _END_MS:
            return
        clock, now = tick.shop, tick.time_ms
    taken.clocks[clock] = max(now, taken.clocks.get(clock, now))


def _refused(answer: Rejected, position: Position) -> RejectedItem:
    payload, message, attributes = answer.payload, answer.message, answer.attributes
    if len(payload) + len(attributes) > KEPT_BYTES:
        attributes = attributes if len(attributes) <= KEPT_BYTES // 2 else b""
        payload = payload[: KEPT_BYTES - len(attributes)]
        message = f"{message}; of its {len(answer.payload):,} bytes the first {len(payload):,} are kept"
    return RejectedItem(
        position,
        answer.reason.value,
        message,
        payload,
        answer.source,
        answer.id,
        answer.type,
        answer.shop,
        attributes,
    )


_END_MS = microseconds(END) // 1000

_read_tick = msgspec.json.Decoder(PublicTick).decode
