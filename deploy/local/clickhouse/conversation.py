"""One client's conversation: a greeting, then queries one after another, until either side leaves."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from pathlib import Path

from deploy.local.clickhouse.analysts import ROLE
from deploy.local.clickhouse.channel import Channel
from deploy.local.clickhouse.engine import Engine, Session
from deploy.local.clickhouse.errors import Code, DisconnectedError, OutOfStepError, ServerError, not_supported
from deploy.local.clickhouse.inserts import Nowhere
from deploy.local.clickhouse.log import log
from deploy.local.clickhouse.packets import (
    REVISION,
    ClientHello,
    FromClient,
    Query,
    ToClient,
    exception,
    hello,
    read_hello,
    read_query,
)
from deploy.local.clickhouse.queries import QueryRun
from deploy.local.clickhouse.running import RunningQueries
from deploy.local.clickhouse.wire import varint


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may connect: an owner, and somebody who only reads views."""

    user: str
    password: str
    analyst: str
    analyst_password: str

    def role(self, user: str, password: str) -> str | None:
        """The role to be left with, empty for the owner's; None for who is not known."""
        found = None
        for name, secret, role in ((self.user, self.password, ""), (self.analyst, self.analyst_password, ROLE)):
            known = hmac.compare_digest(user.encode(), name.encode())
            if hmac.compare_digest(password.encode(), secret.encode()) and known:
                found = role
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Speaks the native protocol on one channel."""

    channel: Channel
    engine: Engine
    running: RunningQueries
    access: Access
    spool: Path

    def run(self) -> None:
        """Talks until the client leaves, the server ends, or the client says what cannot be followed."""
        try:
            with self._greet() as session:
                while True:
                    self._next_packet(session)
        except ServerError as error:
            log("warning", "conversation ended by the server", code=error.code, error=error.message)
            self.channel.part(exception(error))
        except DisconnectedError:
            pass
        finally:
            self.channel.client.close()

    def _greet(self) -> Session:
        kind = self.channel.source.varint()
        if kind != FromClient.HELLO:
            raise _unexpected(kind, "a greeting")
        client = read_hello(self.channel.source)
        session = self.engine.session(client.database or "default", self._admit(client))
        self.channel.send(hello(self.engine.version, "UTC"))
        self.channel.source.string()  # the quota key, which follows the greeting
        return session

    def _admit(self, client: ClientHello) -> str:
        if client.revision < REVISION:
            raise not_supported(f"protocol revision {client.revision}", f"use a client of revision {REVISION} or newer")
        role = self.access.role(client.user, client.password)
        if role is None:
            reason = "password is incorrect, or there is no user with such name."
            raise ServerError.of(Code.AUTHENTICATION_FAILED, f"{client.user}: Authentication failed: {reason}")
        return role

    def _next_packet(self, session: Session) -> None:
        kind = self.channel.source.varint()
        if kind == FromClient.PING:
            self.channel.send(varint(ToClient.PONG))
        elif kind == FromClient.QUERY:
            self._query(session)
        elif kind != FromClient.CANCEL:  # of a query that has ended meanwhile
            raise _unexpected(kind, "a query or a ping")

    def _query(self, session: Session) -> None:
        query = read_query(self.channel.source)
        self.channel.compressed = query.compressed
        tables = self._external_tables()
        try:
            if tables:
                raise not_supported(f"external tables ({', '.join(tables)})", "insert into a temporary table")
            self._carry_out(session, query)
        except OutOfStepError:
            raise
        except ServerError as error:
            log("info", "query failed", query_id=query.query_id, code=error.code)
            self.channel.send(exception(error))

    def _carry_out(self, session: Session, query: Query) -> None:
        with self.running.run(self.channel.client, query.query_id) as entry:
            try:
                QueryRun(channel=self.channel, session=session, query=query, entry=entry, spool=self.spool).run()
            except OutOfStepError:
                raise
            except ServerError as error:
                if not entry.cancelled:
                    raise ServerError(error.code, error.message.replace(entry.marker, "")) from error
                self.channel.send(varint(ToClient.END_OF_STREAM))  # the end of a cancelled query is no error

    def _external_tables(self) -> list[str]:
        """The tables that come with a query, read and dropped; a block without columns ends them."""
        names: list[str] = []
        while True:
            kind = self.channel.source.varint()
            if kind != FromClient.DATA:
                raise _unexpected(kind, "the end of external tables")
            name, columns, _ = self.channel.read_block(Nowhere())
            if not columns:
                return names
            names.append(name)


def _unexpected(kind: int, expected: str) -> ServerError:
    message = f"Unexpected packet {kind} from client, expected {expected}"
    return OutOfStepError.of(Code.UNEXPECTED_PACKET_FROM_CLIENT, message)
