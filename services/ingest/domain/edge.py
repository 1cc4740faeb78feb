"""What becomes of a public record: items for the journey, answers for the ledger, clocks for the ticks."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Protocol

import msgspec

from schemas import wire
from schemas.contract import Message, Rejected, Run, judge_all
from schemas.instants import END, microseconds
from schemas.shops import Shops
from schemas.topics import MAX_MESSAGE_BYTES
from schemas.wire import EventItem, EventPage, Position, PositionItem, PublicTick, RejectedItem
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


@dataclass(frozen=True, slots=True)
class Events:
    """The events that were taken of a run of records of one public partition, at least one."""

    topic: str
    partition: int
    run: Run[Given]

    def __len__(self) -> int:
        return len(self.run.taken.places)

    @property
    def cells(self) -> Sequence[str]:
        """The key of the cell that each goes to."""
        return self.run.taken.cells

    def page(self, numbers: Sequence[int]) -> EventPage:
        """Those with these numbers, at least one, in their order."""
        taken, pick = self.run.taken, _picking(numbers)
        return EventPage(
            self.topic,
            self.partition,
            *_read_at(self.run, pick(taken.places)),
            pick(taken.sources),
            pick(taken.ids),
            pick(taken.types),
            pick(taken.shops),
            pick(taken.times_us),
            pick(taken.cells),
            b"[%b]" % b",".join(pick(taken.texts)),
            pick(taken.extensions) if taken.extensions else b"",
            pick(taken.late) if taken.late else False,
        )


def _picking(numbers: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    return itemgetter(*numbers) if len(numbers) > 1 else lambda column: (column[numbers[0]],)


Column = int | Sequence[int]


def _read_at(run: Run[Given], places: Sequence[int]) -> tuple[Column, Column, Column, Column]:
    """Offset, index, size of the array and time of receipt of the events at some places."""
    if run.alone:
        records = [run.messages[place] for place in places]
        return [record.offset for record in records], 0, 1, [record.timestamp_ms for record in records]
    (record,) = run.messages
    return record.offset, places, run.size, record.timestamp_ms


@dataclass(slots=True)
class Taken:
    """What a run of records of one public partition comes to."""

    runs: list[Events] = field(default_factory=list)
    rejected: list[RejectedItem] = field(default_factory=list)
    positions: list[PositionItem] = field(default_factory=list)
    clocks: dict[str, int] = field(default_factory=dict)  # clock name -> ms: the last tick of each
    sources: Counter[str] = field(default_factory=Counter)  # how many events of each were accepted
    minutes: Spoken = field(default_factory=Spoken)
    late: int = 0

    @property
    def events(self) -> list[EventItem]:
        """The events of all runs, one by one."""
        return [item for run in self.runs for item in run.page(range(len(run))).items()]


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
        events = run.taken
        if events.places:
            taken.runs.append(Events(topic, partition, run))
            speakers = Counter(zip(events.shops, events.sources, strict=True))
            for (_, source), count in speakers.items():
                taken.sources[source] += count
            taken.late += sum(events.late)
            taken.minutes |= spoken(events, speakers)
        taken.rejected += [_refused(answer, _position(topic, partition, run, at)) for at, answer in run.refused.items()]


def _position(topic: str, partition: int, run: Run[Given], place: int) -> Position:
    record = run.messages[place if run.alone else 0]
    index, of = (0, 1) if run.alone else (place, run.size)
    return Position(topic, partition, record.offset, index, of, record.timestamp_ms)


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
