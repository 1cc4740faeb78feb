"""What Waypost needs of a ClickHouse server, asked through clickhouse-driver.

Runs against an embedded engine of its own, or against the server of CLICKHOUSE_URL; what only the embedded one does
(refusing by name) or survives (kills) is in `test_clickhouse_engine_process.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_driver import Client

from deploy.local.clickhouse.process import start


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("CLICKHOUSE_URL")
    if given:
        yield given
        return
    with start(tmp_path_factory.mktemp("clickhouse-contract")) as engine:
        yield engine.url


@pytest.fixture(params=["plain", "lz4"])
def connect(request: pytest.FixtureRequest, url: str) -> Iterator[Callable[..., Client]]:
    """Makes clients in a database of the test's own; their traffic is compressed, or not."""
    database = f"test_{uuid4().hex[:12]}"
    clients: list[Client] = []

    def new(**options: Any) -> Client:
        client = Client.from_url(url)
        address = {"host": client.connection.hosts[0][0], "port": client.connection.hosts[0][1]}
        account = {"user": client.connection.user, "password": client.connection.password}
        compression = "lz4" if request.param == "lz4" else False
        clients.append(Client(**{**address, **account, "compression": compression, "database": database, **options}))
        return clients[-1]

    admin = Client.from_url(url)
    admin.execute(f"CREATE DATABASE {database}")
    yield new
    for client in clients:
        client.disconnect()
    admin.execute(f"DROP DATABASE {database} SYNC")
    admin.disconnect()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    return connect()
