"""What Waypost needs of a ClickHouse server, asked through clickhouse-driver.

Runs against an embedded engine of its own, or against the server of CLICKHOUSE_URL; what only the embedded one does
(refusing by name) or survives (kills) is in `test_clickhouse_engine_process.py`.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any
from uuid import UUID, uuid4

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from support.polling import eventually

from deploy.local.clickhouse.process import start

AT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
TYPES: dict[str, list[Any]] = {
    "Int8": [-128, 127],
    "Int16": [-32768, 32767],
    "Int32": [-(2**31), 2**31 - 1],
    "Int64": [-(2**63), 2**63 - 1],
    "UInt8": [0, 255],
    "UInt16": [0, 65535],
    "UInt32": [0, 2**32 - 1],
    "UInt64": [0, 2**64 - 1],
    "Int128": [-(2**127), 2**127 - 1],
    "UInt256": [0, 2**256 - 1],
    "Float32": [0.5, -1.25],
    "Float64": [0.1, -1e300],
    "Bool": [True, False],
    "String": ["", "päckchen", "x" * 127, "y" * 128, "z" * 20_000],
    "FixedString(4)": ["abcd", "wxyz"],
    "Date": [date(1970, 1, 1), date(2149, 6, 6)],
    "Date32": [date(1900, 1, 1), date(2299, 12, 31)],
    "DateTime('UTC')": [AT.replace(microsecond=0)],
    "DateTime('America/Sao_Paulo')": [AT.replace(microsecond=0)],
    "DateTime64(3, 'UTC')": [AT, datetime(1970, 1, 1, tzinfo=UTC)],
    "DateTime64(6, 'UTC')": [AT.replace(microsecond=123_456)],
    "UUID": [UUID(int=0), UUID("c8b1c0de-0000-4000-8000-00000000000f")],
    "Decimal(9, 2)": [Decimal("12.34"), Decimal("-0.01")],
    "Decimal(18, 4)": [Decimal("99999999999999.9999")],
    "Decimal(38, 6)": [Decimal("-1234567890123456789.000001")],
    "Decimal(76, 2)": [Decimal("0.01")],
    "Enum8('a' = 1, 'b,c' = 2, 'it\\'s (d)' = 3)": ["a", "b,c", "it's (d)"],
    "Enum16('x' = -1000)": ["x"],
    "IPv4": [IPv4Address("10.0.0.1")],
    "Nullable(String)": [None, "", "a"],
    "Nullable(Int64)": [None, 0, -1],
    "Nullable(Decimal(18, 2))": [None, Decimal("1.50")],
    "Nullable(DateTime64(3, 'UTC'))": [None, AT],
    "LowCardinality(String)": ["a", "b", "a", "", "c" * 300],
    "LowCardinality(Nullable(String))": [None, "a", None, "b"],
    "LowCardinality(FixedString(2))": ["ab", "cd", "ab"],
    "Array(UInt8)": [[], [1, 2, 3], [0]],
    "Array(String)": [["a", "b"], [], ["c"]],
    "Array(Nullable(String))": [[None, "a"], []],
    "Array(Array(UInt16))": [[[1], []], [], [[2, 3]]],
    "Array(LowCardinality(String))": [["a", "b", "a"], [], ["b"]],
    "Map(String, String)": [{"a": "1", "b": ""}, {}],
    "Map(String, Array(UInt8))": [{"a": [1]}, {"b": []}],
    "Map(LowCardinality(String), UInt64)": [{"a": 1}, {}, {"b": 2, "a": 3}],
    "Tuple(String, UInt8)": [("a", 1), ("b", 2)],
    "Tuple(name String, tags Array(LowCardinality(String)))": [("a", ["x"]), ("b", [])],
    "Array(Tuple(String, Nullable(Int32)))": [[("a", None), ("b", 2)], []],
}


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


def code_of(client: Client, query: str, *arguments: Any, **options: Any) -> int:
    with pytest.raises(ServerException) as failure:
        client.execute(query, *arguments, **options)
    return int(failure.value.code)


def test_greeting_names_a_clickhouse_and_its_time_zone(client: Client) -> None:
    client.connection.connect()
    info = client.connection.server_info
    assert info.name == "ClickHouse"
    assert client.execute("SELECT version() LIKE %(start)s", {"start": f"{info.version_major}.{info.version_minor}.%"})
    assert client.execute("SELECT timezone()")[0][0] in (info.timezone, "Etc/UTC")
    assert client.connection.ping()


def test_database_of_the_url_is_the_one_of_unqualified_names(client: Client) -> None:
    client.execute("CREATE TABLE here (a UInt8) ENGINE = Memory")
    assert client.execute("SELECT currentDatabase() = database FROM system.tables WHERE name = 'here'") == [(1,)]


def test_unknown_database_is_refused_with_its_code(connect: Callable[..., Client]) -> None:
    assert code_of(connect(database="no_such_database"), "SELECT 1") == 81


@pytest.mark.parametrize("type_name", TYPES)
def test_type_round_trips(client: Client, type_name: str) -> None:
    values = TYPES[type_name]
    client.execute(f"CREATE TABLE t (n UInt32, v {type_name}) ENGINE = MergeTree ORDER BY n")
    sent = list(enumerate(values))
    assert client.execute("INSERT INTO t (n, v) VALUES", sent) == len(sent)
    rows, columns = client.execute("SELECT n, v FROM t ORDER BY n", with_column_types=True)
    assert [(n, _comparable(v)) for n, v in rows] == sent
    assert columns == [("n", "UInt32"), ("v", type_name)]


def _comparable(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def test_all_types_in_one_row_keep_their_places(client: Client) -> None:
    names = {f"c{at}": type_name for at, type_name in enumerate(TYPES)}
    client.execute(f"CREATE TABLE t ({', '.join(f'{n} {t}' for n, t in names.items())}) ENGINE = Memory")
    row = tuple(values[-1] for values in TYPES.values())
    client.execute("INSERT INTO t VALUES", [row] * 3)
    rows = client.execute("SELECT * FROM t")
    assert [tuple(_comparable(v) for v in got) for got in rows] == [row] * 3


def test_simple_aggregate_and_null_literals_can_be_read(client: Client) -> None:
    client.execute("CREATE TABLE t (k UInt8, s SimpleAggregateFunction(sum, UInt64)) ENGINE = Memory")
    client.execute("INSERT INTO t VALUES", [(1, 5)])
    assert client.execute("SELECT s, NULL, [], tuple(1, 'a') FROM t") == [(5, None, [], (1, "a"))]


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT toUInt8(1) AS a, 'x' AS b WHERE 0", [("a", "UInt8"), ("b", "String")]),
        ("SELECT a, l FROM empty", [("a", "UInt64"), ("l", "LowCardinality(String)")]),
        ("SELECT a FROM empty ORDER BY a LIMIT 5 SETTINGS max_threads = 1 -- none yet", [("a", "UInt64")]),
        ("WITH 1 AS one SELECT a + one AS c FROM empty UNION ALL SELECT a FROM empty", [("c", "UInt64")]),
        ("SHOW TABLES LIKE 'no such table'", [("name", "String")]),
    ],
)
def test_empty_result_has_columns_and_types(client: Client, query: str, columns: list[tuple[str, str]]) -> None:
    client.execute("CREATE TABLE empty (a UInt64, l LowCardinality(String)) ENGINE = MergeTree ORDER BY a")
    assert client.execute(query, with_column_types=True) == ([], columns)


def test_several_blocks_make_one_result(client: Client) -> None:
    rows, columns = client.execute("SELECT number, toString(number) AS s FROM numbers(300000)", with_column_types=True)
    assert rows == [(n, str(n)) for n in range(300_000)]
    assert columns == [("number", "UInt64"), ("s", "String")]


def test_result_can_be_read_row_by_row(client: Client) -> None:
    rows = client.execute_iter(
        "SELECT number FROM numbers(200000)", with_column_types=True, settings={"max_block_size": 10_000}
    )
    assert next(rows) == [("number", "UInt64")]
    assert sum(row[0] for row in rows) == sum(range(200_000))


def test_result_can_be_read_by_column(client: Client) -> None:
    query = "SELECT number, number * 2 FROM numbers(100000)"
    assert client.execute(query, columnar=True) == [tuple(range(100_000)), tuple(range(0, 200_000, 2))]


def test_first_rows_arrive_before_the_query_is_over(client: Client) -> None:
    rows = client.execute_iter("SELECT number FROM system.numbers", settings={"max_block_size": 1000})
    assert [next(rows) for _ in range(3)] == [(0,), (1,), (2,)]
    client.disconnect()


def test_progress_counts_what_was_read(client: Client) -> None:
    progress = client.execute_with_progress("SELECT sum(number) FROM numbers(1000000)")
    assert max(read for read, _ in progress) >= 1_000_000
    assert progress.get_result() == [(499_999_500_000,)]
    assert client.last_query.profile_info.rows == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT no_such_column", 47),
        ("SELECT * FROM no_such_table", 60),
        ("SELEC 1", 62),
        ("nonsense", 62),
        ("", 62),
        ("SELECT 1; SELECT 2", 62),
        ("SELECT no_such_function(1)", 46),
        ("SELECT throwIf(number = 250000) FROM numbers(300000)", 395),
        ("SELECT throwIf(number = 299999) FROM numbers(300000)", 395),
        ("SELECT toInt32('x')", 6),
        ("CREATE TABLE t (a UInt8) ENGINE = NoSuchEngine", 56),
        ("INSERT INTO no_such_table (a) VALUES", 60),
        ("DROP TABLE no_such_table", 60),
        ("SELECT 1 SETTINGS no_such_setting = 1", 115),
    ],
)
def test_error_has_its_code_and_leaves_the_connection_usable(client: Client, query: str, code: int) -> None:
    assert code_of(client, query, [] if query.startswith("INSERT") else None) == code
    assert client.execute("SELECT 1") == [(1,)]


def test_error_text_names_the_error(client: Client) -> None:
    with pytest.raises(ServerException, match=r"DB::Exception: .*lost_column.*UNKNOWN_IDENTIFIER"):
        client.execute("SELECT lost_column")


def test_hundred_thousand_rows_are_inserted_whole(client: Client) -> None:
    client.execute("""
        CREATE TABLE orders (
            order_id String, shop LowCardinality(String), person_id UUID, placed_at DateTime64(3, 'UTC'),
            delivered_at Nullable(DateTime64(3, 'UTC')), total Decimal(18, 2), currency LowCardinality(String),
            status Enum8('open' = 1, 'done' = 2), late Bool, tags Array(String),
            channel LowCardinality(Nullable(String)),
            attributes Map(String, String), touches UInt32, version UInt64, is_deleted UInt8
        ) ENGINE = ReplacingMergeTree(version, is_deleted) ORDER BY (shop, order_id)""")
    rows = [
        (
            f"order-{n}", "main", UUID(int=n), AT, None if n % 2 else AT, Decimal(n) / 100, "EUR",
            "done" if n % 3 else "open", not n % 5, ["a", "b"][: n % 3], None if n % 7 else "web", {"n": str(n)},
            n, n, 0,
        )
        for n in range(100_000)
    ]  # fmt: skip
    assert client.execute("INSERT INTO orders VALUES", rows) == 100_000
    assert client.execute("SELECT count(), uniqExact(order_id), sum(touches) FROM orders FINAL") == [
        (100_000, 100_000, sum(range(100_000)))
    ]
    assert client.execute("SELECT * FROM orders WHERE order_id = 'order-4242'") == [rows[4242]]


def test_insert_of_several_blocks_is_one_insert(connect: Callable[..., Client]) -> None:
    client = connect(settings={"insert_block_size": 1000})
    client.execute("CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    assert client.execute("INSERT INTO t VALUES", [(n, "x" * (n % 300)) for n in range(10_500)]) == 10_500
    assert client.execute("SELECT count(), sum(length(s)) FROM t") == [(10_500, sum(n % 300 for n in range(10_500)))]


def test_insert_by_column_and_by_names(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt64, s String, b UInt8) ENGINE = MergeTree ORDER BY a")
    client.execute("INSERT INTO t (s, a) VALUES", [("x", "y"), (1, 2)], columnar=True)
    client.execute("INSERT INTO t (a, b) VALUES", [{"b": 7, "a": 3}])
    assert client.execute("SELECT * FROM t ORDER BY a") == [(1, "x", 0), (2, "y", 0), (3, "", 7)]


def test_insert_of_no_rows_changes_nothing(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    assert client.execute("INSERT INTO t VALUES", []) == 0
    assert client.execute("SELECT count() FROM t") == [(0,)]


def test_insert_fills_columns_that_were_not_sent(client: Client) -> None:
    client.execute("""
        CREATE TABLE t (a UInt8, twice UInt8 MATERIALIZED a * 2, thrice UInt8 ALIAS a * 3,
                        `odd name` String DEFAULT 'd',
                        raw String EPHEMERAL, size UInt64 DEFAULT length(raw)) ENGINE = Memory""")
    client.execute("INSERT INTO t VALUES", [(1, "x", 9)])
    client.execute("INSERT INTO t (a, `odd name`) VALUES", [(2, "y")])
    client.execute('INSERT INTO t ("a", raw) VALUES', [(3, "four")])
    rows = client.execute("SELECT a, twice, thrice, `odd name`, size FROM t ORDER BY a")
    assert rows == [(1, 2, 3, "x", 9), (2, 4, 6, "y", 0), (3, 6, 9, "d", 4)]


def test_insert_into_a_column_that_is_not_there_is_refused(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt8) ENGINE = Memory")
    assert code_of(client, "INSERT INTO t (a, b) VALUES", [(1, 2)]) == 16
    assert client.execute("SELECT count() FROM t") == [(0,)]


def test_insert_that_violates_a_constraint_leaves_nothing(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt8, CONSTRAINT small CHECK a < 10) ENGINE = MergeTree ORDER BY a")
    assert code_of(client, "INSERT INTO t VALUES", [(1,), (2,), (11,)]) == 469
    assert client.execute("SELECT count() FROM t") == [(0,)]


def test_repeated_insert_counts_once_where_the_table_asks_for_that(client: Client) -> None:
    window = "SETTINGS non_replicated_deduplication_window = 100"
    client.execute(f"CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a {window}")
    for _ in range(2):
        client.execute("INSERT INTO t VALUES", [(1,), (2,)])
    for value in (3, 4):
        client.execute("INSERT INTO t VALUES", [(value,)], settings={"insert_deduplication_token": "x"})
    assert client.execute("SELECT a FROM t ORDER BY a") == [(1,), (2,), (3,)]


def test_insert_over_more_partitions_than_allowed_leaves_nothing(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt64) ENGINE = MergeTree PARTITION BY a ORDER BY a")
    assert code_of(client, "INSERT INTO t VALUES", [(n,) for n in range(200)]) == 252
    few = "INSERT INTO t (a) SETTINGS max_partitions_per_insert_block = 2 VALUES"
    assert code_of(client, few, [(n,) for n in range(3)]) == 252
    assert client.execute("SELECT count() FROM t") == [(0,)]


def test_query_over_its_memory_limit_fails_alone(client: Client) -> None:
    query = "SELECT uniqExact(number) FROM numbers(10000000)"
    assert code_of(client, query, settings={"max_memory_usage": 10_000_000}) == 241
    assert client.execute("SELECT 1") == [(1,)]


def test_time_zones_of_columns_arrive_also_from_temporary_tables(client: Client) -> None:
    client.execute("CREATE TEMPORARY TABLE t (a DateTime('Europe/London'), b DateTime)")
    client.execute("INSERT INTO t VALUES", [(AT.replace(microsecond=0),) * 2])
    rows, columns = client.execute("SELECT * FROM t", with_column_types=True)
    assert [_comparable(value) for value in rows[0]] == [AT.replace(microsecond=0)] * 2
    assert columns == [("a", "DateTime('Europe/London')"), ("b", "DateTime")]


def test_insert_select_and_ordinary_statements(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    client.execute("INSERT INTO t SELECT number FROM numbers(%(n)s)", {"n": 1000})
    client.execute("INSERT INTO t (a) WITH 5 AS five SELECT five")
    assert client.execute("SELECT count(), sum(a) FROM t") == [(1001, 499_505)]
    client.execute("RENAME TABLE t TO u")
    assert client.execute("EXISTS TABLE t") == [(0,)]
    assert client.execute("SHOW TABLES") == [("u",)]
    assert client.execute("DESCRIBE TABLE u")[0][:2] == ("a", "UInt64")
    assert "MergeTree" in client.execute("SHOW CREATE TABLE u")[0][0]
    assert client.execute("EXPLAIN SELECT 1")
    client.execute("TRUNCATE TABLE u")
    assert client.execute("SELECT count() FROM u FORMAT JSON") == [(0,)]


def test_views_have_comments_on_columns(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    client.execute("CREATE VIEW v (`b` UInt64 COMMENT 'twice a') AS SELECT a * 2 AS b FROM t COMMENT 'doubles'")
    client.execute("INSERT INTO t VALUES", [(4,)])
    assert client.execute("SELECT b FROM v") == [(8,)]
    comments = "SELECT name, comment FROM system.columns WHERE database = currentDatabase() AND table = 'v'"
    assert client.execute(comments) == [("b", "twice a")]
    about = "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = 'v'"
    assert client.execute(about) == [("doubles",)]


def test_newest_version_of_a_row_wins_and_deleted_ones_are_gone(client: Client) -> None:
    client.execute("""CREATE TABLE t (id UInt8, v UInt64, gone UInt8, s String)
                      ENGINE = ReplacingMergeTree(v, gone) ORDER BY id""")
    client.execute("INSERT INTO t VALUES", [(1, 2, 0, "new"), (2, 1, 0, "kept"), (3, 1, 0, "deleted")])
    client.execute("INSERT INTO t VALUES", [(1, 1, 0, "old"), (3, 2, 1, "")])
    assert client.execute("SELECT id, s FROM t FINAL ORDER BY id") == [(1, "new"), (2, "kept")]
    assert client.execute("SELECT id, argMax(s, v) FROM t GROUP BY id HAVING argMax(gone, v) = 0 ORDER BY id") == [
        (1, "new"),
        (2, "kept"),
    ]
    client.execute("OPTIMIZE TABLE t FINAL")
    parts = "SELECT count(), sum(rows) FROM system.parts WHERE database = currentDatabase() AND active"
    assert client.execute(parts) == [(1, 3)]


def test_small_inserts_are_merged_in_the_background(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    for n in range(40):
        client.execute("INSERT INTO t VALUES", [(n,)])
    parts = "SELECT count() FROM system.parts WHERE database = currentDatabase() AND active"
    eventually(lambda: client.execute(parts)[0][0] <= 10)
    assert client.execute("SELECT count() FROM t") == [(40,)]


def test_materialized_view_window_functions_and_aggregate_states(client: Client) -> None:
    client.execute("CREATE TABLE t (day Date, n UInt64) ENGINE = MergeTree ORDER BY day")
    client.execute("""CREATE TABLE sums (day Date, n AggregateFunction(sum, UInt64))
                      ENGINE = AggregatingMergeTree ORDER BY day""")
    client.execute("CREATE MATERIALIZED VIEW to_sums TO sums AS SELECT day, sumState(n) AS n FROM t GROUP BY day")
    client.execute("INSERT INTO t VALUES", [(date(2026, 1, 1), 1), (date(2026, 1, 2), 5), (date(2026, 1, 1), 2)])
    running = (
        "SELECT day, sum(total) OVER (ORDER BY day) FROM (SELECT day, sumMerge(n) AS total FROM sums GROUP BY day)"
    )
    assert client.execute(running) == [(date(2026, 1, 1), 3), (date(2026, 1, 2), 8)]


def test_mutations_and_deletes_are_done(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    client.execute("INSERT INTO t VALUES", [(n, "x") for n in range(10)])
    client.execute("ALTER TABLE t UPDATE s = 'y' WHERE a >= 5", settings={"mutations_sync": 2})
    client.execute("DELETE FROM t WHERE a < 3")
    client.execute("ALTER TABLE t ADD COLUMN b UInt8 DEFAULT 1 AFTER a")
    assert client.execute("SELECT s, b, count() FROM t GROUP BY s, b ORDER BY s") == [("x", 1, 2), ("y", 1, 5)]


def test_rows_past_their_time_to_live_leave(client: Client) -> None:
    client.execute("""CREATE TABLE t (a UInt64, inserted_at DateTime) ENGINE = MergeTree ORDER BY a
                      TTL inserted_at + INTERVAL 1 DAY DELETE""")
    client.execute("INSERT INTO t VALUES", [(1, datetime(2020, 1, 1)), (2, datetime(2100, 1, 1))])  # noqa: DTZ001
    client.execute("OPTIMIZE TABLE t FINAL")
    assert client.execute("SELECT a FROM t") == [(2,)]


def test_settings_hold_for_their_query_only(client: Client) -> None:
    def value() -> Any:
        return client.execute("SELECT getSetting('max_block_size')", settings=None)[0][0]

    usual = value()
    assert client.execute("SELECT getSetting('max_block_size')", settings={"max_block_size": 123}) == [(123,)]
    assert value() == usual
    client.execute("SET max_block_size = 77")
    assert client.execute("SELECT getSetting('max_block_size')", settings={"max_block_size": 5}) == [(5,)]
    assert value() == 77


def test_settings_limit_a_query(client: Client) -> None:
    assert code_of(client, "SELECT * FROM numbers(100)", settings={"max_result_rows": 10}) == 396
    assert code_of(client, "CREATE TABLE t (a UInt8) ENGINE = Memory", settings={"readonly": 1}) == 164
    client.execute("CREATE TABLE t (a UInt8) ENGINE = Memory")
    assert code_of(client, "SELECT count() FROM system.numbers", settings={"max_execution_time": 0.2}) == 159
    assert client.execute("SELECT 1") == [(1,)]


def test_unknown_setting_is_ignored_or_refused_as_the_client_says(connect: Callable[..., Client]) -> None:
    assert connect().execute("SELECT 1", settings={"no_such_setting": 1}) == [(1,)]
    assert code_of(connect(settings_is_important=True), "SELECT 1", settings={"no_such_setting": 1}) == 115


def test_parameters_are_put_in_by_the_server(connect: Callable[..., Client]) -> None:
    client = connect(settings={"server_side_params": True})
    text = 'it\'s\ta \\ "line"\nand \u2713'
    parameters = {"text": text, "number": 5, "list": ["a", "b'c"], "day": date(2026, 1, 2)}
    query = "SELECT {text:String}, {number:UInt8}, {list:Array(String)}, {day:Date}"
    assert client.execute(query, parameters) == [(text, 5, ["a", "b'c"], date(2026, 1, 2))]
    assert client.execute("SELECT {n:UInt8} AS n WHERE 0", {"n": 1}, with_column_types=True) == ([], [("n", "UInt8")])
    assert code_of(client, "SELECT {missing:UInt8}", {}) == 456


def test_values_are_put_in_by_the_driver(client: Client) -> None:
    text = 'it\'s\ta \\ "line"\nand \u2713'
    assert client.execute("SELECT %(text)s, %(n)s, %(none)s", {"text": text, "n": [1, 2], "none": None}) == [
        (text, [1, 2], None)
    ]


def test_two_running_queries_cannot_have_the_same_id(connect: Callable[..., Client]) -> None:
    query_id, slow = str(uuid4()), connect()
    rows = slow.execute_iter("SELECT number FROM system.numbers", query_id=query_id)
    next(rows)
    assert code_of(connect(), "SELECT 1", query_id=query_id) == 216
    slow.disconnect()


def test_temporary_tables_and_use_belong_to_one_connection(connect: Callable[..., Client]) -> None:
    one, other = connect(), connect()
    one.execute("CREATE TEMPORARY TABLE mine (a UInt8)")
    one.execute("INSERT INTO mine VALUES", [(1,)])
    one.execute("USE system")
    assert one.execute("SELECT a, currentDatabase() FROM mine") == [(1, "system")]
    assert code_of(other, "SELECT * FROM mine") == 60
    assert other.execute("SELECT currentDatabase()") != [("system",)]


def test_clients_work_side_by_side(connect: Callable[..., Client]) -> None:
    connect().execute("CREATE TABLE t (client UInt8, a UInt64) ENGINE = MergeTree ORDER BY (client, a)")
    clients = [connect() for _ in range(8)]

    def work(number: int) -> list[int]:
        seen = []
        for batch in range(5):
            clients[number].execute("INSERT INTO t VALUES", [(number, batch * 1000 + n) for n in range(1000)])
            counted = clients[number].execute("SELECT count() FROM t WHERE client = %(number)s", {"number": number})
            seen.append(counted[0][0])
        return seen

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [[1000, 2000, 3000, 4000, 5000]] * 8


def test_slow_reader_holds_nobody_up(connect: Callable[..., Client]) -> None:
    slow, quick = connect(), connect()
    rows = slow.execute_iter("SELECT number, repeat('x', 100) FROM numbers(3000000)")
    next(rows)
    quick.execute("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    quick.execute("INSERT INTO t VALUES", [(1,)])
    assert quick.execute("SELECT count() FROM t") == [(1,)]
    slow.disconnect()


def running(client: Client, text: str) -> int:
    query = "SELECT count() FROM system.processes WHERE query LIKE %(text)s AND query NOT LIKE '%%system.processes%%'"
    return int(client.execute(query, {"text": f"%{text}%"})[0][0])


def test_cancel_ends_a_query_and_the_connection_goes_on(connect: Callable[..., Client]) -> None:
    client, watcher = connect(), connect()
    tag = uuid4().hex
    client.execute_iter(f"SELECT number, '{tag}' FROM system.numbers")
    eventually(lambda: running(watcher, tag) == 1)
    client.cancel()
    eventually(lambda: running(watcher, tag) == 0)
    assert client.execute("SELECT 1") == [(1,)]


def test_cancel_ends_a_query_that_has_no_rows_yet(connect: Callable[..., Client]) -> None:
    client, watcher = connect(), connect()
    tag = uuid4().hex
    long_query = f"SELECT count(), '{tag}' FROM system.numbers WHERE NOT ignore(cityHash64(number))"
    rows = client.execute_iter(long_query)
    eventually(lambda: running(watcher, tag) == 1)
    assert client.cancel() == []
    eventually(lambda: running(watcher, tag) == 0)
    assert rows is not None
    assert client.execute("SELECT 1") == [(1,)]


def test_query_of_a_client_that_left_is_ended(connect: Callable[..., Client]) -> None:
    client, watcher = connect(), connect()
    tags = [uuid4().hex, uuid4().hex]
    client.execute_iter(f"SELECT number, '{tags[0]}' FROM system.numbers")
    eventually(lambda: running(watcher, tags[0]) == 1)
    client.disconnect()
    client.execute_iter(f"SELECT count(), '{tags[1]}' FROM system.numbers WHERE NOT ignore(cityHash64(number))")
    eventually(lambda: running(watcher, tags[1]) == 1)
    client.disconnect()
    eventually(lambda: running(watcher, tags[0]) + running(watcher, tags[1]) == 0)


def test_insert_of_a_client_that_left_is_not_applied(connect: Callable[..., Client]) -> None:
    client, watcher = connect(), connect()
    watcher.execute("CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    sent = threading.Event()

    def endless() -> Iterator[tuple[int, str]]:
        for n in range(5000):
            yield n, "x" * 100
        sent.set()
        client.connection.socket.shutdown(socket.SHUT_RDWR)
        yield 5000, "the connection is gone"

    with pytest.raises((OSError, EOFError)):
        client.execute("INSERT INTO t VALUES", endless(), settings={"insert_block_size": 500})
    assert sent.is_set()
    assert connect().execute("SELECT 1") == [(1,)]
    assert watcher.execute("SELECT count() FROM t") == [(0,)]


def test_client_that_speaks_nonsense_disturbs_nobody(client: Client) -> None:
    client.execute("SELECT 1")
    address = client.connection.hosts[0]
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"", b"\x00\xff\xff\xff\xff\xff\xff\xff\x7f"):
        with socket.create_connection(address, 5) as stranger:
            stranger.sendall(nonsense)
    assert client.execute("SELECT 1") == [(1,)]


def test_system_tables_describe_the_server(client: Client) -> None:
    for table in ("settings", "columns", "parts", "merges", "mutations", "processes", "functions", "metrics", "one"):
        assert client.execute(f"SELECT count() >= 0 FROM system.{table}") == [(1,)]
