"""The engine in this process: chDB on one data directory, and one session of it for each client.

Sessions run side by side in the engine; each has its own database, settings and temporary tables.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from deploy.local.clickhouse.blocks import Column
from deploy.local.clickhouse.errors import Code, ServerError
from deploy.local.clickhouse.quoting import quoted, unescaped
from deploy.local.clickhouse.statements import Kind, Statement

# A repeated INSERT of the same rows is one, in tables that ask for that; of an INSERT … SELECT it is not by default.
_AS_A_PLAIN_INSERT = "deduplicate_insert_select = 'enable_even_for_bad_queries'"
_NOT_STREAMABLE = "Streaming query is not supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a result in FORMAT Native, and what was read from storage to make it."""

    native: bytes
    rows_read: int
    bytes_read: int
    rows_written: int
    bytes_written: int


NOTHING = Chunk(native=b"", rows_read=0, bytes_read=0, rows_written=0, bytes_written=0)


class NotASelectError(Exception):
    """The engine does not answer this statement in pieces; nothing was done yet."""


class Engine:
    """chDB opened on a directory; a process can open one only."""

    def __init__(self, path: Path, config: Path) -> None:
        os.environ["TZ"] = "UTC"
        time.tzset()
        self._chdb = import_module("chdb._chdb")
        self._address = f"file:{path}?config-file={config}"
        self._admin = self.connect()
        self._admin_lock = threading.Lock()
        self.version: str = self._ask("SELECT version()")
        self.known_settings = frozenset(self._ask("SELECT name FROM system.settings").split("\n"))
        changed = self._ask("SELECT name, value FROM system.settings WHERE changed", "JSONCompactEachRow")
        self.own_settings = dict(json.loads(line) for line in changed.splitlines())

    def session(self, database: str, role: str = "") -> Session:
        """A new session in `database`, left with one role if that is named; raises UNKNOWN_DATABASE."""
        session = Session(self, self.connect(), role)
        session.use(database)
        return session

    def kill(self, marker: str) -> None:
        """Cancels the query whose text ends with `marker`; no query, no effect."""
        self._ask(f"KILL QUERY WHERE endsWith(query, {quoted(marker)}) ASYNC")

    def close(self) -> None:
        """Ends the engine's background work and writes what it holds."""
        self._admin.close()

    def connect(self) -> Any:
        """A connection of chDB's own."""
        with _engine_errors():
            connection = self._chdb.connect(self._address)
            connection.query("SET implicit_select = 0", "Null")  # chDB takes `nonsense` for SELECT nonsense
        return connection

    def _ask(self, text: str, output: str = "TSVRaw") -> str:
        with self._admin_lock, _engine_errors():
            return bytes(self._admin.query(text, output).bytes()).decode().rstrip("\n")


