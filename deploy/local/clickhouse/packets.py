"""The packets of the native protocol, at the one revision this server speaks.

Revision 54459 is the first with query parameters and the last before password rules and nonces in the greeting.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from deploy.local.clickhouse.errors import ServerError, not_supported
from deploy.local.clickhouse.wire import Buffer, string, varint

REVISION = 54459
_COMPLETE_STAGE = 2
_OPENTELEMETRY_BYTES = 16 + 8
_IMPORTANT = 1


class FromClient(IntEnum):
    """What clients send."""

    HELLO = 0
    QUERY = 1
    DATA = 2
    CANCEL = 3
    PING = 4
    TABLES_STATUS = 5


class ToClient(IntEnum):
    """What clients get."""

    HELLO = 0
    DATA = 1
    EXCEPTION = 2
    PROGRESS = 3
    PONG = 4
    END_OF_STREAM = 5
    PROFILE_INFO = 6
    PROFILE_EVENTS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHello:
    """Who connects."""

    client: str
    revision: int
    database: str
    user: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting or a query parameter as the client wrote it; an important one must be known."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a client asks."""

    query_id: str
    text: str
    settings: tuple[Setting, ...]
    parameters: tuple[Setting, ...]
    compressed: bool


def read_hello(source: Buffer) -> ClientHello:
    """The greeting, after its packet type."""
    client = source.string()
    source.varint()
    source.varint()
    return ClientHello(
        client=client,
        revision=source.varint(),
        database=source.string(),
        user=source.string(),
        password=source.string(),
    )


def hello(version: str, timezone: str) -> bytes:
    """The answer to a greeting."""
    major, minor, patch = (int(part) for part in version.split(".")[:3])
    greeting = varint(ToClient.HELLO) + string("ClickHouse") + varint(major) + varint(minor) + varint(REVISION)
    return greeting + string(timezone) + string("waypost-embedded") + varint(patch)


def read_query(source: Buffer) -> Query:
    """A query, after its packet type."""
    query_id = source.string()
    _skip_client_info(source)
    settings = _read_settings(source)
    source.string()  # the secret between servers
    stage = source.varint()
    if stage != _COMPLETE_STAGE:
        raise not_supported(f"processing up to stage {stage}", "ask for complete results")
    compressed = bool(source.varint())
    return Query(
        query_id=query_id,
        settings=settings,
        compressed=compressed,
        text=source.string(),
        parameters=_read_settings(source),
    )


def exception(error: ServerError) -> bytes:
    """A failure with its code; stack traces stay here."""
    code = struct.pack("<i", error.code)
    return varint(ToClient.EXCEPTION) + code + string("DB::Exception") + string(error.message) + string("") + b"\x00"


def progress(*, rows: int = 0, size: int = 0, written_rows: int = 0, written_size: int = 0) -> bytes:
    """What was read and written since the last one; how much there will be is not known."""
    numbers = (rows, size, 0, written_rows, written_size)
    return varint(ToClient.PROGRESS) + b"".join(varint(number) for number in numbers)


def profile_info(*, rows: int, blocks: int, size: int) -> bytes:
    """The size of a result; whether a LIMIT cut it is not known."""
    return varint(ToClient.PROFILE_INFO) + varint(rows) + varint(blocks) + varint(size) + b"\x00\x00\x00"


def _skip_client_info(source: Buffer) -> None:
    if not source.byte():
        return
    for _ in range(3):
        source.string()  # first user, first query id, first address
    source.skip(8)  # when the first query began
    interface = source.byte()
    if interface != 1:
        raise not_supported(f"interface {interface}", "connect over TCP")
    for _ in range(3):
        source.string()  # operating system's user, host, client
    for _ in range(3):
        source.varint()  # version and revision
    source.string()  # quota key
    source.varint()  # distance
    source.varint()  # patch
    if source.byte():
        source.skip(_OPENTELEMETRY_BYTES)
        source.string()
        source.skip(1)
    for _ in range(3):
        source.varint()  # replicas


def _read_settings(source: Buffer) -> tuple[Setting, ...]:
    settings = []
    while name := source.string():
        important = bool(source.varint() & _IMPORTANT)
        settings.append(Setting(name=name, value=source.string(), important=important))
    return tuple(settings)
