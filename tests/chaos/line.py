"""A whole installation whose processes can be struck: as `waypost up` starts it, with a supervisor in the test itself.

What ends is started again at once, as by a supervisor that knows no growing pauses: blows are to hit what runs.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from support.disk import no_room, room
from support.installation import Installation
from support.polling import eventually

from deploy.local.kafka.process import answers, free_port
from services.cli.clickhouse.views import ClickHouseViews, ViewsError
from services.cli.local.probes import readiness
from services.cli.local.processes import Identity, Running, identity, spawn
from services.cli.local.settings import CHECKOUT, SERVICES, LocalSettings
from services.cli.local.state import Board, Phase, ProcessState
from services.cli.local.state import Installation as InstallationState
from services.cli.local.supervision import Keeper, stop_all
from services.cli.local.units import Unit, infrastructure
from services.runtime.clickhouse.settings import ClickHouseSettings
from services.runtime.settings import KafkaSettings

RESTART_S = 0.5
PROBE_S = 2.0


@dataclass(slots=True)
class Line:
    """An installation, and the processes of it by name: services, `kafka`, `clickhouse`, and guests that came later."""

    installation: Installation
    settings: LocalSettings
    keepers: dict[str, Keeper] = field(default_factory=dict)
    full: set[str] = field(default_factory=set)
    """Names of those whose disk takes nothing more: so also for the process that is started next."""
    _board: Board = field(init=False)

    def __post_init__(self) -> None:
        """Describe the installation in its home, so that every `waypost` command finds it."""
        myself = identity(os.getpid())
        assert myself is not None
        state = InstallationState(self.settings.brokers, self.settings.clickhouse_url, myself)
        self._board = Board(self.settings.home, state)

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach the broker."""
        return KafkaSettings(brokers=(self.settings.brokers,))

    def views(self) -> ClickHouseViews:
        """A connection to the engine."""
        return ClickHouseViews(ClickHouseSettings(url=self.settings.clickhouse_url))

    def up(self) -> None:
        """Start everything and return when all is ready."""
        for unit in infrastructure(self.settings):
            self._keep(unit)
        for name in ("kafka", "clickhouse"):
            eventually(lambda name=name: self.state(name).phase is Phase.RUNNING, 90, f"{name} is up")  # type: ignore[misc]
        self.installation.waypost("topics", "create")
        self.installation.waypost("migrate")
        for name in SERVICES:
            self._keep(self._service(name, f"{name}-1", self.settings.metrics_port(name)))
        self._board.say(Phase.RUNNING)
        for name in SERVICES:
            eventually(lambda name=name: self.works(name), 90, f"{name} is ready")  # type: ignore[misc]

    def down(self) -> None:
        """Stop the services, then the rest; what is suspended goes on first."""
        for name in self.keepers:
            self.signal(name, go_on)
        self.full.clear()
        stop_all(keeper for name, keeper in self.keepers.items() if name not in ("kafka", "clickhouse"))
        stop_all(keeper for name, keeper in self.keepers.items() if name in ("kafka", "clickhouse"))
        self._board.say(Phase.STOPPED)

    def state(self, name: str) -> ProcessState:
        """What is known of a process."""
        return self.keepers[name].state

    def process(self, name: str) -> Identity | None:
        """The process that has a name now, or None while there is none."""
        keeper = self.keepers.get(name)
        found = keeper.state.process if keeper else None
        return found if found and identity(found.pid) == found else None

    def signal(self, name: str, act: Callable[[int], object]) -> Identity | None:
        """Do something to the process of a name; returns which it was, None when there was none."""
        process = self.process(name)
        if process is None:
            return None
        with suppress(ProcessLookupError):
            act(process.pid)
            return process
        return None

    def halt(self, name: str) -> None:
        """Stop a process as an operator does, and leave it so. Returns at once."""
        self.keepers[name].stop()

    def resume(self, name: str) -> None:
        """Start again what was halted, under a keeper of its own."""
        halted = self.keepers[name]
        halted.join()
        self._keep(halted.unit)

    def join(self, service: str, guest: str) -> None:
        """One more worker of a service, kept running under a name of its own. Returns at once."""
        self._keep(self._service(service, guest, free_port()))

    def leave(self, guest: str) -> None:
        """A further worker goes for good. Returns at once."""
        self.keepers[guest].stop()

    def works(self, name: str) -> bool:
        """Whether a process can do its work now."""
        if self.process(name) is None:
            return False
        if name == "kafka":
            return answers(self.settings.brokers)
        if name == "clickhouse":
            return self._engine_answers()
        return readiness(self.state(name).port).ready

    def fill(self, name: str) -> None:
        """From now on the disk of a process takes nothing more, nor that of the next one of this name."""
        self.full.add(name)
        self.signal(name, no_room)

    def empty(self, name: str) -> None:
        """There is room again."""
        self.full.discard(name)
        self.signal(name, room)

    def _engine_answers(self) -> bool:
        views = ClickHouseViews(ClickHouseSettings(url=self.settings.clickhouse_url, reply_seconds=PROBE_S))
        try:
            return bool(views.rows("SELECT 1"))
        except ViewsError:
            return False
        finally:
            views.close()

    def _keep(self, unit: Unit) -> None:
        keeper = Keeper(unit, self._board.put, lambda failures: RESTART_S)
        self.keepers[unit.name] = keeper
        keeper.start()

    def _service(self, service: str, worker: str, port: int) -> Unit:
        name = service if worker == f"{service}-1" else worker
        log = self.settings.logs / f"{name}.log"
        own = {"WAYPOST_METRICS_PORT": str(port), "WAYPOST_WORKER_ID": worker}
        told = self.installation.environment | self.settings.environment() | own

        def start() -> Running:
            child = spawn([sys.executable, "-m", f"services.{service}"], told, log, CHECKOUT)
            if name in self.full:
                no_room(child.pid)
            return child

        return Unit(name, port, log, start)


def kill(pid: int) -> None:
    """End it here and now."""
    os.kill(pid, signal.SIGKILL)


def suspend(pid: int) -> None:
    """Stop it where it is: it does nothing, and nobody is told."""
    os.kill(pid, signal.SIGSTOP)


def go_on(pid: int) -> None:
    """Let it go on as if nothing had been."""
    os.kill(pid, signal.SIGCONT)


@contextmanager
def line(home: Path, settings: Mapping[str, str]) -> Iterator[Line]:
    """A line that is up; at the end it is stopped. `settings` are told to every process."""
    installation = Installation(home, settings)
    local = LocalSettings(home=home, external_brokers="", external_clickhouse="")
    ports = {
        name.removeprefix("WAYPOST_").lower(): int(value)
        for name, value in installation.environment.items()
        if name.startswith("WAYPOST_") and "_PORT" in name
    }
    made = Line(installation, local.model_copy(update=ports))
    try:
        made.up()
        yield made
    finally:
        made.down()
