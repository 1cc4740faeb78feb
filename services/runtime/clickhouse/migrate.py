"""Migrations: numbered SQL applied once, in order, by one starter at a time."""

import logging
from collections.abc import Mapping, Sequence

from clickhouse_driver import Client

from services.runtime.clickhouse.client import connected
from services.runtime.clickhouse.lock import migration_lock
from services.runtime.clickhouse.migration_files import Migration, read_migrations, tables_with_retention
from services.runtime.clickhouse.settings import ClickHouseSettings

STORAGE = "waypost_storage"
VIEWS = "waypost"

STATEMENT_SECONDS = 6 * 3600.0
"""How long a statement may take: it may write a large table anew."""

log = logging.getLogger("waypost.migrate")

_BOOKS = (
    """
    CREATE TABLE IF NOT EXISTS {storage}.migrations {on_cluster}
    (number UInt32, name String, checksum String, applied_at DateTime('UTC') DEFAULT now())
    ENGINE = {replicated}ReplacingMergeTree(applied_at) ORDER BY number
    COMMENT 'Migrations that were applied'
    """,
    """
    CREATE TABLE IF NOT EXISTS {storage}.retention {on_cluster}
    (`table` String, days UInt32, version UInt64)
    ENGINE = {replicated}ReplacingMergeTree(version) ORDER BY `table`
    COMMENT 'Days that rows of a table stay after they were inserted'
    """,
)


class ChangedMigrationError(RuntimeError):
    """An applied file is not what it was, or is gone: the database does not match this version of the software."""


def migrate(settings: ClickHouseSettings | str, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Bring a database up to date; a string is its URL. Returns the names of what was applied now.

    Two starters at the same time apply each migration once. Raises `ChangedMigrationError` before anything is done.
    """
    if isinstance(settings, str):
        settings = ClickHouseSettings(url=settings)
    files = read_migrations() if migrations is None else list(migrations)
    with connected(settings.model_copy(update={"reply_seconds": STATEMENT_SECONDS})) as client:
        on_cluster = _on_cluster(settings)
        for database in (STORAGE, VIEWS):
            client.execute(f"CREATE DATABASE IF NOT EXISTS {database} {on_cluster}")
        with migration_lock(client, STORAGE):
            for statement in _BOOKS:
                client.execute(
                    statement.format(storage=STORAGE, on_cluster=on_cluster, replicated=_replicated(settings))
                )
            pending = _pending(files, applied(client))
            for migration in pending:
                _apply(client, migration, settings)
            _set_retention(client, settings, tables_with_retention(files))
    return [migration.name for migration in pending]


def applied(client: Client) -> dict[int, tuple[str, str]]:
    """Number to name and checksum of what a database has had."""
    rows = client.execute(f"SELECT number, name, checksum FROM {STORAGE}.migrations FINAL ORDER BY number")
    return {number: (name, checksum) for number, name, checksum in rows}


def placeholders(settings: ClickHouseSettings, tables: Sequence[str]) -> dict[str, str]:
    """What migrations may ask for: `on_cluster`, `replicated`, and `days:<table>`."""
    days = {f"days:{table}": str(settings.days(table)) for table in tables}
    return {"on_cluster": _on_cluster(settings), "replicated": _replicated(settings), **days}


def _pending(files: Sequence[Migration], done: Mapping[int, tuple[str, str]]) -> list[Migration]:
    known = {migration.number: migration for migration in files}
    for number, (name, checksum) in done.items():
        if number not in known:
            raise ChangedMigrationError(
                f"the database has migration {name}, which this version does not know: it was made by a newer one; "
                "run that version"
            )
        if known[number].checksum != checksum:
            raise ChangedMigrationError(
                f"migration {known[number].name} was changed after it had been applied (recorded {checksum[:12]}, "
                f"file {known[number].checksum[:12]}): restore the file and put the change into a new migration"
            )
    return [migration for migration in files if migration.number not in done]


def _apply(client: Client, migration: Migration, settings: ClickHouseSettings) -> None:
    for statement in migration.statements(placeholders(settings, tables_with_retention([migration]))):
        client.execute(statement)
    client.execute(
        f"INSERT INTO {STORAGE}.migrations (number, name, checksum) VALUES",
        [(migration.number, migration.name, migration.checksum)],
    )
    log.info("migration applied", extra={"where": {"migration": migration.name}})


def _set_retention(client: Client, settings: ClickHouseSettings, tables: Sequence[str]) -> None:
    """Change the retention of tables whose setting differs from what they were given last.

    The books are written last, so that a change that was cut off is made again.
    """
    kept = dict(client.execute(f"SELECT `table`, days FROM {STORAGE}.retention FINAL"))
    for table in tables:
        days = settings.days(table)
        if kept.get(table) == days:
            continue
        if table in kept:
            client.execute(
                f"ALTER TABLE {STORAGE}.{table} {_on_cluster(settings)} MODIFY TTL inserted_at + toIntervalDay({days})"
            )
        client.execute(
            f"INSERT INTO {STORAGE}.retention (`table`, days, version) "
            "SELECT %(table)s, %(days)s, toUnixTimestamp64Milli(now64(3))",
            {"table": table, "days": days},
        )


def _on_cluster(settings: ClickHouseSettings) -> str:
    return f"ON CLUSTER '{settings.cluster}'" if settings.cluster else ""


def _replicated(settings: ClickHouseSettings) -> str:
    return "Replicated" if settings.cluster else ""
