"""The embedded ClickHouse as a process: how it starts, ends and comes back, and what it refuses by name."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import Error, ServerException
from support.polling import eventually

from deploy.local.clickhouse.process import EngineProcess, EngineStartError, PortTakenError, start

pytestmark = pytest.mark.skipif("CLICKHOUSE_URL" in os.environ, reason="these start and kill an engine of their own")
REPOSITORY = Path(__file__).parents[2]
TABLE = "CREATE TABLE t (batch UInt64, n UInt64) ENGINE = MergeTree ORDER BY (batch, n)"
INSERT_FOR_EVER = """
import sys
from clickhouse_driver import Client
client = Client.from_url(sys.argv[1])
def rows():
    n = 0
    while True:
        yield (1, n)
        n += 1
        if n == 20_000:
            print("some were sent", flush=True)
client.execute("INSERT INTO t VALUES", rows(), settings={"insert_block_size": 1000})
"""
START_AND_WAIT = """
import sys, time
from pathlib import Path
from deploy.local.clickhouse.process import start
engine = start(Path(sys.argv[1]))
print(engine.pid, flush=True)
time.sleep(600)  # until it is killed
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    with start(tmp_path_factory.mktemp("clickhouse-process")) as engine:
        yield engine


@pytest.fixture
def client(engine: EngineProcess) -> Iterator[Client]:
    with Client.from_url(engine.url) as client:
        client.execute("DROP TABLE IF EXISTS t SYNC")
        yield client


