"""Carries a plan out on a line, blow by blow, and notes what became of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from chaos.line import Line, go_on, kill, suspend
from chaos.plan import DEADLY, GUESTS, Blow, Kind, duration
from chaos.recovery import Recoveries
from support.polling import eventually

from services.cli.local.processes import Identity

THERE_S = 90.0
"""How long a victim may take to be there: nothing that was struck may stay away for longer."""

BREATH_S = 4.0
"""How long a victim that had to be waited for is left alone: on a slow machine a broker would only ever start."""


@dataclass(slots=True)
class Executor:
    """Does what a plan says; its clock stands still while it waits for a victim to be there."""

    line: Line
    blows: Sequence[Blow]
    recoveries: Recoveries
    kills: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    """Blows by kind."""
    now: float = 0.0
    """How far the plan was carried out, in its own seconds; who feeds the line goes by it."""
    _guests: count[int] = field(default_factory=lambda: count(2))

    def run(self) -> None:
        """Return when the last blow is over."""
        behind, began = 0.0, time.monotonic()
        for at, act in self._acts():
            self._wait_until(at, began + behind)
            before = time.monotonic()
            act()
            behind += time.monotonic() - before
        self.now = duration(self.blows)

    def _wait_until(self, at: float, began: float) -> None:
        def come() -> bool:
            self.now = min(at, time.monotonic() - began)
            return self.now >= at

        eventually(come, at + 60, f"{at} s of the plan have passed")

    def _acts(self) -> list[tuple[float, Callable[[], None]]]:
        """What is to be done, and when: each blow that lasts has a beginning and an end."""
        acts: list[tuple[float, Callable[[], None]]] = []
        for blow in self.blows:
            begin, end = self._begin_and_end(blow)
            acts.append((blow.at, begin))
            if end is not None:
                acts.append((blow.until, end))
        return sorted(acts, key=lambda act: act[0])

    def _begin_and_end(self, blow: Blow) -> tuple[Callable[[], None], Callable[[], None] | None]:
        if blow.kind is Kind.KILL:
            return lambda: self._kill(blow), None
        if blow.kind in GUESTS:
            guest = f"{blow.target}-{next(self._guests)}"
            return lambda: self._welcome(blow, guest), lambda: self._send_off(blow, guest)
        if blow.kind is Kind.PAUSE:
            held: list[Identity] = []
            return lambda: self._suspend(blow, held), lambda: self._go_on(blow, held)
        if blow.kind is Kind.HALT:
            return lambda: self._halt(blow), lambda: self._resume(blow)
        return lambda: self._fill(blow), lambda: self._empty(blow)

    def _strike(self, target: str, act: Callable[[int], object]) -> Identity:
        """Do it to the process, as soon as there is one."""
        if self.line.process(target) is None:
            eventually(lambda: self.line.process(target), THERE_S, f"{target} is there to be struck")
            rested = time.monotonic() + BREATH_S
            eventually(lambda: time.monotonic() > rested, 2 * BREATH_S, f"{target} had time to do something")
        return eventually(lambda: self.line.signal(target, act), THERE_S, f"{target} is struck")  # type: ignore[return-value]

    def _note(self, blow: Blow) -> None:
        self.done[blow.kind] += 1
        print(f"{self.now:7.1f} s  {blow.kind:5}  {blow.target}", flush=True)

    def _kill(self, blow: Blow) -> None:
        self.recoveries.struck(blow.target, self._strike(blow.target, kill))
        self.kills[blow.target] += 1
        self._note(blow)

    def _welcome(self, blow: Blow, guest: str) -> None:
        self.line.join(blow.target, guest)
        self._note(blow)

    def _send_off(self, blow: Blow, guest: str) -> None:
        if blow.kind in DEADLY:
            self._strike(guest, kill)
            self.kills[blow.target] += 1
        self.line.leave(guest)

    def _suspend(self, blow: Blow, held: list[Identity]) -> None:
        held.append(self._strike(blow.target, suspend))
        self._note(blow)

    def _go_on(self, blow: Blow, held: list[Identity]) -> None:
        """It may have been ended by its keeper's or a test's doing, but by nobody else."""
        assert self.line.signal(blow.target, go_on) in held, f"{blow.target} ended while it was suspended"
        self.recoveries.struck(blow.target)

    def _halt(self, blow: Blow) -> None:
        eventually(lambda: self.line.process(blow.target), THERE_S, f"{blow.target} is there to be halted")
        self.line.halt(blow.target)
        self._note(blow)

    def _resume(self, blow: Blow) -> None:
        self.line.resume(blow.target)
        self.recoveries.struck(blow.target)

    def _fill(self, blow: Blow) -> None:
        """Cells are written to disk now and then only: the journey worker is killed, and starts without room."""
        self.line.fill(blow.target)
        self._note(blow)
        if blow.target == "journey":
            self._strike(blow.target, kill)
            self.kills[blow.target] += 1

    def _empty(self, blow: Blow) -> None:
        self.line.empty(blow.target)
        self.recoveries.struck(blow.target)
