"""What came of an attempt to tell a receiver, and what that means for the notice."""

from dataclasses import dataclass, field
from datetime import timedelta

from schemas.rows import AlertRow
from services.alerts.domain.announcements import Notice, Outcome
from services.alerts.domain.lifecycle import Event


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver took it (2xx). `excerpt` is what it answered, for a human who tests; never logged."""

    status: int
    excerpt: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """It did not get there, or the receiver did not take it: to be tried again, not before `retry_after` seconds."""

    error: str
    retry_after: float = 0.0
    excerpt: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Gone:
    """The receiver wants no more of this (410): not to be tried again."""

    error: str
    excerpt: str = field(default="", repr=False)


Result = Delivered | Undelivered | Gone


def outcome_of(result: Result, notice: Notice, attempts: int, now: int, deadline: timedelta) -> Outcome | None:
    """How the delivery has ended with this attempt, or None if it is to be tried again.

    The deadline counts from the decision, but only an attempt that was made and failed can miss it: a service that
    was down for longer still tries once.
    """
    if isinstance(result, Delivered):
        return Outcome("sent", now, attempts)
    if isinstance(result, Gone):
        return Outcome("failed", now, attempts, result.error)
    if now - notice.decided_at < deadline // timedelta(milliseconds=1):
        return None
    return Outcome("failed", now, attempts, f"given up after {deadline}: {result.error}")


def outcome_without_attempt(notice: Notice, firing: Outcome | None, now: int) -> Outcome | None:
    """How a delivery ends that is not to be tried at all: an end whose beginning never arrived; else None."""
    if notice.event is Event.FIRING or firing is None or firing.state == "sent":
        return None
    return Outcome("recorded", now, 0, f"its firing was not delivered: {firing.error}")


def outcome_row(notice: Notice, receiver: str, outcome: Outcome) -> AlertRow:
    """The row that publishes an outcome; its version is its time, above the decision's and any earlier outcome's."""
    row = notice.row
    return AlertRow(
        shop=row.shop,
        version=outcome.at,
        dedup_key=str(row.pain_point_id),
        receiver=receiver,
        event=notice.event.value,
        state=outcome.state,
        kind=row.kind,
        severity=row.severity,
        pain_point_version=row.version,
        attempts=outcome.attempts,
        decided_at=notice.decided_at,
        sent_at=outcome.at if outcome.state == "sent" else None,
        error=outcome.error,
    )
