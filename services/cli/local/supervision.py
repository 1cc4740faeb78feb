"""Keeps processes running: starts each, starts it again when it ends, with growing pauses, until told to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread

from services.cli.local.processes import Identity, Running, identity, is_alive
from services.cli.local.state import Phase, ProcessState
from services.cli.local.units import Unit

LOOK_S = 0.2
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
SETTLED_S = 60.0
"""A process that ran this long did not fail at start; the pauses begin again from the shortest."""


def pause(failures: int) -> float:
    """Seconds before the next start after so many ends in a row: the pause doubles up to the longest."""
    return min(FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE_S)


class Keeper:
    """One unit and the thread that keeps it running; says on the board what happens to it."""

    def __init__(self, unit: Unit, put: Callable[[ProcessState], None], pause: Callable[[int], float] = pause) -> None:
        """`pause` gives the seconds before the next start after so many ends in a row."""
        self.unit = unit
        self._put = put
        self._pause = pause
        self._state = ProcessState(unit.name, str(unit.log), unit.port)
        self._stop = Event()
        self._thread = Thread(target=self._keep, name=f"keep-{unit.name}", daemon=True)

    @property
    def state(self) -> ProcessState:
        """What was last said of the process."""
        return self._state

    def start(self) -> None:
        """Begins; returns at once."""
        self._say(Phase.STARTING)
        self._thread.start()

    def stop(self) -> None:
        """Asks for the end; `join` waits for it."""
        self._stop.set()

    def join(self) -> None:
        """Waits until the process has ended, if it was ever started."""
        if self._thread.ident is not None:
            self._thread.join()

    def _keep(self) -> None:
        failures = 0
        while not self._stop.is_set():
            began = time.monotonic()
            problem = self._run_once()
            failures = 1 if time.monotonic() - began > SETTLED_S else failures + 1
            if not self._stop.is_set():
                restarts = self._state.restarts + 1
                self._say(Phase.RESTARTING, process=None, since=None, restarts=restarts, problem=problem)
                self._stop.wait(self._pause(failures))
        self._say(Phase.STOPPED, process=None, since=None)

    def _run_once(self) -> str:
        """Runs the process until it ends or is to stop; returns what went wrong."""
        try:
            running = self.unit.start()
        except (OSError, RuntimeError) as error:  # what helpers raise for a port, a download, a broken data folder
            return str(error)
        started = identity(running.pid)
        self._say(Phase.RUNNING, process=started, since=datetime.now(UTC), problem="")
        self._watch(running, started)
        return f"{self.unit.name} ended by itself; its log is {self.unit.log}"

    def _watch(self, running: Running, started: Identity | None) -> None:
        while started and is_alive(started):
            if self._stop.wait(LOOK_S):
                running.stop()
                return

    def _say(self, phase: Phase, **changes: object) -> None:
        self._state = replace(self._state, phase=phase, **changes)  # type: ignore[arg-type]
        self._put(self._state)


def stop_all(keepers: Iterable[Keeper]) -> None:
    """Ends several processes at the same time and waits for all of them."""
    keepers = list(keepers)
    for keeper in keepers:
        keeper.stop()
    for keeper in keepers:
        keeper.join()
