"""Native blocks between the engine and the wire.

What the engine reads and writes as FORMAT Native is a block of the protocol less two things: the block info at its
head, and a byte in each column that says whether its serialization is a custom one. Values are never decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from deploy.local.clickhouse.errors import Code, ServerError, not_supported
from deploy.local.clickhouse.layout import layout_of
from deploy.local.clickhouse.wire import Buffer, string, varint

_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"  # not an overflow, of no bucket
_MOST_ROWS = 1 << 31
_MOST_COLUMNS = 1 << 16


class Sink(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Takes these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A name and a ClickHouse type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireBlock:
    """A block as clients read it."""

    columns: tuple[Column, ...]
    rows: int
    content: bytes


def header(columns: tuple[Column, ...]) -> bytes:
    """A block without rows, as clients read it: what they learn names and types from."""
    described = b"".join(string(column.name) + string(column.type) + b"\x00" for column in columns)
    return _BLOCK_INFO + varint(len(columns)) + varint(0) + described


EMPTY = header(())


def from_engine(native: bytes, describe: Callable[[], tuple[Column, ...]]) -> Iterator[WireBlock]:
    """The blocks in a piece of FORMAT Native, as clients read them.

    The engine writes `DateTime('Europe/London')` as `DateTime`, for readers older than that type; `describe`, asked
    only when there is such a column, has the true types.
    """
    source = Buffer(_engine_ended_early, native)
    while source.waiting():
        yield _wire_block(source, describe)


def to_engine(source: Buffer, into: Sink) -> tuple[int, int]:
    """Reads one block from a client, writes it as FORMAT Native and returns the numbers of its columns and rows.

    A block without columns ends an INSERT and the list of external tables; one without rows is not written.
    """
    _skip_block_info(source)
    columns, rows = _sizes(source)
    if rows:
        into.write(varint(columns) + varint(rows))
    for _ in range(columns):
        column, head = _column_head(source)
        if source.byte():
            raise not_supported("a custom serialization of an inserted column", "send its values in full")
        if rows:
            into.write(head)
            into.write(_column_data(source, column, rows))
    return columns, rows


def _wire_block(source: Buffer, describe: Callable[[], tuple[Column, ...]]) -> WireBlock:
    count, rows = _sizes(source)
    columns, pieces = [], [_BLOCK_INFO, varint(count), varint(rows)]
    for at in range(count):
        column, _ = _column_head(source)
        if column.type == "DateTime":
            column = _with_time_zone(column, describe()[at : at + 1])
        columns.append(column)
        data = _column_data(source, column, rows) if rows else b""
        pieces += (string(column.name), string(column.type), b"\x00", data)
    return WireBlock(columns=tuple(columns), rows=rows, content=b"".join(pieces))


def _with_time_zone(column: Column, described: tuple[Column, ...]) -> Column:
    found = [true for true in described if true.name == column.name and true.type.startswith("DateTime(")]
    return found[0] if found else column


def _sizes(source: Buffer) -> tuple[int, int]:
    columns, rows = source.varint(), source.varint()
    if columns > _MOST_COLUMNS or rows > _MOST_ROWS:
        raise ServerError.of(Code.INCORRECT_DATA, f"a block of {columns} columns and {rows} rows cannot be read")
    return columns, rows


def _column_head(source: Buffer) -> tuple[Column, bytes]:
    source.mark()
    column = Column(name=source.string(), type=source.string())
    return column, source.since_mark()


def _column_data(source: Buffer, column: Column, rows: int) -> bytes:
    layout = layout_of(column.type)
    source.mark()
    layout.skip_prefix(source)
    layout.skip(source, rows)
    return source.since_mark()


def _skip_block_info(source: Buffer) -> None:
    while field := source.varint():
        source.skip(1 if field == 1 else 4)


def _engine_ended_early() -> bytes:
    raise ServerError.of(Code.INCORRECT_DATA, "the engine's result ended in the middle of a block")
