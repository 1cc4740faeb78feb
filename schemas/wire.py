"""Internal messages: what travels between ingest, journey and warehouse.

A message is a batch of items of one kind, MessagePack, key null; the header `waypost-kind` says which, so that a
reader skips what it does not need undecoded. Events travel column by column, in pages, which costs
ingest less than a row for each. All instants are UTC milliseconds since the epoch, unless their name says otherwise.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, repeat, starmap
from typing import Any, Self

import msgspec

KIND_HEADER = "waypost-kind"
TICK_HEADER = "waypost-tick"
"""Marks a tick in a public topic."""

LIVE_CLOCK = ""
"""The name of the clock that all live shops share; a replayed shop's clock has the shop's name."""


class Kind(StrEnum):
    """What a message carries."""

    EVENTS = "events"  # EventPages: ingest -> journey, warehouse
    LETTERS = "letters"  # cell -> cell (services.journey.domain.letters); of no interest to others
    HEARD = "heard"  # HeardItem: ingest -> journey
    TICKS = "ticks"  # Tick: ingest -> journey, journey -> journey
    RULES = "rules"  # rules that hold from here on: a journey partition to itself
    POSITIONS = "positions"  # PositionItem: ingest -> warehouse
    REJECTED = "rejected"  # RejectedItem: ingest -> warehouse
    ROWS = "rows"  # schemas.rows.Row: journey -> warehouse
    PAIN_POINTS = "pain_points"  # schemas.rows.PainPointRow: journey -> alerts, warehouse
    ALERTS = "alerts"  # schemas.rows.AlertRow: alerts -> warehouse


class Position(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where an event was read: the element `index` of the `of` elements in one record of a public topic."""

    topic: str
    partition: int
    offset: int
    index: int
    of: int
    received_ms: int  # the record's broker timestamp


class EventItem(msgspec.Struct, frozen=True, gc=False):
    """An accepted event at its position."""

    position: Position
    source: str
    id: str
    type: str
    shop: str  # "" for a carrier's event that names no shop
    time_us: int
    cell: str  # key of the cell it goes to first (schemas.aliases)
    data: bytes  # JSON text as sent
    extensions: bytes  # other CloudEvents attributes as JSON text, b"" if none
    late: bool  # stored, but too old to change a journey
    digest: bytes = b""  # 8 bytes over the decoded content, once taken: the ledger needs it, nobody before

    @property
    def time_ms(self) -> int:
        """When it happened, rounded down."""
        return self.time_us // 1_000


class EventPage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Accepted events of one partition, at least one, column by column: an `EventItem` each, in order.

    A value that they all share may stand for its column where the type says so.
    """

    topic: str
    partition: int
    offset: int | Sequence[int]
    index: int | Sequence[int]
    of: int | Sequence[int]
    received_ms: int | Sequence[int]
    source: Sequence[str]
    id: Sequence[str]
    type: Sequence[str]
    shop: Sequence[str]
    time_us: Sequence[int]
    cell: Sequence[str]
    data: bytes  # a JSON array of their texts
    extensions: bytes | Sequence[bytes]
    late: bool | Sequence[bool]

    @classmethod
    def holding(cls, items: Sequence[EventItem]) -> Self:
        """Events of one partition, at least one, as a page; without their digests."""
        places = [item.position for item in items]
        return cls(
            places[0].topic,
            places[0].partition,
            [place.offset for place in places],
            [place.index for place in places],
            [place.of for place in places],
            [place.received_ms for place in places],
            [item.source for item in items],
            [item.id for item in items],
            [item.type for item in items],
            [item.shop for item in items],
            [item.time_us for item in items],
            [item.cell for item in items],
            b"[%b]" % b",".join(item.data for item in items),
            [item.extensions for item in items],
            [item.late for item in items],
        )

    def items(self) -> Iterator[EventItem]:
        """The events, one by one. Raises ValueError where a column is shorter than others: our own bug."""
        size = len(self.id)

        def each(column: Any) -> Iterable[Any]:
            return repeat(column, size) if isinstance(column, int | bytes) else column

        read_at = map(each, (self.partition, self.offset, self.index, self.of, self.received_ms))
        columns = (
            starmap(Position, zip(repeat(self.topic, size), *read_at, strict=True)),
            self.source,
            self.id,
            self.type,
            self.shop,
            self.time_us,
            self.cell,
            map(bytes, _read_texts(self.data)),
            each(self.extensions),
            each(self.late),
        )
        return starmap(EventItem, zip(*columns, strict=True))


class EventPages(msgspec.Struct, frozen=True, gc=False):
    """What a message of events says."""

    pages: Sequence[EventPage]


class _EarlierEvent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An accepted event as versions before pages wrote it, in a list of them."""

    position: Position
    source: str
    id: str
    type: str
    shop: str
    time_ms: int
    cell: str
    data: bytes
    extensions: bytes
    digest: bytes
    late: bool

    def item(self) -> EventItem:
        """The event; of its microseconds only the digest knows."""
        names = self.position, self.source, self.id, self.type, self.shop
        return EventItem(*names, self.time_ms * 1_000, self.cell, self.data, self.extensions, self.late, self.digest)


