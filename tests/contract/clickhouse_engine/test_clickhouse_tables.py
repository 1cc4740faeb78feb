"""What becomes of rows in tables of a ClickHouse server: newest versions, merges, views, mutations, retention."""

from __future__ import annotations

from datetime import date, datetime

from clickhouse_driver import Client
from support.polling import eventually


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
