"""Internal messages: what travels between ingest, journey and warehouse.

A message is a batch of items of one kind, MessagePack, key null; the header `waypost-kind` says which, so that a
reader skips what it does not need undecoded. All instants are UTC milliseconds since the epoch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from schemas.topics import BATCH_BYTES, BATCH_ITEMS

KIND_HEADER = "waypost-kind"
TICK_HEADER = "waypost-tick"
"""Marks a tick in a public topic."""

LIVE_CLOCK = ""
"""The name of the clock that all live shops share; a replayed shop's clock has the shop's name."""


class Kind(StrEnum):
    """What a message carries."""

    EVENTS = "events"  # EventItem: ingest -> journey, warehouse
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


class EventItem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An accepted event at its position."""

    position: Position
    source: str
    id: str
    type: str
    shop: str  # "" for a carrier's event that names no shop
    time_ms: int
    cell: str  # key of the cell it goes to first (schemas.aliases)
    data: bytes  # JSON text as sent
    extensions: bytes  # other CloudEvents attributes as JSON text, b"" if none
    digest: bytes  # 8 bytes over the decoded content
    late: bool  # stored, but too old to change a journey


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

read_events = msgspec.msgpack.Decoder(list[EventItem]).decode
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


class Pile:
    """Items that come by and by, packed as they come and joined into message values within the limits of a batch.

    The values hold the items in order. Nothing holds on to the items themselves, of which each may be given as a tuple
    of its fields: packed it is the same.
    """

    __slots__ = ("_count", "_done", "_packed", "_size")

    def __init__(self) -> None:
        self._done: list[bytes] = []
        self._packed: list[memoryview] = []  # runs of items, each packed in one go
        self._count = self._size = 0

    def add(self, items: Sequence[msgspec.Struct | tuple[Any, ...]]) -> None:
        """Put items behind those before them."""
        while items:
            room = BATCH_ITEMS - self._count
            self._add(items[:room])
            items = items[room:]

    def values(self) -> list[bytes]:
        """The values of all that was added; afterwards the pile is empty."""
        self._close()
        done, self._done = self._done, []
        return done

    def _add(self, items: Sequence[msgspec.Struct | tuple[Any, ...]]) -> None:
        packed = pack_item(items)
        if self._size + len(packed) > BATCH_BYTES:
            self._close()
        if len(packed) > BATCH_BYTES:
            self._done.extend(batches(map(pack_item, items)))
            return
        self._packed.append(memoryview(packed)[1 if len(items) < _SHORT else 3 :])
        self._count, self._size = self._count + len(items), self._size + len(packed)
        if self._count == BATCH_ITEMS:
            self._close()

    def _close(self) -> None:
        if self._packed:
            self._done.append(b"".join((_head(self._count), *self._packed)))
        self._packed, self._count, self._size = [], 0, 0


_SHORT = 16
"""An array of fewer items says in one byte that it is one and how long, any other of ours in three."""


def _array(items: Sequence[bytes]) -> bytes:
    """A MessagePack array of items that are MessagePack already."""
    return _head(len(items)) + b"".join(items)


def _head(n: int) -> bytes:
    return bytes((0x90 | n,)) if n < _SHORT else b"\xdc" + n.to_bytes(2, "big")
