"""An installation on clusters that are there already, and one whose service cannot start."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.clickhouse.process import EngineProcess
from deploy.local.kafka.process import KafkaProcess, free_port
from services.cli.local.state import read_state

Waypost = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def waypost(tmp_path: Path, kafka: KafkaProcess, clickhouse: EngineProcess) -> Iterator[Waypost]:
    environment = os.environ | {"WAYPOST_HOME": str(tmp_path), "WAYPOST_METRICS_PORT_INGEST": str(free_port())}
    environment |= {"KAFKA_BROKERS": kafka.bootstrap, "CLICKHOUSE_URL": clickhouse.url}

    def call(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "services.cli", *arguments]
        return subprocess.run(command, env=environment | changes, capture_output=True, text=True, timeout=110)

    yield call
    call("down")


def test_what_is_elsewhere_is_not_started_here(waypost: Waypost, tmp_path: Path, kafka: KafkaProcess) -> None:
    done = waypost("up", "--services", "none")

    assert done.returncode == 0, done.stderr
    state = read_state(tmp_path)
    assert state is not None
    assert state.processes == ()
    assert state.brokers == kafka.bootstrap
    assert waypost("topics", "check").returncode == 0


def test_a_service_that_cannot_start_is_named_with_the_end_of_its_log(waypost: Waypost, tmp_path: Path) -> None:
    done = waypost("up", "--services", "ingest", WAYPOST_BIND="256.0.0.1")

    assert done.returncode == 1
    assert "ingest ended" in done.stderr
    assert "256.0.0.1" in done.stderr
    state = read_state(tmp_path)
    assert state is not None
    assert not state.is_supervised()


def test_a_service_that_nobody_knows_is_refused(waypost: Waypost) -> None:
    done = waypost("up", "--services", "ingest,billing")

    assert done.returncode == 1
    assert "billing" in done.stderr
