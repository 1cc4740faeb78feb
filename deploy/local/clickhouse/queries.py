"""Carries out one query and sends what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deploy.local.clickhouse.analysts import refuse_to_analysts
from deploy.local.clickhouse.blocks import Column, from_engine, header
from deploy.local.clickhouse.channel import Channel
from deploy.local.clickhouse.engine import Chunk, NotASelectError, Session
from deploy.local.clickhouse.errors import Code, ServerError
from deploy.local.clickhouse.inserts import insert
from deploy.local.clickhouse.log import log
from deploy.local.clickhouse.packets import Query, ToClient, profile_info, progress
from deploy.local.clickhouse.quoting import unquoted
from deploy.local.clickhouse.running import RunningQuery
from deploy.local.clickhouse.statements import Kind, Statement, refuse_setting, understand
from deploy.local.clickhouse.wire import varint


class Answer:
    """Sends the blocks of one result, a header before the first, and counts them."""

    def __init__(self, channel: Channel, describe: Callable[[], tuple[Column, ...]]) -> None:
        self._channel = channel
        self._describe = cache(describe)
        self._rows = self._blocks = self._size = 0
        self._has_header = False

    def send(self, chunk: Chunk) -> None:
        """Sends the blocks of a chunk and what was read and written for them."""
        for block in from_engine(chunk.native, self._describe):
            self.send_header(block.columns)
            self._channel.send_block(block.content)
            self._rows += block.rows
            self._blocks += 1
            self._size += len(block.content)
        self._channel.send(
            progress(
                rows=chunk.rows_read,
                size=chunk.bytes_read,
                written_rows=chunk.rows_written,
                written_size=chunk.bytes_written,
            )
        )

    def send_header(self, columns: tuple[Column, ...] | None = None) -> None:
        """Sends names and types, once; asks for them when no block has told."""
        if not self._has_header:
            self._has_header = True
            self._channel.send_block(header(self._describe() if columns is None else columns))

    def end(self) -> None:
        """Says that this was all."""
        info = profile_info(rows=self._rows, blocks=self._blocks, size=self._size) if self._has_header else b""
        self._channel.send(info + varint(ToClient.END_OF_STREAM))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRun:
    """One query on its way."""

    channel: Channel
    session: Session
    query: Query
    entry: RunningQuery
    spool: Path

    def run(self) -> None:
        """Answers the query; raises ServerError for what fails."""
        statement = understand(self.query.text)
        if self.session.role:
            refuse_to_analysts(statement)
        # A SET is for the session, the settings of a packet are for one query.
        self.session.apply({} if statement.kind is Kind.SESSION else self._settings())
        self.entry.watched = statement.kind is not Kind.INSERT
        match statement.kind:
            case Kind.INSERT:
                insert(self.channel, self.session, statement, self.spool)
            case Kind.STREAM:
                self._stream(statement)
            case Kind.ROWS:
                self._rows(statement)
            case Kind.SESSION | Kind.OTHER:
                self._other(statement)

    def _stream(self, statement: Statement) -> None:
        parameters = self._parameters()
        answer = Answer(self.channel, self.session.describer(statement.text, parameters))
        try:
            with closing(self.session.stream(statement.text + self.entry.marker, parameters)) as chunks:
                for chunk in chunks:
                    answer.send(chunk)
                    if self.entry.stopped:
                        raise ServerError.of(Code.QUERY_WAS_CANCELLED, "Query was cancelled")
        except NotASelectError:
            self._other(statement)
            return
        answer.send_header()
        answer.end()

    def _rows(self, statement: Statement) -> None:
        parameters = self._parameters()
        answer = Answer(self.channel, lambda: self.session.columns_of_answer(statement.text, parameters))
        answer.send(self.session.run(statement.text + self.entry.marker, parameters))
        answer.send_header()
        answer.end()

    def _other(self, statement: Statement) -> None:
        answer = Answer(self.channel, tuple)
        answer.send(self.session.run(statement.text + self.entry.marker, self._parameters()))
        self.session.remember(statement)
        answer.end()

    def _parameters(self) -> dict[str, str]:
        return {parameter.name: unquoted(parameter.value) for parameter in self.query.parameters}

    def _settings(self) -> dict[str, str]:
        """The settings to apply; an unknown one is an error only when the client calls it important."""
        settings = {}
        for setting in self.query.settings:
            refuse_setting(setting.name, setting.value)
            if self.session.knows(setting.name):
                settings[setting.name] = setting.value
            elif setting.important:
                raise ServerError.of(Code.UNKNOWN_SETTING, f"Unknown setting '{setting.name}'")
            else:
                log("warning", "an unknown setting was ignored", setting=setting.name)
        return settings
