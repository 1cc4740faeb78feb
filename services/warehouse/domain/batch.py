"""A batch: what was read and is not yet stored, and how far that goes in each partition."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from schemas.rows import PainPointRow
from schemas.wire import Kind
from services.warehouse.domain.routes import READERS, rows_of
from services.warehouse.domain.tables import TableRows


class UnreadableMessageError(Exception):
    """A message of ours that cannot be read: a bug of whoever wrote it, or a version this one does not know."""


@dataclass(frozen=True, slots=True)
class Message:
    """One record of an internal topic."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    kind: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch is full: whichever comes first."""

    items: int
    bytes: int


@dataclass(slots=True)
class Span:
    """What a batch holds of one partition."""

    first_ms: int
    """The timestamp of the first message."""
    next_offset: int
    """The offset behind the last one."""
    messages: int = 0


@dataclass(slots=True)
class Batch:
    """Items of messages, in the order read; messages of other kinds only move the offsets."""

    limits: Limits
    items: list[Any] = field(default_factory=list)
    """All that is not stored yet."""
    bytes: int = 0
    spans: dict[tuple[str, int], Span] = field(default_factory=dict)
    """By topic and partition."""
    pain_points: int = 0
    """How many of its items are pain points."""
    pain_points_ms: list[int] = field(default_factory=list)
    """The timestamps of messages with pain points."""
    events_ms: list[int] = field(default_factory=list)
    """When the broker got the first event of each message with events."""

    def add(self, message: Message) -> None:
        """Take a message. Raises `UnreadableMessageError` naming it."""
        if read := READERS.get(message.kind):
            try:
                items = read(message.value)
            except (msgspec.DecodeError, ValueError) as error:
                at = f"{message.topic}/{message.partition} offset {message.offset}"
                raise UnreadableMessageError(f"{at}: no message of kind {message.kind}: {error}") from error
            self.items.extend(items)
            self.bytes += len(message.value)
            if message.kind == Kind.EVENTS and items:
                self.events_ms.append(min(item.position.received_ms for item in items))
            if message.kind == Kind.PAIN_POINTS:
                self.pain_points += len(items)
                self.pain_points_ms.append(message.timestamp_ms)
        source = (message.topic, message.partition)
        if not (span := self.spans.get(source)):
            span = self.spans[source] = Span(message.timestamp_ms, message.offset)
        span.next_offset = message.offset + 1
        span.messages += 1

    @property
    def full(self) -> bool:
        """Whether it should be stored now."""
        return len(self.items) >= self.limits.items or self.bytes >= self.limits.bytes

    @property
    def empty(self) -> bool:
        """Whether it moved nothing, not even an offset."""
        return not self.spans

    def rows(self) -> list[TableRows]:
        """What it leaves in which tables."""
        return rows_of(self.items)

    def rows_of_pain_points(self) -> list[TableRows]:
        """What its pain points leave."""
        return rows_of([item for item in self.items if isinstance(item, PainPointRow)])

    def shown(self) -> list[int]:
        """Its pain points are stored: forget them; returns the timestamps of their messages."""
        self.items = [item for item in self.items if not isinstance(item, PainPointRow)]
        self.pain_points, written_ms, self.pain_points_ms = 0, self.pain_points_ms, []
        return written_ms
