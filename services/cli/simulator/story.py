"""A story: what one customer's journey says in events, and where it hurts.

What hurts is written by the scenario's author, never computed from the events: a score compares two independent words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from services.cli.replays.event import SentEvent

USUAL_SEVERITY: Mapping[str, str] = {
    "cart_abandoned": "low",
    "checkout_abandoned": "medium",
    "payment_failed": "medium",
    "site_error": "medium",
    "slow_pages": "low",
    "search_dead_end": "low",
    "out_of_stock": "low",
    "approval_delayed": "medium",
    "fulfilment_delayed": "medium",
    "never_scanned": "medium",
    "parcel_stalled": "medium",
    "delivery_at_risk": "medium",
    "delivery_attempt_failed": "medium",
    "parcel_lost": "critical",
    "parcel_damaged": "high",
    "delivery_late": "high",
    "refund_delayed": "high",
    "ticket_unanswered": "medium",
    "ticket_unresolved": "high",
    "repeat_contact": "high",
    "low_score": "medium",
    "churn_risk": "high",
    "feed_silent": "high",
}
"""Every kind, and how much it hurts when nothing makes it worse."""


class Status(StrEnum):
    """What becomes of a finding that is true."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Finding:
    """One pain point that must be found."""

    kind: str
    entity: str
    anchor: datetime
    happened_at: datetime
    timed: bool = True
    """Whether it opens by time alone, once the clock is past `happened_at`; else the event itself opens it."""
    ended_at: datetime | None = None
    lapses: bool = False
    """Whether it ends by time alone, once the clock is past `ended_at`; else an event ends it."""
    end_known_at: datetime | None = None
    """From when on it is known whose doing the end was, where that is later than the end."""
    cause: str = ""
    severe_at: datetime | None = None
    """From when on it is high, where its kind usually is less."""
    root: "Finding | None" = None
    """The first of the chain that it follows from, if it follows from any."""
    held_back_by: "Finding | None" = None
    """The silence of its carrier during which it says no more than that nothing is heard."""

    def is_due(self, now: datetime) -> bool:
        """Whether it must be found with the shop's clock at `now`; exactly at a limit is in time."""
        return now > self.happened_at or (not self.timed and now == self.happened_at)

    def status(self, now: datetime) -> Status:
        """What it must be with the shop's clock at `now`."""
        known_at = self.end_known_at or self.ended_at
        if known_at is None or known_at > now or (self.lapses and known_at == now):
            return Status.OPEN
        return Status.RESOLVED

    def severity(self, now: datetime) -> str:
        """How much it must hurt with the shop's clock at `now`."""
        return "high" if self.severe_at is not None and now >= self.severe_at else USUAL_SEVERITY[self.kind]

    def is_held_back(self, now: datetime) -> bool:
        """Whether it must be shown as held back with the shop's clock at `now`."""
        silence = self.held_back_by
        return silence is not None and all(
            finding.is_due(now) and finding.status(now) is Status.OPEN for finding in (self, silence)
        )

    def id(self, shop: str) -> UUID:
        """The public name of the pain point."""
        return uuid5(NAMESPACE_URL, f"waypost:{shop}/{self.kind}/{self.entity}/{rfc3339(self.anchor)}")

    def root_id(self, shop: str) -> UUID:
        """The public name of the pain point that its chain began with."""
        return (self.root or self).id(shop)


@dataclass(frozen=True, slots=True)
class Truth:
    """What remains to be known of a story once it is sent."""

    scenario: str
    findings: tuple[Finding, ...]
    answers: tuple[str, ...]
    """The entities of answers to surveys and of feedback: the only ones whose names do not carry the run."""
    decided_at: datetime
    """When the last event was sent, the last finding due, and nothing was left to lapse."""


@dataclass(frozen=True, slots=True)
class Story:
    """One customer's journey."""

    scenario: str
    events: tuple[SentEvent, ...]
    """In order of time."""
    findings: tuple[Finding, ...]
    disproved: tuple[Finding, ...] = ()
    """What is believed for a while, until an event that is heard late says otherwise."""
    delays: Mapping[str, timedelta] = field(default_factory=dict)
    """How long after its time an event is sent, by id; the others are sent at once."""
    answers: tuple[str, ...] = ()

    @property
    def truth(self) -> Truth:
        """The story without its events."""
        return Truth(self.scenario, self.findings, self.answers, self._decided_at())

    def _decided_at(self) -> datetime:
        sent = [event.time + self.delays.get(event.id, timedelta(0)) for event in self.events]
        due = [finding.happened_at for finding in self.findings]
        lapsed = [finding.ended_at for finding in self.findings if finding.lapses and finding.ended_at]
        return max(sent + due + lapsed)


def rfc3339(instant: datetime) -> str:
    """An instant as names carry it: UTC, in milliseconds."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
