"""Compares what was found with what the stories say is true.

A pain point is found when its kind, entity, anchor (they make its id) and status are right. Its cause, the root of its
chain, its severity and whether it is held back are compared among those that were found.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.cli.simulator.story import USUAL_SEVERITY, Truth

KINDS = tuple(USUAL_SEVERITY)
"""All kinds. Of feeds a run tells only of its own: those that other runs use, too, are not named after it."""


@dataclass(frozen=True, slots=True, order=True)
class PainPoint:
    """A pain point as told by a story or found by Waypost: right only if the status is, too."""

    kind: str
    entity: str
    id: UUID
    status: str


@dataclass(frozen=True, slots=True)
class Traits:
    """What is said of a pain point that was found."""

    cause: str
    root_id: UUID
    severity: str
    happened_at: datetime
    held_back: bool = False
    """Whether it is, of parcels of a carrier that only the run uses; of others the stories do not know."""
    detected_at: datetime | None = field(default=None, compare=False)
    """The shop's clock when it was found; the stories do not say."""


Found = Mapping[PainPoint, Traits]

PainPointColumns = tuple[str, str, UUID, str, str, UUID, str, datetime, datetime, bool]
"""Kind, entity, id, status, cause, root, severity, when it happened, when it was detected, whether it is held back."""


@dataclass(frozen=True, slots=True)
class Score:
    """How one kind was found, or one cause, the roots of one kind, its severity."""

    name: str
    missed: Sequence[PainPoint]
    """What is true and was not found."""
    wrong: Sequence[PainPoint]
    """What was found and is not true."""
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


@dataclass(frozen=True, slots=True)
class Scores:
    """How a run was found."""

    kinds: Sequence[Score]
    causes: Sequence[Score]
    """A score for each cause, told or found."""
    roots: Sequence[Score]
    """A score for each kind that follows, or was said to follow, from something else."""
    severities: Sequence[Score]
    """A score for each kind."""
    held_back: Sequence[Score]
    """A score for each kind of which something is, or was said to be, held back."""

    @property
    def imperfect(self) -> Sequence[str]:
        """What is below 1.0, in words."""
        parts = (
            ("", self.kinds),
            ("cause ", self.causes),
            ("root of ", self.roots),
            ("severity of ", self.severities),
            ("holding back ", self.held_back),
        )
        return [word + score.name for word, of in parts for score in of if not score.perfect]


def expected(told: Iterable[Truth], shop: str, now: datetime) -> Found:
    """What must be found with the shop's clock at `now`."""
    return {
        PainPoint(finding.kind, finding.entity, finding.id(shop), finding.status(now).value): Traits(
            finding.cause, finding.root_id(shop), finding.severity(now), finding.happened_at, finding.is_held_back(now)
        )
        for truth in told
        for finding in truth.findings
        if finding.is_due(now)
    }


def found_of(row: PainPointColumns, run: str) -> tuple[PainPoint, Traits]:
    """A pain point as Waypost tells it."""
    kind, entity, id_, status, cause, root, severity, happened_at, detected_at, held_back = row
    own = entity.startswith(f"parcel:{run}-")  # its carrier's name is the run's, too
    return PainPoint(kind, entity, id_, status), Traits(
        cause, root, severity, happened_at, held_back and own, detected_at
    )


def of_run(found: Found, run: str, told: Iterable[Truth]) -> Found:
    """The part of what was found that concerns one run: by name, by its answers, or by the pain point behind it."""
    answers = {answer for truth in told for answer in truth.answers}
    named = {point.id for point in found if f"{run}-" in point.entity or point.entity in answers}
    behind = {f"pain_point:{id_}" for id_ in named}
    return {point: traits for point, traits in found.items() if point.id in named or point.entity in behind}


def scores(true: Found, found: Found, kinds: Sequence[str]) -> Scores:
    """The score of each of these kinds, in the order asked, and of what is said of them."""
    told = {point: traits for point, traits in true.items() if point.kind in kinds}
    seen = {point: traits for point, traits in found.items() if point.kind in kinds}
    both = told.keys() & seen.keys()
    told_of_both, seen_of_both = ({point: of[point] for point in both} for of in (told, seen))

    def compared(claims: Callable[[Found], set[Claim]]) -> list[Score]:
        return _compared(claims(told_of_both), claims(seen_of_both))

    return Scores(
        _compared({(p.kind, p, None) for p in told}, {(p.kind, p, None) for p in seen}, kinds),
        compared(lambda of: {(traits.cause, point, None) for point, traits in of.items() if traits.cause}),
        compared(lambda of: {(p.kind, p, traits.root_id) for p, traits in of.items() if traits.root_id != p.id}),
        compared(lambda of: {(point.kind, point, traits.severity) for point, traits in of.items()}),
        compared(lambda of: {(point.kind, point, None) for point, traits in of.items() if traits.held_back}),
    )


Claim = tuple[str, PainPoint, object]
"""Something said of a pain point, under the name that it is counted by."""


def _compared(true: set[Claim], found: set[Claim], names: Sequence[str] = ()) -> list[Score]:
    missed, wrong, right = (_by_name(claims) for claims in (true - found, found - true, true & found))
    return [
        Score(name, sorted(missed[name]), sorted(wrong[name]), len(right[name]))
        for name in names or sorted({name for name, _, _ in true | found})
    ]


def _by_name(claims: Iterable[Claim]) -> Mapping[str, list[PainPoint]]:
    named: dict[str, list[PainPoint]] = defaultdict(list)
    for name, point, _ in claims:
        named[name].append(point)
    return named
