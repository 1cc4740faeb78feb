"""What an insert leaves in a table of a ClickHouse server, or does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from clickhouse_driver import Client
from support.clickhouse_clients import code_of

AT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)


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
