"""Processes by an identity that outlives the id: a pid is only ours while it started when ours did."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

POLL_S = 0.1
STOP_TIMEOUT_S = 35.0
"""A service finishes the work in hand within 30 s of SIGTERM."""


class Running(Protocol):
    """A process that was started here."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def stop(self) -> None:
        """Ends it, politely first."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A process id with the moment of its start, in clock ticks since boot; no later process has both."""

    pid: int
    started: int


def identity(pid: int) -> Identity | None:
    """Who has this pid now; None when nobody has, or only what is left of a process that ended."""
    try:
        # The name, in brackets, may itself hold brackets and spaces.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else Identity(pid, int(fields[19]))


def is_alive(process: Identity) -> bool:
    """Whether that very process still runs."""
    return identity(process.pid) == process


def end(processes: Iterable[Identity], timeout: float = STOP_TIMEOUT_S) -> list[Identity]:
    """SIGTERM to all that still run and, after `timeout` seconds, SIGKILL to the rest; returns the killed ones."""
    processes = [process for process in processes if _signal(process, signal.SIGTERM)]
    deadline = time.monotonic() + timeout
    while any(map(is_alive, processes)) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return [process for process in processes if _signal(process, signal.SIGKILL)]


def _signal(process: Identity, number: signal.Signals) -> bool:
    if not is_alive(process):
        return False
    with suppress(ProcessLookupError):  # it may end between the look and the signal
        os.kill(process.pid, number)
    return True


@dataclass(frozen=True, slots=True)
class Child:
    """A started command."""

    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when the time for finishing the work in hand is over."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def spawn(command: list[str], environment: dict[str, str], log: Path, cwd: Path) -> Child:
    """Starts a command with its output in `log`, in a session of its own: the terminal's Ctrl-C does not reach it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return Child(
            subprocess.Popen(
                command,
                env=os.environ | environment,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        )