class RejectedItem(msgspec.Struct, frozen=True, array_like=True):
    """A refused event at its position, with its bytes."""

    position: Position
    reason: str
    message: str
    payload: bytes
    source: str = ""
    id: str = ""
    type: str = ""
    shop: str = ""
    attributes: bytes = b""  # the headers of an event in binary mode as a JSON object: with them it can be sent again


class PositionItem(msgspec.Struct, frozen=True, array_like=True):
    """A position that held no event: a tick (`answer` "tick"), or offsets that the broker never delivered ("gap")."""

    position: Position
    answer: str
    offsets: int = 1  # how many offsets, from the position's on, this item answers for


class HeardItem(msgspec.Struct, frozen=True, array_like=True):
    """That a feed (a source, or a carrier) was heard: its first and last minute in each hour that it spoke of."""

    cell: str  # key of the feed's cell
    hours: Mapping[int, tuple[int, int]]  # hours since the epoch -> (first, last), ms


class Tick(msgspec.Struct, frozen=True, array_like=True):
    """Clocks as one origin partition knows them, behind everything it sent before.

    Round 0 comes from ingest (`origin` is a public partition), round r+1 from a journey partition whose round r
    moved. `origins` are all partitions that must be heard in this round before its clock exists.
    """

    round: int
    origin: str  # "<topic>/<partition>"
    origins: Mapping[str, int]  # topic -> number of partitions
    clocks: Mapping[str, int]  # clock name -> now


class PublicTick(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON value of a tick in a public topic.

    An empty `shop` is the live clock: its time is the record's broker timestamp, whatever `time_ms` says.
    """

    shop: str = LIVE_CLOCK
    time_ms: int = 0


pack_item = msgspec.msgpack.Encoder().encode
"""One item, packed alone: what `schemas.batches` joins."""

_read_texts = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_events = msgspec.msgpack.Decoder(EventPages | list[_EarlierEvent]).decode


def read_events(value: bytes) -> list[EventItem]:
    """The events of a message. Raises `msgspec.DecodeError`, or ValueError where columns differ in length: our bug."""
    return [*_events(value)]


def first_event(value: bytes) -> EventItem:
    """The first event of a message. Raises as `read_events` does."""
    return next(_events(value))


def _events(value: bytes) -> Iterator[EventItem]:
    found = _read_events(value)
    if isinstance(found, EventPages):
        return chain.from_iterable(page.items() for page in found.pages)
    return (event.item() for event in found)


read_rejected = msgspec.msgpack.Decoder(list[RejectedItem]).decode
read_positions = msgspec.msgpack.Decoder(list[PositionItem]).decode
read_heard = msgspec.msgpack.Decoder(list[HeardItem]).decode
read_ticks = msgspec.msgpack.Decoder(list[Tick]).decode
"""The items of a message of that kind. Raise `msgspec.DecodeError`: our own bug, never bad data."""


def kind(headers: Iterable[tuple[str, bytes]]) -> str:
    """What a message says it carries, or "" when it does not."""
    for name, value in headers:
        if name == KIND_HEADER:
            return value.decode()
    return ""
