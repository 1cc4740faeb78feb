"""Who asks a ClickHouse server: databases, settings, parameters, many clients at once, those that cancel or leave."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_driver import Client
from support.clickhouse_clients import code_of
from support.polling import eventually


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
