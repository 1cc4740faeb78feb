"""The keeper, with real but tiny processes: restarts and stops are the operating system's to answer."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.polling import eventually

from services.cli.local.processes import Running, is_alive, spawn
from services.cli.local.state import Phase, ProcessState
from services.cli.local.supervision import Keeper
from services.cli.local.units import Unit

SLEEPER = "import time; time.sleep(60)"


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[Callable[[], Running]], tuple[Keeper, list[ProcessState]]]:
    def make(start: Callable[[], Running]) -> tuple[Keeper, list[ProcessState]]:
        said: list[ProcessState] = []
        return Keeper(Unit("thing", 1, tmp_path / "thing.log", start), said.append), said

    return make


def starter(tmp_path: Path, code: str) -> Callable[[], Running]:
    return lambda: spawn([sys.executable, "-c", code], {}, tmp_path / "thing.log", tmp_path)


def test_a_killed_process_is_started_again(
    tmp_path: Path, keep: Callable[..., tuple[Keeper, list[ProcessState]]]
) -> None:
    keeper, _ = keep(starter(tmp_path, SLEEPER))
    keeper.start()
    first = eventually(lambda: keeper.state.process, timeout=10)

    os.kill(first.pid, signal.SIGKILL)

    again = eventually(lambda: keeper.state.process if keeper.state.process not in (None, first) else None, timeout=10)
    assert keeper.state.phase is Phase.RUNNING
    assert keeper.state.restarts == 1
    keeper.stop()
    keeper.join()
    assert not is_alive(again)
    assert keeper.state.phase is Phase.STOPPED


def test_what_keeps_it_from_starting_is_said(keep: Callable[..., tuple[Keeper, list[ProcessState]]]) -> None:
    def fail() -> Running:
        raise RuntimeError("port 9092 is taken")

    keeper, said = keep(fail)
    keeper.start()

    eventually(lambda: any(state.problem == "port 9092 is taken" for state in said), timeout=5)
    keeper.stop()
    keeper.join()
    assert said[-1].phase is Phase.STOPPED


def test_a_keeper_that_was_never_started_has_nothing_to_stop(
    keep: Callable[..., tuple[Keeper, list[ProcessState]]],
) -> None:
    keeper, said = keep(lambda: pytest.fail("started"))

    keeper.stop()
    keeper.join()

    assert said == []
