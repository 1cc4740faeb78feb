"""An installation without services, as a user runs it: real processes, real kills, one command after another."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.polling import eventually

from deploy.local.kafka.process import answers, free_port
from services.cli.local.processes import is_alive
from services.cli.local.state import Installation, Phase, ProcessState, read_state

Waypost = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def waypost(home: Path) -> Iterator[Waypost]:
    environment = {name: value for name, value in os.environ.items() if name not in ("KAFKA_BROKERS", "CLICKHOUSE_URL")}
    ports = {"WAYPOST_KAFKA_PORT": str(free_port()), "WAYPOST_CLICKHOUSE_PORT": str(free_port())}
    environment |= {"WAYPOST_HOME": str(home)} | ports

    def call(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "services.cli", *arguments]
        return subprocess.run(command, env=environment | changes, capture_output=True, text=True, timeout=110)

    yield call
    call("down")


def up(waypost: Waypost, home: Path) -> Installation:
    done = waypost("up", "--services", "none")
    assert done.returncode == 0, done.stderr
    state = read_state(home)
    assert state is not None
    return state


def process(home: Path, name: str) -> ProcessState:
    state = read_state(home)
    assert state is not None
    return next(each for each in state.processes if each.name == name)


def test_up_starts_kafka_and_clickhouse_with_topics_and_views(waypost: Waypost, home: Path) -> None:
    state = up(waypost, home)

    assert [(each.name, each.phase) for each in state.processes] == [
        ("kafka", Phase.RUNNING),
        ("clickhouse", Phase.RUNNING),
    ]
    assert answers(state.brokers)
    assert waypost("topics", "check").returncode == 0
    assert '"orders"' in waypost("sql", "SHOW TABLES FROM waypost", "--format", "json").stdout
    assert waypost("sql", "SELECT count() AS n, '' AS no FROM waypost.orders", "--format", "csv").stdout == "n,no\n0,\n"
    assert waypost("status").returncode == 0


def test_up_again_starts_nothing_twice(waypost: Waypost, home: Path) -> None:
    before = up(waypost, home)

    assert up(waypost, home) == before


def test_a_killed_broker_comes_back_by_itself(waypost: Waypost, home: Path) -> None:
    broker = up(waypost, home).processes[0].process
    assert broker is not None

    os.kill(broker.pid, signal.SIGKILL)

    eventually(lambda: process(home, "kafka").restarts == 1, timeout=10)
    eventually(lambda: process(home, "kafka").phase is Phase.RUNNING, timeout=40)
    assert waypost("topics", "check").returncode == 0


def test_up_clears_what_a_killed_supervisor_left(waypost: Waypost, home: Path) -> None:
    before = up(waypost, home)
    os.kill(before.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not is_alive(before.supervisor), timeout=10)

    assert waypost("status").returncode == 1
    after = up(waypost, home)

    assert after.supervisor != before.supervisor
    assert [each for each in before.processes if each.process and is_alive(each.process)] == []


def test_a_taken_port_is_an_error_that_names_its_setting(waypost: Waypost, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = waypost("up", "--services", "none", WAYPOST_HOME=str(tmp_path), WAYPOST_KAFKA_PORT=port)

    assert done.returncode == 1
    assert port in done.stderr
    assert "WAYPOST_KAFKA_PORT" in done.stderr


def test_down_stops_all_of_it_and_nothing_else(waypost: Waypost, home: Path) -> None:
    state = up(waypost, home)

    assert waypost("down").returncode == 0

    assert not state.is_supervised()
    assert state.alive() == []
    assert waypost("down").stdout == "nothing was running\n"
    assert waypost("status").returncode == 1
