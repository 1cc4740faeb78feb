"""What a ClickHouse server answers: every type there and back, results in blocks, errors with their codes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any
from uuid import UUID

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException
from support.clickhouse_clients import code_of

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
        ("SELECT toUInt8(unhex('ff'))", 6),
        ("SELECT toUInt8(unhex('ff')) FROM numbers(300000)", 6),
        ("SELECT throwIf(number = 250000, unhex('c3')) FROM numbers(300000)", 395),
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
