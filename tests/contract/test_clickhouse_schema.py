"""Migrations on the real engine, and what they make: tables against row models, views as analysts find them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from deploy.local.clickhouse.process import EngineProcess, start
from schemas.clickhouse.dictionary import PAGE, Column, View, page, read_views
from services.runtime.clickhouse.client import connected
from services.runtime.clickhouse.lock import LockTimeoutError, migration_lock
from services.runtime.clickhouse.migrate import ChangedMigrationError, migrate, placeholders
from services.runtime.clickhouse.migration_files import read_migrations, tables_with_retention
from services.runtime.clickhouse.settings import ClickHouseSettings
from services.warehouse.domain import local_clocks, put_aside
from services.warehouse.domain.routes import TABLES

NAMES = [migration.name for migration in read_migrations()]

SORT_KEYS = {
    "actions": "shop, action_id",
    "alerts": "shop, dedup_key, receiver, event",
    "clocks": "shop, partition",
    "events": "source, id",
    "journeys": "shop, journey_id",
    "ledger": "topic, partition, offset, index",
    "migrations": "number",
    "orders": "shop, order_id",
    "pain_point_changes": "shop, pain_point_id, version",
    "pain_points": "shop, pain_point_id",
    "parcels": "shop, parcel_id",
    "persons": "shop, alias",
    "promises": "shop, promise_id",
    "put_aside": "table, digest",
    "retention": "table",
    "shops": "shop",
    "surveys": "shop, survey_id",
}
"""Only what can never change for an id: a row under another key would not replace the old one."""

KEPT = "database = 'waypost_storage' AND engine LIKE '%MergeTree' AND name NOT LIKE 'settled\\_%'"
"""Tables that rows are stored in; settled ones are made anew as a whole, from these."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """An engine of this module's own: the databases' names are fixed, and these tests change them."""
    with start(tmp_path_factory.mktemp("schema")) as running:
        yield running


@pytest.fixture
def client(engine: EngineProcess) -> Iterator[Client]:
    with connected(engine.url) as client:
        yield client


@pytest.fixture
def migrated(client: Client, engine: EngineProcess) -> Client:
    migrate(engine.url)
    return client


def drop(client: Client) -> None:
    for database in ("waypost", "waypost_storage"):
        client.execute(f"DROP DATABASE IF EXISTS {database} SYNC")


def test_migrations_are_applied_once_and_in_order(client: Client, engine: EngineProcess) -> None:
    drop(client)
    assert migrate(engine.url) == NAMES
    assert migrate(engine.url) == []


def test_two_starters_at_the_same_time_apply_each_migration_once(client: Client, engine: EngineProcess) -> None:
    drop(client)
    with ThreadPoolExecutor(3) as pool:
        applied = list(pool.map(lambda _: migrate(engine.url), range(3)))
    assert sorted(name for names in applied for name in names) == NAMES
    assert client.execute("SELECT count() FROM waypost_storage.migrations") == [(len(NAMES),)]
    assert locks(client) == []


def locks(client: Client) -> list[str]:
    found = client.execute("SELECT name FROM system.tables WHERE name LIKE 'migration_lock%'")
    return [name for (name,) in found]


def test_an_applied_file_that_changed_is_refused_before_anything_is_done(
    migrated: Client, engine: EngineProcess
) -> None:
    first, *others = read_migrations()
    changed = [
        replace(first, text=first.text + "-- ."),
        *others,
        replace(first, number=len(NAMES) + 1, name="9_new.sql"),
    ]
    with pytest.raises(ChangedMigrationError, match=r"0001_positions\.sql was changed after it had been applied"):
        migrate(engine.url, changed)
    assert migrated.execute("SELECT count() FROM waypost_storage.migrations FINAL") == [(len(NAMES),)]
    assert locks(migrated) == []


def test_a_database_of_a_newer_version_is_refused(migrated: Client, engine: EngineProcess) -> None:
    with pytest.raises(ChangedMigrationError, match="made by a newer one"):
        migrate(engine.url, read_migrations()[:-1])


def test_a_migration_that_was_cut_off_can_be_run_again(migrated: Client) -> None:
    for migration in read_migrations():
        for statement in migration.statements(placeholders(ClickHouseSettings(), tables_with_retention([migration]))):
            migrated.execute(statement)


def test_a_lock_that_is_held_is_waited_for_and_named(migrated: Client, engine: EngineProcess) -> None:
    with migration_lock(migrated, "waypost_storage"), connected(engine.url) as other:
        [name] = locks(other)
        with pytest.raises(LockTimeoutError, match=name), migration_lock(other, "waypost_storage", wait=0):
            pass
    assert locks(migrated) == []


def test_the_lock_of_a_starter_that_died_is_passed_over_when_its_lease_ends(migrated: Client) -> None:
    expired = f"migration_lock_{int(time.time() * 1000) - 1}_dead"
    migrated.execute(f"CREATE TABLE waypost_storage.{expired} (nothing UInt8) ENGINE = Memory")
    with migration_lock(migrated, "waypost_storage", wait=0):
        assert expired not in locks(migrated)


def test_retention_is_a_setting_that_can_be_changed_later(migrated: Client, engine: EngineProcess) -> None:
    def ttl(table: str) -> str:
        [(made,)] = migrated.execute(f"SHOW CREATE TABLE waypost_storage.{table}")
        return str(made).partition("TTL ")[2].partition("\n")[0]

    assert ttl("orders") == "inserted_at + toIntervalDay(400)"
    migrate(ClickHouseSettings(url=engine.url, retention_days_by_table={"orders": 30}))
    assert (ttl("orders"), ttl("events")) == ("inserted_at + toIntervalDay(30)", "inserted_at + toIntervalDay(400)")
    migrate(engine.url)
    assert ttl("orders") == "inserted_at + toIntervalDay(400)"


def test_no_key_can_change_for_an_id(migrated: Client) -> None:
    rows = migrated.execute(f"SELECT name, sorting_key, partition_key FROM system.tables WHERE {KEPT}")
    assert {name: key.replace("`", "") for name, key, _ in rows} == SORT_KEYS
    assert {partition for _, _, partition in rows} == {""}


def test_every_table_replaces_by_version_and_knows_deleted_rows(migrated: Client) -> None:
    rows = migrated.execute(f"SELECT name, engine_full FROM system.tables WHERE {KEPT}")
    by_version = {name for name, full in rows if full.startswith("ReplacingMergeTree(version, deleted)")}
    assert set(SORT_KEYS) - by_version == {"migrations", "retention", "pain_point_changes"}


def test_every_column_that_is_written_exists_and_all_others_fill_themselves(migrated: Client) -> None:
    written: dict[str, tuple[str, ...]] = {table.name: table.columns for tables in TABLES.values() for table in tables}
    written |= {"shops": local_clocks.COLUMNS, "put_aside": put_aside.COLUMNS}
    for table, columns in written.items():
        found = {
            name
            for (name,) in migrated.execute(
                "SELECT name FROM system.columns WHERE database = 'waypost_storage' AND table = %(table)s "
                "AND default_kind != 'MATERIALIZED'",
                {"table": table},
            )
        }
        assert found == {*columns, "inserted_at"}, table


def test_on_a_cluster_every_statement_is_for_all_of_it_and_every_table_is_replicated() -> None:
    settings = ClickHouseSettings(cluster="main")
    for migration in read_migrations():
        for statement in migration.statements(placeholders(settings, tables_with_retention([migration]))):
            said = "\n".join(line for line in statement.splitlines() if not line.startswith("--"))
            assert "ON CLUSTER 'main'" in said, f"{migration.name}: {said[:80]}"
            # Each replica makes the settled tables of its own rows.
            settled = "TABLE" in said.partition(" waypost_storage.settled_")[0]
            assert settled or "ENGINE = MergeTree" not in said, f"{migration.name}: {said[:80]}"
            assert "ENGINE = Replacing" not in said, f"{migration.name}: {said[:80]}"


def test_the_database_of_analysts_holds_views_only(migrated: Client) -> None:
    assert migrated.execute("SELECT DISTINCT engine FROM system.tables WHERE database = 'waypost'") == [("View",)]


def test_every_view_and_each_of_its_columns_is_explained(migrated: Client) -> None:
    assert migrated.execute("SELECT name FROM system.tables WHERE database = 'waypost' AND comment = ''") == []
    assert migrated.execute("SELECT table, name FROM system.columns WHERE database = 'waypost' AND comment = ''") == []
    assert [column for view in read_views() for column in view.columns if not column.comment] == []


def test_the_data_dictionary_is_what_the_engine_says(migrated: Client) -> None:
    found = {
        name: View(name, comment, ())
        for name, comment in migrated.execute("SELECT name, comment FROM system.tables WHERE database = 'waypost'")
    }
    for name, *column in migrated.execute(
        "SELECT table, name, type, comment FROM system.columns WHERE database = 'waypost' ORDER BY table, position"
    ):
        found[name] = replace(found[name], columns=(*found[name].columns, Column(*column)))
    assert [view for view in read_views() if view.name != "timeline"] == [
        found[name] for name in sorted(found) if name != "timeline"
    ]
    assert PAGE.read_text(encoding="utf-8") == page(read_views()), "run: python -m schemas.clickhouse.dictionary"


def test_the_dictionary_says_of_a_view_with_parameters_what_the_engine_answers(migrated: Client) -> None:
    """The engine knows its columns when it is asked with values; their comments it keeps with the statement."""
    [view] = [view for view in read_views() if view.name == "timeline"]
    described = migrated.execute(f"DESCRIBE waypost.{asked('timeline')}")
    assert [(column.name, column.type) for column in view.columns] == [(name, kind) for name, kind, *_ in described]
    [(comment, made)] = migrated.execute(
        "SELECT comment, create_table_query FROM system.tables WHERE database = 'waypost' AND name = 'timeline'"
    )
    assert view.comment == comment
    for column in view.columns:
        said = column.comment.replace("'", "\\'")
        assert f"`{column.name}` {column.type} COMMENT '{said}'" in made.replace(
            "DateTime64(3, \\'UTC\\')", "DateTime64(3, 'UTC')"
        )


def test_times_in_views_are_utc_milliseconds(migrated: Client) -> None:
    types = {
        kind.removeprefix("Nullable(").rstrip(")")
        for (kind,) in migrated.execute(
            "SELECT type FROM system.columns WHERE database = 'waypost' AND type LIKE '%Time%'"
        )
    }
    assert types == {"DateTime64(3, 'UTC'", "DateTime('UTC'"}


VIEWS = {
    "abandonment_daily",
    "action_effect",
    "actions",
    "alerts",
    "answers",
    "balance",
    "clocks",
    "delivery_daily",
    "events",
    "events_by_person",
    "funnel_daily",
    "incidents",
    "journey_paths",
    "journeys",
    "orders",
    "outcomes",
    "pain_cost",
    "pain_points",
    "pain_points_daily",
    "pain_points_history",
    "parcels",
    "persons",
    "promises",
    "rejected_events",
    "returning_by_pain",
    "satisfaction_by_pain",
    "satisfaction_daily",
    "surveys",
    "timeline",
    "worklist",
}


def asked(view: str) -> str:
    """A view as it is written in a question."""
    return "timeline(shop = 'main', person = 'customer:c1')" if view == "timeline" else view


@pytest.mark.parametrize("settings", [{}, {"join_use_nulls": 1}])
def test_every_view_answers_whatever_a_client_has_set(migrated: Client, settings: dict[str, int]) -> None:
    found = {name for (name,) in migrated.execute("SELECT name FROM system.tables WHERE database = 'waypost'")}
    assert found == VIEWS
    for view in sorted(found):
        try:
            migrated.execute(f"SELECT * FROM waypost.{asked(view)} LIMIT 1", settings=settings)
        except ServerException as error:
            pytest.fail(f"{view}: {error.message[:300]}")


@pytest.mark.parametrize("view", ["satisfaction_by_pain", "returning_by_pain", "action_effect"])
def test_a_view_that_compares_with_and_without_says_in_its_comment_that_it_observes(
    migrated: Client, view: str
) -> None:
    asked = "SELECT comment FROM system.tables WHERE database = 'waypost' AND name = %(view)s"
    [(comment,)] = migrated.execute(asked, {"view": view})
    assert comment.startswith("Observational: ")