def server(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the server's command to its end, which the callers expect at once."""
    command = [sys.executable, "-m", "deploy.local.clickhouse", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, timeout=30, check=False)


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_committed_inserts_survive_a_kill_and_no_insert_is_half_there(tmp_path: Path) -> None:
    committed: list[int] = []

    def insert_until_it_dies(url: str) -> None:
        client = Client.from_url(url)
        try:
            for batch in range(100_000):
                client.execute("INSERT INTO t VALUES", [(batch, n) for n in range(500)])
                committed.append(batch)
        except (Error, OSError, EOFError):
            return

    with start(tmp_path) as engine:
        Client.from_url(engine.url).execute(TABLE)
        inserter = threading.Thread(target=insert_until_it_dies, args=(engine.url,))
        inserter.start()
        eventually(lambda: len(committed) >= 30)
        engine.kill()
        inserter.join(15)
    with start(tmp_path) as engine, Client.from_url(engine.url) as client:
        found = dict(client.execute("SELECT batch, count() FROM t GROUP BY batch"))
        assert set(found) >= set(committed)
        assert set(found.values()) == {500}
        client.execute("INSERT INTO t VALUES", [(999_999, 1)])
        client.execute("OPTIMIZE TABLE t FINAL")
        assert client.execute("SELECT count() FROM t") == [(500 * len(found) + 1,)]


def test_insert_of_a_killed_client_is_not_applied(engine: EngineProcess, client: Client) -> None:
    client.execute(TABLE)
    writer = subprocess.Popen([sys.executable, "-c", INSERT_FOR_EVER, engine.url], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    with writer:
        assert writer.stdout.readline() == b"some were sent\n"
        writer.kill()
    eventually(lambda: not list((engine.data_dir / "spool").iterdir()))
    assert client.execute("SELECT count() FROM t") == [(0,)]


def test_insert_under_way_when_the_engine_is_killed_is_not_applied(tmp_path: Path) -> None:
    with start(tmp_path) as engine:
        Client.from_url(engine.url).execute(TABLE)
        writer = subprocess.Popen(
            [sys.executable, "-c", INSERT_FOR_EVER, engine.url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert writer.stdout is not None
        with writer:
            assert writer.stdout.readline() == b"some were sent\n"
            engine.kill()
            assert writer.wait(15) != 0
    with start(tmp_path) as engine, Client.from_url(engine.url) as client:
        assert client.execute("SELECT count() FROM t") == [(0,)]
        assert not list((tmp_path / "spool").iterdir())


def test_stop_ends_running_queries_with_an_error_within_seconds(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def count_for_ever(url: str) -> None:
        try:
            Client.from_url(url).execute("SELECT count() FROM system.numbers WHERE NOT ignore(cityHash64(number))")
        except (Error, OSError, EOFError) as error:
            failures.append(error)

    with start(tmp_path) as engine:
        query = threading.Thread(target=count_for_ever, args=(engine.url,))
        query.start()
        running = "SELECT count() FROM system.processes WHERE query LIKE '%ignore(cityHash64%'"
        with Client.from_url(engine.url) as client:
            eventually(lambda: client.execute(running)[0][0] == 2)
            began = time.monotonic()
            engine.stop()
        assert time.monotonic() - began < 13
        assert engine.process.returncode == 0
        query.join(5)
    assert len(failures) == 1


def test_idle_engine_stops_at_once_and_its_tables_are_there_again(tmp_path: Path) -> None:
    with start(tmp_path) as engine, Client.from_url(engine.url) as client:
        client.execute("CREATE DATABASE waypost_storage")
        client.execute("CREATE TABLE waypost_storage.t (a UInt8) ENGINE = MergeTree ORDER BY a")
        client.execute("CREATE DATABASE waypost")
        client.execute("CREATE VIEW waypost.v AS SELECT a FROM waypost_storage.t")
        client.execute("INSERT INTO waypost_storage.t VALUES", [(1,)])
        began = time.monotonic()
        engine.stop()
        assert time.monotonic() - began < 10
        port = engine.port
    with start(tmp_path, port=port) as engine, Client.from_url(engine.url) as client:
        assert engine.port == port
        assert client.execute("SELECT a FROM waypost.v") == [(1,)]


def test_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 is taken"):
            start(tmp_path, port=port)


def test_second_engine_on_the_same_data_is_refused(engine: EngineProcess) -> None:
    with pytest.raises(EngineStartError, match=f"in use by the engine with process id {engine.pid}"):
        start(engine.data_dir, log=engine.data_dir / "second.log")


def test_address_that_others_reach_needs_a_word(tmp_path: Path) -> None:
    refused = server("--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path))
    assert refused.returncode == 2
    assert "say --allow-remote" in refused.stderr
    assert refused.stdout == ""


def test_engine_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(tmp_path)], stdout=subprocess.PIPE, cwd=REPOSITORY
    )
    assert starter.stdout is not None
    with starter:
        pid = int(starter.stdout.readline())
        assert not ended(pid)
        starter.kill()
    eventually(lambda: ended(pid))


def test_password_is_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.local.clickhouse", "--port", "0", "--data", str(tmp_path), "--user", "me"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=REPOSITORY,
        env={**os.environ, "CLICKHOUSE_PASSWORD": "secret"},
    )  # fmt: skip
    assert process.stdout is not None
    with process:
        port = int(process.stdout.readline().decode().rpartition(":")[2])
        assert Client("127.0.0.1", port, user="me", password="secret").execute("SELECT 1") == [(1,)]
        for account in ({"user": "me"}, {"user": "default"}, {"user": "me", "password": "Secret"}):
            with pytest.raises(ServerException) as refused:
                Client("127.0.0.1", port, **account).execute("SELECT 1")
            assert refused.value.code == 516
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("SELECT number, count() FROM numbers(3) GROUP BY number WITH TOTALS", "WITH TOTALS"),
        ("SELECT number FROM numbers(3) SETTINGS extremes = 1", "extremes"),
        ("SELECT 1 INTO OUTFILE 'x'", "INTO OUTFILE"),
        ("SELECT sumState(number) FROM numbers(3)", "AggregateFunction"),
        ("SELECT '{}'::JSON", "JSON"),
        ("SELECT 1::Variant(UInt8, String)", "Variant"),
        ("INSERT INTO t VALUES (1, 2)", "rows in the statement"),
        ("INSERT INTO t FROM INFILE 'x' FORMAT CSV", "INFILE"),
        ("INSERT INTO t SELECT * FROM input('a UInt8') FORMAT CSV", "input()"),
        ("INSERT INTO FUNCTION file('x') VALUES", "INSERT INTO FUNCTION"),
        ("SYSTEM SHUTDOWN", "SYSTEM SHUTDOWN"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(client: Client, query: str, named: str) -> None:
    client.execute(TABLE)
    assert_refused(client, named, query)
    assert client.execute("SELECT count() FROM t") == [(0,)]


def test_external_tables_and_extremes_of_a_packet_are_refused_by_name(client: Client) -> None:
    table = {"name": "ids", "structure": [("id", "UInt8")], "data": [{"id": 1}]}
    assert_refused(client, r"external tables \(ids\)", "SELECT * FROM ids", external_tables=[table])
    assert_refused(client, "extremes", "SELECT 1", settings={"extremes": 1})
    assert client.execute("SELECT 1", settings={"extremes": 0}) == [(1,)]


def test_column_that_cannot_be_inserted_is_refused_before_any_row_is_sent(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt8, j JSON) ENGINE = Memory")
    assert_refused(client, "column of type JSON", "INSERT INTO t VALUES", [(1, {})])
    client.execute("INSERT INTO t (a) VALUES", [(1,)])
    assert client.execute("SELECT a FROM t") == [(1,)]


def test_old_client_is_told_which_revision_it_needs(engine: EngineProcess) -> None:
    old = Client("127.0.0.1", engine.port, client_revision=54032)
    assert_refused(old, "protocol revision 54032", "SELECT 1")


def test_users_and_roles_are_refused_by_the_engine(client: Client) -> None:
    for statement in ("CREATE USER u", "CREATE ROLE r"):
        with pytest.raises(ServerException) as refused:
            client.execute(statement)
        assert refused.value.code in (497, 514)


def assert_refused(client: Client, named: str, *arguments: Any, **options: Any) -> None:
    with pytest.raises(ServerException, match=rf"{named}.* is not supported by the embedded ClickHouse") as refused:
        client.execute(*arguments, **options)
    assert refused.value.code == 48
