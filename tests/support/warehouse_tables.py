"""A real engine's tables, filled as the warehouse fills them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from clickhouse_driver import Client
from support.polling import eventually
from support.warehouse_log import SHOPS

from deploy.local.clickhouse.process import EngineProcess
from services.runtime.clickhouse.client import connected
from services.runtime.clickhouse.insert import ColumnarInserter
from services.runtime.clickhouse.migrate import migrate
from services.warehouse.domain.local_clocks import local_clocks
from services.warehouse.domain.routes import rows_of


@contextmanager
def without_databases(engine: EngineProcess) -> Iterator[Client]:
    """A client of an engine from which our databases are gone."""
    with connected(engine.url) as client:
        for database in ("waypost", "waypost_storage"):
            client.execute(f"DROP DATABASE IF EXISTS {database} SYNC")
        yield client


@contextmanager
def without_rows(engine: EngineProcess) -> Iterator[Client]:
    """A client of an engine that has our tables as they are now, and nothing in them."""
    migrate(engine.url)
    with connected(engine.url) as client:
        client.execute("SYSTEM STOP VIEWS")  # a table of settled days must not be made of rows that go now
        for (table,) in client.execute(
            "SELECT name FROM system.tables WHERE database = 'waypost_storage' AND engine LIKE '%MergeTree' "
            "AND name NOT IN ('migrations', 'retention')"
        ):
            client.execute(f"TRUNCATE TABLE waypost_storage.{table} SYNC")
        yield client


def store(client: Client, *items: msgspec.Struct) -> None:
    """Insert items, and the local clocks of the shops that they are of."""
    insert = ColumnarInserter(client, "waypost_storage")
    for table in [local_clocks(SHOPS.items(), 1), *rows_of(items)]:
        assert insert(table.name, table.columns, table.rows) == []


def settle(client: Client) -> None:
    """Let what is stored be of yesterday, and make the tables of settled days anew."""
    made = client.execute(
        "SELECT name FROM system.tables WHERE database = 'waypost_storage' AND name LIKE 'settle\\_%'"
    )
    for table in ("journeys", "orders", "pain_points", "parcels", "surveys"):
        client.execute(
            f"ALTER TABLE waypost_storage.{table} UPDATE inserted_at = inserted_at - INTERVAL 1 DAY WHERE true",
            settings={"mutations_sync": 1},
        )
    for (view,) in made:
        refresh(client, view)
    client.execute("SYSTEM STOP VIEWS")


def refresh(client: Client, view: str) -> None:
    """Make a view's table anew, which is another table then.

    The engine's own WAIT may never come back when the hour of a scheduled refresh passes meanwhile.
    """
    table = view.replace("settle", "settled")
    uuid = f"SELECT uuid FROM system.tables WHERE database = 'waypost_storage' AND name = '{table}'"
    running = f"SELECT status = 'Running' FROM system.view_refreshes WHERE view = '{view}'"
    before = client.execute(uuid)
    client.execute(f"SYSTEM START VIEW waypost_storage.{view}")

    def made() -> bool:
        if client.execute(uuid) != before:
            return True
        if client.execute(running) != [(1,)]:
            client.execute(f"SYSTEM REFRESH VIEW waypost_storage.{view}")
        return False

    eventually(made, 30, f"{view} is refreshed")


def unsettle(client: Client) -> None:
    """Empty the tables of settled days, as they are before they were ever made."""
    made = "SELECT name FROM system.tables WHERE database = 'waypost_storage' AND name LIKE 'settled\\_%'"
    for (table,) in client.execute(made):
        client.execute(f"TRUNCATE TABLE waypost_storage.{table}")
