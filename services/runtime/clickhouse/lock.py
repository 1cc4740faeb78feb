"""A lock among starters, made of what any ClickHouse has: tables that are created atomically and listed.

A starter creates a table of its own and then looks for others. It holds the lock if it sees none: of two starters at
the same time at least one sees the other, since both create before they look. Who sees another withdraws, waits for
a random while and tries again. The table's name carries when its lease ends, so that a starter that died is passed
over, and its table is dropped by the next holder. The lock is one server's: starters name the same one.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from clickhouse_driver import Client

LEASE_SECONDS = 600.0
"""Longer than any migration may take; what a starter that died costs the next one at most."""
WAIT_SECONDS = 660.0
_PREFIX = "migration_lock_"


class LockTimeoutError(RuntimeError):
    """Somebody else holds the lock for longer than a starter waits."""


@contextmanager
def migration_lock(
    client: Client, database: str, *, lease: float = LEASE_SECONDS, wait: float = WAIT_SECONDS
) -> Iterator[None]:
    """Hold the lock of a database for a block. Raises `LockTimeoutError` naming the table that stands in the way."""
    mine = _acquire(client, database, lease, time.monotonic() + wait)
    try:
        yield
    finally:
        client.execute(f"DROP TABLE IF EXISTS {database}.{mine} SYNC")


def _acquire(client: Client, database: str, lease: float, deadline: float) -> str:
    while True:
        mine = f"{_PREFIX}{int((time.time() + lease) * 1000)}_{uuid4().hex}"
        client.execute(f"CREATE TABLE {database}.{mine} (nothing UInt8) ENGINE = Memory")
        live, expired = _others(client, database, mine)
        if not live:
            for table in expired:
                client.execute(f"DROP TABLE IF EXISTS {database}.{table} SYNC")
            return mine
        client.execute(f"DROP TABLE IF EXISTS {database}.{mine} SYNC")
        if time.monotonic() > deadline:
            raise LockTimeoutError(
                f"another migration holds {database}.{live[0]}; if none runs, drop that table and try again"
            )
        time.sleep(random.uniform(0.05, 0.5))


def _others(client: Client, database: str, mine: str) -> tuple[list[str], list[str]]:
    """Other starters' tables: those whose lease runs, and those whose lease is over."""
    rows = client.execute(
        "SELECT name FROM system.tables "
        "WHERE database = %(database)s AND startsWith(name, %(prefix)s) AND name != %(mine)s",
        {"database": database, "prefix": _PREFIX, "mine": mine},
    )
    now = time.time() * 1000
    live: list[str] = []
    expired: list[str] = []
    for (name,) in rows:
        until = int(name.removeprefix(_PREFIX).partition("_")[0])
        (live if until > now else expired).append(name)
    return live, expired
