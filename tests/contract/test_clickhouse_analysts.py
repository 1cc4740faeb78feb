"""Analysts read the views and nothing else: on the real engine, through its own access control."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from deploy.local.clickhouse.process import EngineProcess, start
from services.cli.clickhouse.access import grant_views, statements
from services.cli.clickhouse.analyst import AnalystSettings, as_analyst
from services.runtime.clickhouse.client import connect, connected
from services.runtime.clickhouse.migrate import migrate
from services.runtime.clickhouse.settings import ClickHouseSettings

ACCESS_DENIED, AUTHENTICATION_FAILED, NO_STORAGE = 497, 516, 514
NOT_STORED = {NO_STORAGE, 180, 192, 495, 511}
"""No place for accounts, or no such profile, user, role."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    with start(tmp_path_factory.mktemp("analysts")) as running:
        migrate(running.url)
        yield running


@pytest.fixture
def owner(engine: EngineProcess) -> Iterator[Client]:
    with connected(engine.url) as client:
        yield client


@pytest.fixture
def analyst(engine: EngineProcess) -> Iterator[Client]:
    with connected(as_analyst(ClickHouseSettings(url=engine.url), AnalystSettings())) as client:
        yield client


def code(client: Client, query: str) -> int:
    with pytest.raises(ServerException) as refused:
        client.execute(query)
    return int(refused.value.code)


def test_every_view_reads_with_the_rights_of_who_made_it(owner: Client, analyst: Client) -> None:
    made = dict(owner.execute("SELECT name, create_table_query FROM system.tables WHERE database = 'waypost'"))
    for view, query in made.items():
        assert "SQL SECURITY DEFINER" in query, f"{view}: add it to a new migration"
        values = "(shop = 'main', person = 'customer:c1')" if view == "timeline" else ""
        analyst.execute(f"SELECT * FROM waypost.{view}{values} LIMIT 1")
    assert {view for (view,) in analyst.execute("SHOW TABLES FROM waypost")} == set(made)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count() FROM waypost_storage.orders",
        "SELECT count() FROM waypost.orders WHERE order_id IN (SELECT order_id FROM waypost_storage.orders)",
        "SELECT count() FROM waypost.orders WHERE order_id IN waypost_storage.orders",
        "WITH (SELECT count() FROM waypost_storage.events) AS n SELECT n",
        "EXPLAIN SELECT * FROM waypost_storage.orders",
        "SELECT 1 SETTINGS implicit_table_at_top_level = 'waypost_storage.orders'",
        "SELECT * FROM system.users",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT file('/etc/passwd')",
        "SELECT `file` ('/etc/passwd')",
        "SELECT FILE/**/('/etc/passwd')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')",
        "SELECT * FROM remote('127.0.0.1', 'waypost_storage', 'orders')",
        "SELECT * FROM Python(os)",
        "SELECT * FROM executable('id', 'TSV', 'line String')",
        "INSERT INTO waypost.orders (order_id) SELECT 'A-1'",
        "INSERT INTO waypost_storage.orders (order_id) SELECT 'A-1'",
        "WITH 1 AS n INSERT INTO waypost_storage.orders (order_id) SELECT 'A-1'",
        "CREATE TABLE waypost.mine (a UInt8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE mine (a UInt8)",
        "DROP VIEW waypost.orders",
        "TRUNCATE TABLE waypost_storage.orders",
        "ALTER TABLE waypost_storage.orders DELETE WHERE 1",
        "SET ROLE owner",
        "SET ROLE ALL",
        "SYSTEM STOP MERGES",
        "KILL QUERY WHERE 1",
    ],
)
def test_all_else_is_refused(analyst: Client, query: str) -> None:
    assert code(analyst, query) == ACCESS_DENIED
    assert analyst.execute("SELECT currentRoles()") == [(["waypost_analyst"],)]


def test_other_databases_are_not_even_seen(analyst: Client) -> None:
    assert analyst.execute("SELECT DISTINCT database FROM system.columns") == [("waypost",)]
    assert analyst.execute("SELECT count() FROM system.parts") == [(0,)]


def test_settings_of_a_query_hold_and_do_not_change_what_is_granted(analyst: Client) -> None:
    assert analyst.execute("SELECT getSetting('max_threads')", settings={"max_threads": 1}) == [(1,)]
    with pytest.raises(ServerException):
        analyst.execute("SELECT count() FROM waypost_storage.orders", settings={"readonly": 1})
    assert analyst.execute("SELECT 1", settings={"max_block_size": 100}) == [(1,)]
    assert code(analyst, "SELECT count() FROM waypost_storage.orders") == ACCESS_DENIED


def test_the_owner_keeps_all_rights_beside_an_analyst(owner: Client, analyst: Client) -> None:
    assert code(analyst, "SELECT count() FROM waypost_storage.orders") == ACCESS_DENIED
    assert owner.execute("SELECT count() FROM waypost_storage.orders") == [(0,)]


def test_a_password_of_the_analysts_own_is_asked_for(engine: EngineProcess) -> None:
    wrong = as_analyst(ClickHouseSettings(url=engine.url), AnalystSettings(password="guessed"))  # type: ignore[arg-type]
    assert code(connect(wrong), "SELECT 1") == AUTHENTICATION_FAILED


def test_the_owners_secret_does_not_travel_with_the_analyst() -> None:
    settings = ClickHouseSettings(url="clickhouses://root:s3cret@db:9440/?verify=true", password="s3cret")  # type: ignore[arg-type]
    assert as_analyst(settings, AnalystSettings()).dsn() == "clickhouses://analyst@db:9440/?verify=true"


def test_accounts_that_are_managed_elsewhere_are_left_alone(engine: EngineProcess) -> None:
    said = grant_views(ClickHouseSettings(url=engine.url), AnalystSettings())
    assert said.startswith(f"accounts are not managed from here (code {NO_STORAGE})")


def test_statements_for_accounts_are_understood_by_the_engine_and_hold_no_password(owner: Client) -> None:
    asked = list(statements(ClickHouseSettings(), AnalystSettings(password="s3cret"), "a1"))  # type: ignore[arg-type]
    assert "s3cret" not in "".join(asked)
    # This engine cannot store accounts: it understands a statement and then says so, or misses what was not stored.
    assert {code(owner, statement) for statement in asked} <= NOT_STORED
    clustered = list(statements(ClickHouseSettings(cluster="main"), AnalystSettings(), "a1"))
    assert all("ON CLUSTER 'main'" in statement for statement in clustered)
