"""A story: what one customer's journey says in events, and where it hurts.

What hurts is written by the scenario's author, never computed from the events: a score compares two independent words.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from services.cli.replays.event import SentEvent


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

    def is_due(self, now: datetime) -> bool:
        """Whether it must be found with the shop's clock at `now`; exactly at a limit is in time."""
        return now > self.happened_at or (not self.timed and now == self.happened_at)

    def status(self, now: datetime) -> Status:
        """What it must be with the shop's clock at `now`."""
        return Status.OPEN if self.ended_at is None or self.ended_at > now else Status.RESOLVED

    def id(self, shop: str) -> UUID:
        """The public name of the pain point."""
        anchor = self.anchor.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
        return uuid5(NAMESPACE_URL, f"waypost:{shop}/{self.kind}/{self.entity}/{anchor}Z")


@dataclass(frozen=True, slots=True)
class Story:
    """One customer's journey."""

    scenario: str
    events: tuple[SentEvent, ...]
    """In order of time."""
    findings: tuple[Finding, ...]

    @property
    def decided_at(self) -> datetime:
        """When the last event happened and the last finding was due."""
        return max([event.time for event in self.events] + [finding.happened_at for finding in self.findings])
