"""The supervisor of an installation: `python -m services.cli.local.supervise [SERVICE…]`, started by `waypost up`.

Starts Kafka and ClickHouse, then creates topics and migrates, then starts the services; restarts whatever ends. SIGTERM
stops the services first, then what they need.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from threading import Event

from services.cli.local.processes import identity
from services.cli.local.settings import CHECKOUT, LocalSettings
from services.cli.local.state import Board, Installation, Phase
from services.cli.local.supervision import LOOK_S, Keeper, stop_all
from services.cli.local.units import Unit, infrastructure, service

PREPARATIONS = (("topics", "create"), ("migrate",))
"""What is done between the start of the infrastructure and that of the services."""

PREPARE_TIMEOUT_S = 120


class Supervisor:
    """Brings one installation up, keeps it so, and takes it down."""

    def __init__(self, settings: LocalSettings, services: Sequence[str], stop: Event) -> None:
        self._settings = settings
        self._stop = stop
        self._board = Board(settings.home, _empty_installation(settings))
        self._infrastructure = self._keepers(infrastructure(settings))
        self._services = self._keepers([service(settings, name) for name in services])

    def run(self) -> None:
        """Returns when everything has ended, after `stop` was set."""
        try:
            self._bring_up()
            self._stop.wait()
        finally:
            self._take_down()

    def _bring_up(self) -> None:
        if problem := self._start_infrastructure() or self._prepare():
            self._board.say(Phase.FAILED, problem=problem)
            return
        if not self._stop.is_set():
            for keeper in self._services:
                keeper.start()
            self._board.say(Phase.RUNNING)

    def _start_infrastructure(self) -> str:
        """Waits until it can be used; returns what is wrong with a part that does not start."""
        self._board.say(Phase.STARTING, " and ".join(keeper.unit.name for keeper in self._infrastructure))
        for keeper in self._infrastructure:
            keeper.start()
        while not all(keeper.state.phase is Phase.RUNNING for keeper in self._infrastructure):
            if problems := [keeper.state.problem for keeper in self._infrastructure if keeper.state.problem]:
                return "\n".join(problems)
            if self._stop.wait(LOOK_S):
                break
        return ""

    def _prepare(self) -> str:
        """Does what the services need done before; returns what the first failing step said."""
        for step in PREPARATIONS:
            if self._stop.is_set():
                break
            self._board.say(Phase.STARTING, f"waypost {' '.join(step)}")
            if problem := _run_step(step, self._settings):
                return problem
        return ""

    def _take_down(self) -> None:
        problem = self._board.state.problem
        self._board.say(Phase.STOPPING, problem=problem)
        stop_all(self._services)
        stop_all(self._infrastructure)
        self._board.say(Phase.STOPPED, problem=problem)

    def _keepers(self, units: Sequence[Unit]) -> list[Keeper]:
        return [Keeper(unit, self._board.put) for unit in units]


def _empty_installation(settings: LocalSettings) -> Installation:
    myself = identity(os.getpid())
    assert myself is not None
    return Installation(settings.brokers, settings.clickhouse_url, myself)


def _run_step(step: Sequence[str], settings: LocalSettings) -> str:
    name = f"`waypost {' '.join(step)}`"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "services.cli", *step],
            env=os.environ | settings.environment(),
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PREPARE_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return f"{name} did not end within {PREPARE_TIMEOUT_S} s"
    with (settings.logs / "prepare.log").open("a") as log:
        log.write(done.stdout + done.stderr)
    return (
        "" if done.returncode == 0 else f"{name} failed with {done.returncode}:\n{(done.stderr or done.stdout)[-2000:]}"
    )


def main(services: Sequence[str]) -> None:
    """Runs the installation that the environment describes until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Supervisor(LocalSettings(), services, stop).run()


if __name__ == "__main__":
    main(sys.argv[1:])
