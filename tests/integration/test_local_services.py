"""The whole installation as `waypost up` brings it up: all four services, started as users start them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.polling import eventually

from deploy.local.kafka.process import free_port
from services.cli.local.probes import readiness
from services.cli.local.settings import SERVICES
from services.cli.local.state import Installation, read_state

Waypost = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def waypost(tmp_path: Path) -> Iterator[Waypost]:
    environment = {name: value for name, value in os.environ.items() if name not in ("KAFKA_BROKERS", "CLICKHOUSE_URL")}
    ports = ["KAFKA_PORT", "CLICKHOUSE_PORT", *(f"METRICS_PORT_{name.upper()}" for name in SERVICES)]
    environment |= {"WAYPOST_HOME": str(tmp_path)} | {f"WAYPOST_{name}": str(free_port()) for name in ports}

    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "services.cli", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)

    yield call
    call("down")


def state(home: Path) -> Installation:
    read = read_state(home)
    assert read is not None
    return read


@pytest.mark.chaos
def test_all_services_become_ready_and_come_back_after_a_kill(waypost: Waypost, tmp_path: Path) -> None:
    done = waypost("up")
    assert done.returncode == 0, done.stderr
    before = {process.name: process for process in state(tmp_path).processes}
    assert set(before) == {"kafka", "clickhouse", *SERVICES}

    for name in SERVICES:
        killed = before[name].process
        assert killed is not None
        os.kill(killed.pid, signal.SIGKILL)

    for name in SERVICES:
        eventually(
            lambda name=name: [p for p in state(tmp_path).processes if p.name == name and p.restarts >= 1],
            timeout=20,
            what=f"{name} is restarted",
        )
        eventually(lambda name=name: readiness(before[name].port).ready, timeout=90, what=f"{name} is ready")
    assert waypost("status").returncode == 0
    assert waypost("down").returncode == 0
    assert state(tmp_path).alive() == []