class Session:
    """One client's view of the engine; used by one thread at a time."""

    def __init__(self, engine: Engine, connection: Any, role: str = "") -> None:
        self._engine = engine
        self.role = role
        self._connection = connection
        self._applied: dict[str, str] = {}
        self._own = dict(engine.own_settings)
        self._database = "default"
        self._has_temporary_tables = False

    def use(self, database: str) -> None:
        """Makes `database` the one of unqualified names."""
        self.run(f"USE {quoted(database, '`')}", {})
        self._database = database
        if self.role:
            self.run(f"SET ROLE {self.role}", {})

    def knows(self, setting: str) -> bool:
        """Whether the engine has a setting of this name."""
        return setting in self._engine.known_settings

    def apply(self, settings: Mapping[str, str]) -> None:
        """Puts these settings, and no others of earlier queries, in force."""
        gone = [name for name in self._applied if name not in settings]
        new = {name: value for name, value in settings.items() if self._applied.get(name) != value}
        wanted = [f"{name} = {quoted(self._own[name])}" if name in self._own else f"{name} = DEFAULT" for name in gone]
        wanted += [f"{name} = {quoted(value)}" for name, value in new.items()]
        if not wanted:
            return
        self._applied.update(new)
        try:
            self.run("SET " + ", ".join(wanted), {})
        except ServerError as error:
            if error.code != Code.READONLY.value or not gone:
                raise
            self._begin_again()
            self.apply(settings)
        self._applied = dict(settings)

    def remember(self, statement: Statement) -> None:
        """After a statement of the client that changed the session: what settings return to, and where it stands."""
        self._has_temporary_tables |= statement.temporary
        if statement.kind is not Kind.SESSION:
            return
        ((self._database,),) = self._rows("SELECT currentDatabase()")
        rows = self._rows("SELECT name, value FROM system.settings WHERE changed")
        self._own = {name: value for name, value in rows if name not in self._applied}

    def columns_of_table(self, table: str) -> list[tuple[Column, str]]:
        """Each column of a table with how it gets its value (empty, DEFAULT, MATERIALIZED, …)."""
        rows = self._rows(f"DESCRIBE TABLE {table}")
        return [(Column(name=row[0], type=row[1]), row[2]) for row in rows]

    def columns_of_query(self, text: str, parameters: Mapping[str, str]) -> tuple[Column, ...]:
        """The columns that a SELECT would answer with, without running it."""
        return tuple(Column(name=row[0], type=row[1]) for row in self._rows(f"DESCRIBE TABLE (\n{text}\n)", parameters))

    def describer(self, text: str, parameters: Mapping[str, str]) -> Callable[[], tuple[Column, ...]]:
        """What tells the columns of a SELECT while it runs here, which a second query in this session would end.

        It asks in a session of its own; where that could not see temporary tables, it asks beforehand.
        """
        if self._has_temporary_tables:
            columns = self.columns_of_query(text, parameters)
            return lambda: columns

        def ask() -> tuple[Column, ...]:
            with self._engine.session(self._database) as other:
                return other.columns_of_query(text, parameters)

        return ask

    def columns_of_answer(self, text: str, parameters: Mapping[str, str]) -> tuple[Column, ...]:
        """The columns that a SHOW or its like answers with."""
        lines = self.run(text, parameters, "TSVWithNamesAndTypes").native.decode().split("\n")
        names, types = ([unescaped(field) for field in line.split("\t")] for line in lines[:2])
        return tuple(Column(name=name, type=kind) for name, kind in zip(names, types, strict=True))

    def run(self, text: str, parameters: Mapping[str, str], output: str = "Native") -> Chunk:
        """Carries out a statement and returns all it answers."""
        with _engine_errors():
            return _chunk(self._connection.query(text, output, params=dict(parameters)))

    def stream(self, text: str, parameters: Mapping[str, str]) -> Generator[Chunk]:
        """The pieces of a SELECT's result as the engine makes them; closing the iterator cancels the query.

        A piece is one block of about `max_block_size` rows, so that a result of any size takes the memory of few.
        """
        try:
            result = self._connection.send_query(text, "Native", params=dict(parameters))
        except (RuntimeError, UnicodeDecodeError) as error:
            if _NOT_STREAMABLE not in (message := _message(error)):
                raise ServerError.from_engine(message) from error
            raise NotASelectError from error
        ended = False
        try:
            while not ended:
                chunk = self._fetch(result)
                ended = not chunk.native
                if chunk.native:
                    yield chunk
        except ServerError:
            ended = True
            raise
        finally:
            if not ended:
                with _engine_errors():
                    self._connection.streaming_cancel_query(result)

    def insert(self, text: str, columns: tuple[Column, ...], native: Path) -> Chunk:
        """Commits the rows of a file in FORMAT Native to `text`, an INSERT up to its data.

        Not through chDB's own streaming insert: that one reports success when the table refuses the rows.
        """
        structure = ", ".join(f"{quoted(column.name, '`')} {column.type}" for column in columns)
        rows = f"SELECT * FROM file({quoted(str(native))}, 'Native', {quoted(structure)})"
        return self.run(f"{text} {rows} SETTINGS {_AS_A_PLAIN_INSERT}", {})

    def close(self) -> None:
        """Ends the session; its temporary tables go with it."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _begin_again(self) -> None:
        """A session that a query made read-only cannot go back; its successor stands in the same database."""
        self._connection.close()
        self._connection = self._engine.connect()
        self._applied, self._own = {}, dict(self._engine.own_settings)
        self.use(self._database)

    def _fetch(self, result: Any) -> Chunk:
        with _engine_errors():
            piece = self._connection.streaming_fetch_result(result)
            failed = str(piece.error_message()) if piece is not None and piece.has_error() else None
        if failed is not None:
            raise ServerError.from_engine(failed)
        return _chunk(piece)

    def _rows(self, text: str, parameters: Mapping[str, str] | None = None) -> list[list[str]]:
        answer = self.run(text, parameters or {}, "JSONCompactEachRow").native
        return [json.loads(line) for line in answer.splitlines()]


@contextmanager
def _engine_errors() -> Iterator[None]:
    """Turns what chDB raises into what clients are told."""
    try:
        yield
    except (RuntimeError, UnicodeDecodeError) as error:
        raise ServerError.from_engine(_message(error)) from error


def _message(error: RuntimeError | UnicodeDecodeError) -> str:
    """What the engine said; where it repeats a value that is no text, chDB's binding raises that instead."""
    return error.object.decode(errors="replace") if isinstance(error, UnicodeDecodeError) else str(error)


def _chunk(result: Any) -> Chunk:
    if result is None:
        return NOTHING
    return Chunk(
        native=result.bytes(),
        rows_read=result.storage_rows_read(),
        bytes_read=result.storage_bytes_read(),
        rows_written=result.rows_written(),
        bytes_written=result.bytes_written(),
    )
