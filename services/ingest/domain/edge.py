"""What becomes of a public record: items for the journey, answers for the ledger, clocks for the ticks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from schemas import aliases, wire
from schemas.contract import Event, Rejected, read
from schemas.instants import END, microseconds
from schemas.shops import Shops
from schemas.topics import MAX_MESSAGE_BYTES
from schemas.wire import EventItem, Position, PositionItem, PublicTick, RejectedItem

LIVE_STEP_MS = 1000
"""Live ticks are taken at whole seconds, so that partitions ticked in the same second agree."""

KEPT_BYTES = MAX_MESSAGE_BYTES - 64 * 1024
"""The most that is kept of a refused event: with all that is said of it, it must fit in a record of our own.

A public record can hold more: it may be compressed, and attributes grow when they are written as JSON.
"""

Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Given:
    """A record of a public topic, as the broker gave it."""

    topic: str
    partition: int
    offset: int
    received_ms: int
    value: bytes | None
    headers: Headers


@dataclass(slots=True)
class Taken:
    """What a run of records of one public partition comes to."""

    events: list[EventItem] = field(default_factory=list)
    rejected: list[RejectedItem] = field(default_factory=list)
    positions: list[PositionItem] = field(default_factory=list)
    clocks: dict[str, int] = field(default_factory=dict)  # clock name -> ms: the last tick of each


def take(record: Given, shops: Shops, taken: Taken) -> None:
    """Answer every position of a record, in place."""
    if any(name == wire.TICK_HEADER for name, _ in record.headers):
        _take_tick(record, shops, taken)
        return
    answers = read(record.value, record.headers, record.received_ms, shops)
    for index, answer in enumerate(answers):
        position = Position(record.topic, record.partition, record.offset, index, len(answers), record.received_ms)
        if isinstance(answer, Event):
            taken.events.append(_accepted(answer, position))
        else:
            taken.rejected.append(_refused(answer, position))


def skip(topic: str, partition: int, offset: int, offsets: int, received_ms: int, taken: Taken) -> None:
    """Answer for offsets that the broker has no records for (transactions leave such holes), in place."""
    position = Position(topic, partition, offset, 0, 1, received_ms)
    taken.positions.append(PositionItem(position, "gap", offsets))


def _take_tick(record: Given, shops: Shops, taken: Taken) -> None:
    """A tick counts for its clock if there is such a clock; its position is answered whatever it says."""
    position = Position(record.topic, record.partition, record.offset, 0, 1, record.received_ms)
    taken.positions.append(PositionItem(position, "tick"))
    try:
        tick = _read_tick(record.value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if tick.shop == wire.LIVE_CLOCK:
        clock, now = wire.LIVE_CLOCK, record.received_ms - record.received_ms % LIVE_STEP_MS
    else:
        shop = shops.find(tick.shop)
        if shop is None or shop.live or not 0 <= tick.time_ms < _END_MS:
            return
        clock, now = tick.shop, tick.time_ms
    taken.clocks[clock] = max(now, taken.clocks.get(clock, now))


def _accepted(event: Event, position: Position) -> EventItem:
    return EventItem(
        position,
        event.source,
        event.id,
        event.type,
        event.shop,
        event.time_ms,
        aliases.cell_key(event.shop, event.home),
        event.data,
        event.extensions,
        event.digest,
        event.late,
    )


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
