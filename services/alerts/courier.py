"""A courier: takes pending notices to one receiver, one at a time, and writes down how each ended."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol
from uuid import UUID

from schemas.rows import AlertRow
from services.alerts.adapters.cells import AlertCells, outcome_change
from services.alerts.domain.announcements import Announcement, Notice, Outcome
from services.alerts.domain.lifecycle import Event
from services.alerts.domain.line import Backoff, Line
from services.alerts.domain.payload import body, webhook_id
from services.alerts.domain.results import (
    Delivered,
    Result,
    Undelivered,
    outcome_of,
    outcome_row,
    outcome_without_attempt,
)
from services.alerts.metrics import AlertsMetrics
from services.runtime.records import Change

log = logging.getLogger("waypost.alerts.courier")


class Receiver(Protocol):
    """Where notifications go."""

    async def post(self, id_: str, body: bytes, at: datetime) -> Result:
        """One attempt, within a time of the receiver's own; never raises for what a receiver does."""
        ...


class Journal(Protocol):
    """Where outcomes are written down."""

    async def record(self, row: AlertRow, change: Change) -> None:
        """Publish the row, then the cell; returns when both are confirmed."""
        ...


class AbsentReceiver:
    """Stands in for a receiver that notifications were decided for and that is not configured any more."""

    def __init__(self, name: str) -> None:
        self._error = f"receiver {name} is not configured (any more); configure it, and what waits is sent"

    async def post(self, id_: str, body: bytes, at: datetime) -> Result:
        """Undelivered, since it may be configured again before the deadline."""
        return Undelivered(self._error)


@dataclass(frozen=True, slots=True)
class Sending:
    """Patience, a wall clock, and chance in 0..1."""

    backoff: Backoff
    deadline: timedelta
    now: Callable[[], datetime]
    chance: Callable[[], float]

    def now_ms(self) -> int:
        """The wall clock in ms."""
        return int(self.now().timestamp() * 1000)


class Courier:
    """Serves one receiver. At least once: what is cut off before its outcome is written is sent again, same id.

    A receiver hears of one pain point in the order in which it was decided.
    """

    def __init__(
        self,
        name: str,
        receiver: Receiver,
        cells: AlertCells,
        journal: Journal,
        metrics: AlertsMetrics,
        how: Sending,
    ) -> None:
        self.name = name
        self._receiver = receiver
        self._cells = cells
        self._journal = journal
        self._metrics = metrics
        self._how = how
        self._line = Line(how.backoff)
        self._wake = asyncio.Event()

    def enqueue(self, dedup_key: UUID, notice: Notice) -> None:
        """There is something to tell of a pain point."""
        self._line.join(dedup_key, notice.decided_at, monotonic())
        self._wake.set()

    def measure(self) -> None:
        """Set the gauges."""
        oldest = self._line.oldest
        age = 0.0 if oldest is None else max(0.0, (self._how.now_ms() - oldest) / 1000)
        self._metrics.pending.labels(self.name).set(len(self._line))
        self._metrics.oldest.labels(self.name).set(age)

    async def serve(self) -> None:
        """Deliver, for ever. Raises what the journal raises."""
        while True:
            self._wake.clear()
            self.measure()
            if dedup_key := self._line.next(monotonic()):
                await self._turn(dedup_key)
            else:
                await self._wait()

    async def _wait(self) -> None:
        """Until someone joins the line or the next in it is due."""
        due = self._line.due()
        with suppress(TimeoutError):
            async with asyncio.timeout(None if due is None else max(0.0, due - monotonic())):
                await self._wake.wait()

    async def _turn(self, dedup_key: UUID) -> None:
        known = self._cells.announcement(dedup_key)
        notice = self._cells.next_for(known, self.name) if known else None
        if known is None or notice is None:
            self._line.leave(dedup_key)
            return
        firing = self._cells.outcome(dedup_key, Event.FIRING, self.name)
        outcome = outcome_without_attempt(notice, firing, self._how.now_ms()) or await self._attempt(known, notice)
        if outcome:
            await self._record(notice, outcome)
            self._go_on(dedup_key)

    async def _attempt(self, known: Announcement, notice: Notice) -> Outcome | None:
        """How the delivery ended with this attempt, or None when it is to be tried again."""
        dedup_key = known.dedup_key
        attempts = self._line.attempts(dedup_key) + 1
        with self._metrics.attempt_seconds.labels(self.name).time():
            result = await self._receiver.post(
                webhook_id(dedup_key, notice.event), body(known, notice), self._how.now()
            )
        self._metrics.attempts.labels(self.name, type(result).__name__.lower()).inc()
        outcome = outcome_of(result, notice, attempts, self._how.now_ms(), self._how.deadline)
        held_for = self._hold_or_open(dedup_key, result, again=outcome is None)
        self._tell(dedup_key, notice, result, attempts, held_for)
        return outcome

    def _hold_or_open(self, dedup_key: UUID, result: Result, again: bool) -> float:
        if isinstance(result, Undelivered):
            return self._line.failed(dedup_key, monotonic(), self._how.chance(), result.retry_after, again)
        self._line.succeeded(dedup_key)
        return 0.0

    async def _record(self, notice: Notice, outcome: Outcome) -> None:
        change = outcome_change(notice.row.pain_point_id, notice.event, self.name, outcome)
        await self._journal.record(outcome_row(notice, self.name, outcome), change)
        self._metrics.notifications.labels(self.name, outcome.state).inc()

    def _go_on(self, dedup_key: UUID) -> None:
        """What was decided meanwhile comes next, else the pain point leaves the line."""
        known = self._cells.announcement(dedup_key)
        if known and (notice := self._cells.next_for(known, self.name)):
            self._line.again(dedup_key, notice.decided_at, monotonic())
        else:
            self._line.leave(dedup_key)

    def _tell(self, dedup_key: UUID, notice: Notice, result: Result, attempts: int, held_for: float) -> None:
        where: dict[str, object] = {"receiver": self.name, "dedup_key": str(dedup_key)}
        where |= {"event": notice.event.value, "attempt": attempts}
        if isinstance(result, Delivered):
            log.info("notification sent", extra={"where": where})
        else:
            where |= {"error": result.error, "receiver_held_for_seconds": round(held_for, 1)}
            log.warning("notification not delivered", extra={"where": where})
