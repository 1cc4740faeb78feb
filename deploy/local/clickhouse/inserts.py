"""Rows from a client: kept aside until its last block came, then given to the engine at once.

So an INSERT that is cut short, by either side, leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from deploy.local.clickhouse.blocks import Column, Sink, header
from deploy.local.clickhouse.channel import Channel
from deploy.local.clickhouse.engine import NOTHING, Session
from deploy.local.clickhouse.errors import Code, OutOfStepError, ServerError
from deploy.local.clickhouse.layout import layout_of
from deploy.local.clickhouse.packets import FromClient, ToClient, progress
from deploy.local.clickhouse.statements import Statement
from deploy.local.clickhouse.wire import varint

_FILLED_BY_THE_TABLE = {"MATERIALIZED", "ALIAS", "EPHEMERAL"}


@contextmanager
def _spool(directory: Path) -> Iterator[IO[bytes]]:
    """A file for the rows of one INSERT; a full disk ends the conversation by name."""
    try:
        with NamedTemporaryFile(suffix=".native", dir=directory) as rows:
            yield rows
    except OSError as error:
        raise OutOfStepError.of(Code.NOT_ENOUGH_SPACE, f"rows of an INSERT cannot be kept: {error}") from error


def insert(channel: Channel, session: Session, statement: Statement, spool: Path) -> None:
    """Carries out an INSERT whose rows follow."""
    columns = _columns(session, statement)
    for column in columns:
        layout_of(column.type)  # refuses what could not be read
    channel.send_block(header(columns))
    with _spool(spool) as rows:
        if not _receive(channel, rows):
            channel.send(varint(ToClient.END_OF_STREAM))
            return
        rows.flush()
        written = session.insert(statement.text, columns, Path(rows.name)) if rows.tell() else NOTHING
    channel.send_profile_events()
    numbers = progress(written_rows=written.rows_written, written_size=written.bytes_written)
    channel.send(numbers + varint(ToClient.END_OF_STREAM))


def _receive(channel: Channel, rows: Sink) -> bool:
    """Reads blocks up to the empty one; whether it came, and no cancellation before it."""
    while True:
        kind = channel.source.varint()
        if kind == FromClient.CANCEL:
            return False
        if kind != FromClient.DATA:
            raise OutOfStepError.of(Code.UNEXPECTED_PACKET_FROM_CLIENT, f"Unexpected packet {kind} in an INSERT")
        _, columns, _ = channel.read_block(rows)
        if not columns:
            return True
        channel.send_profile_events()


def _columns(session: Session, statement: Statement) -> tuple[Column, ...]:
    """The columns that the client shall send: those it named, else all that take values."""
    described = session.columns_of_table(statement.table)
    if statement.columns is None:
        return tuple(column for column, kind in described if kind not in _FILLED_BY_THE_TABLE)
    known = {column.name: column for column, _ in described}
    missing = [name for name in statement.columns if name not in known]
    if missing:
        message = f"No such column {missing[0]} in table {statement.table}"
        raise ServerError.of(Code.NO_SUCH_COLUMN_IN_TABLE, message)
    return tuple(known[name] for name in statement.columns)


class Nowhere:
    """A sink that forgets."""

    def write(self, data: bytes, /) -> None:
        """Forgets these."""
