"""Internal messages: what travels between ingest, journey and warehouse.

A message is a batch of items of one kind, MessagePack, key null; the header `waypost-kind` says which, so that a
reader skips what it does not need undecoded. Events travel column by column, in pages, which costs
ingest less than a row for each. All instants are UTC milliseconds since the epoch, unless their name says otherwise.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, repeat, starmap
from typing import Any, Self

import msgspec

from schemas.topics import BATCH_BYTES, BATCH_ITEMS

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
"""One item, packed alone: what `batches` joins."""

_read_texts = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_events = msgspec.msgpack.Decoder(EventPages | list[_EarlierEvent]).decode


def read_events(value: bytes) -> list[EventItem]:
    """The events of a message. Raises `msgspec.DecodeError`: our own bug, never bad data."""
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


def batches(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Join items, each packed alone, into message values within the limits of a batch, in order."""
    held: list[bytes] = []
    size = 0
    for item in packed:
        if held and (len(held) == BATCH_ITEMS or size + len(item) > BATCH_BYTES):
            yield _array(held)
            held, size = [], 0
        held.append(item)
        size += len(item)
    if held:
        yield _array(held)


def joined(items: Sequence[msgspec.Struct]) -> Iterator[bytes]:
    """Items, packed in one go where one message holds them all: as `batches` of each packed alone, but cheaper."""
    if 0 < len(items) <= BATCH_ITEMS:
        whole = pack_item(items)
        if len(whole) <= BATCH_BYTES:
            yield whole
            return
    yield from batches(map(pack_item, items))


class _Pile:
    """What comes by and by, packed as it comes and joined into message values within the limits of a batch."""

    __slots__ = ("_done", "_entries", "_items", "_packed", "_size")
    _before = b""
    """What stands before the array of what was packed."""

    def __init__(self) -> None:
        self._done: list[bytes] = []
        self._begin()

    def _begin(self) -> None:
        self._packed: list[bytes | memoryview] = []
        self._entries = self._items = 0
        self._size = len(self._before) + _HEAD_BYTES

    def values(self) -> list[bytes]:
        """The values of all that was added, in order; afterwards the pile is empty."""
        self._close()
        done, self._done = self._done, []
        return done

    @property
    def _room(self) -> int:
        return BATCH_ITEMS - self._items

    def _put(self, packed: bytes | memoryview, entries: int, items: int) -> None:
        """Put so many entries of an array, which hold so many items, no more than there is room for, into a value."""
        if self._size + len(packed) > BATCH_BYTES:
            self._close()
        self._packed.append(packed)
        self._entries, self._items, self._size = self._entries + entries, self._items + items, self._size + len(packed)
        if not self._room:
            self._close()

    def _close(self) -> None:
        if self._packed:
            self._done.append(b"".join((self._before, _head(self._entries), *self._packed)))
        self._begin()


class Pile(_Pile):
    """Items that come by and by, of which nothing is held but what they pack to."""

    __slots__ = ()

    def add(self, items: Sequence[msgspec.Struct]) -> None:
        """Put items behind those before them."""
        while items:
            room = self._room
            self._add(items[:room])
            items = items[room:]

    def _add(self, items: Sequence[msgspec.Struct]) -> None:
        packed = pack_item(items)
        if len(packed) > BATCH_BYTES:
            self._close()
            self._done.extend(batches(map(pack_item, items)))
        else:
            self._put(memoryview(packed)[1 if len(items) < _SHORT else _HEAD_BYTES :], len(items), len(items))


class PagePile(_Pile):
    """Events that come by and by, of which nothing is held but what their pages pack to."""

    __slots__ = ()
    _before = b"\x81" + pack_item("pages")

    def add(self, numbers: Sequence[int], page_of: Callable[[Sequence[int]], EventPage]) -> None:
        """Put the events with these numbers behind those before them; `page_of` makes a page of some of them."""
        while numbers:
            room = self._room
            self._add(numbers[:room], page_of)
            numbers = numbers[room:]

    def _add(self, numbers: Sequence[int], page_of: Callable[[Sequence[int]], EventPage]) -> None:
        packed = pack_item(page_of(numbers))
        if len(packed) > BATCH_BYTES and len(numbers) > 1:
            half = len(numbers) // 2
            self.add(numbers[:half], page_of)
            self.add(numbers[half:], page_of)
        else:
            self._put(packed, 1, len(numbers))


_SHORT = 16
_HEAD_BYTES = 3
"""An array of fewer items says in one byte that it is one and how long, any other of ours in three."""


def _array(items: Sequence[bytes]) -> bytes:
    """A MessagePack array of items that are MessagePack already."""
    return _head(len(items)) + b"".join(items)


def _head(n: int) -> bytes:
    return bytes((0x90 | n,)) if n < _SHORT else b"\xdc" + n.to_bytes(2, "big")
