"""Compares what was found with what the stories say is true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.ids import event_id
from services.cli.simulator.story import Story

KINDS = (
    "cart_abandoned",
    "checkout_abandoned",
    "approval_delayed",
    "fulfilment_delayed",
    "parcel_stalled",
    "parcel_lost",
    "delivery_late",
    "low_score",
)
"""The kinds that stories know about; others are not judged."""


@dataclass(frozen=True, slots=True, order=True)
class PainPoint:
    """A pain point as told by a story or found by Waypost: right only if the status is, too."""

    kind: str
    entity: str
    id: UUID
    status: str


@dataclass(frozen=True, slots=True)
class KindScore:
    """How one kind was found."""

    kind: str
    missed: Sequence[PainPoint]
    wrong: Sequence[PainPoint]
    right: int

    @property
    def precision(self) -> float:
        """The share of what was found that is true; 1 when nothing was found."""
        found = self.right + len(self.wrong)
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """The share of what is true that was found; 1 when nothing was to be found."""
        true = self.right + len(self.missed)
        return self.right / true if true else 1.0

    @property
    def perfect(self) -> bool:
        """Whether nothing was missed and nothing wrong."""
        return not self.missed and not self.wrong


def expected(stories: Iterable[Story], shop: str, now: datetime) -> set[PainPoint]:
    """What must be found with the shop's clock at `now`."""
    return {
        PainPoint(finding.kind, finding.entity, finding.id(shop), finding.status(now).value)
        for story in stories
        for finding in story.findings
        if finding.is_due(now)
    }


def surveys(stories: Iterable[Story]) -> set[str]:
    """The entities of all answers to surveys: the only ones whose names do not carry the run."""
    return {
        f"event:{event_id(event.source, event.id)}"
        for story in stories
        for event in story.events
        if event.type == "service.survey.answered"
    }


def scores(true: set[PainPoint], found: set[PainPoint], kinds: Sequence[str]) -> list[KindScore]:
    """The score of each kind, in the order asked."""
    return [
        KindScore(
            kind,
            sorted(point for point in true - found if point.kind == kind),
            sorted(point for point in found - true if point.kind == kind),
            sum(point.kind == kind for point in true & found),
        )
        for kind in kinds
    ]
