"""What is known of an installation: a small file that its supervisor writes and every command may read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Self

import msgspec

from services.cli.local.processes import Identity, is_alive


class Phase(StrEnum):
    """Where a process, or the installation, is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"  # it ended by itself or did not start, and is tried again
    FAILED = "failed"  # the installation only: it will not come up without help
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process of the installation."""

    name: str
    log: str
    port: int
    """Kafka's and ClickHouse's own, a service's for metrics and probes."""
    phase: Phase = Phase.STARTING
    process: Identity | None = None
    since: datetime | None = None
    restarts: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation and its processes, in the order of their start."""

    brokers: str
    clickhouse_url: str
    supervisor: Identity
    phase: Phase = Phase.STARTING
    doing: str = ""
    problem: str = ""
    processes: tuple[ProcessState, ...] = ()

    def is_supervised(self) -> bool:
        """Whether the supervisor that wrote this still runs."""
        return is_alive(self.supervisor)

    def alive(self) -> list[Identity]:
        """The processes that still run, the last started first."""
        started = [state.process for state in reversed(self.processes) if state.process]
        return [process for process in started if is_alive(process)]


def state_file(home: Path) -> Path:
    """Where the installation of a home is described."""
    return home / "run" / "installation.json"


def read_state(home: Path) -> Installation | None:
    """The installation as last written, or None when there is none."""
    try:
        return msgspec.json.decode(state_file(home).read_bytes(), type=Installation)
    except FileNotFoundError:
        return None


class Board:
    """Keeps the state and writes it at every change; safe for threads."""

    def __init__(self, home: Path, installation: Installation) -> None:
        self._file = state_file(home)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._state = installation
        self._lock = Lock()
        self._write()

    @property
    def state(self) -> Installation:
        """The state now."""
        return self._state

    def say(self, phase: Phase, doing: str = "", problem: str = "") -> Self:
        """Changes what is said of the installation as a whole."""
        with self._lock:
            self._state = replace(self._state, phase=phase, doing=doing, problem=problem)
            self._write()
        return self

    def put(self, process: ProcessState) -> None:
        """Adds a process or replaces what is said of it."""
        with self._lock:
            others = self._state.processes
            if any(other.name == process.name for other in others):
                after = tuple(process if other.name == process.name else other for other in others)
            else:
                after = (*others, process)
            self._state = replace(self._state, processes=after)
            self._write()

    def _write(self) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self._state))
        fresh.replace(self._file)
