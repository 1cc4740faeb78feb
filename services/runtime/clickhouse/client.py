"""Connections to ClickHouse over its native protocol."""

from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_driver import Client

from services.runtime.clickhouse.settings import ClickHouseSettings


def connect(settings: ClickHouseSettings) -> Client:
    """A client that connects with its first query and again after an error; one thread uses it at a time."""
    client = Client.from_url(settings.dsn())
    connection = client.connection
    connection.connect_timeout = settings.connect_seconds
    connection.send_receive_timeout = settings.reply_seconds
    return client


@contextmanager
def connected(settings: ClickHouseSettings | str) -> Iterator[Client]:
    """A client for the length of a block; a string is its URL."""
    client = connect(settings if isinstance(settings, ClickHouseSettings) else ClickHouseSettings(url=settings))
    try:
        yield client
    finally:
        client.disconnect()
