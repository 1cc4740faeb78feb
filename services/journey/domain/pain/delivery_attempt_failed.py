"""The carrier came, or set out to, and the customer still has nothing."""

from collections.abc import Iterator, Sequence

from services.journey.domain import facts as f
from services.journey.domain.entities.parcel import Parcel, waits_for_pickup
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, runs
from services.journey.domain.person import Person

OUT = "out_for_delivery"


def find(parcel: Parcel, person: Person, limits: Limits) -> Iterator[Spell]:
    """An attempt, or two tours further apart than the limit; the end or waiting for pick-up ends it."""
    tries = [move for move in parcel.moves if isinstance(move, f.DeliveryAttempted) or _on_tour(move)]
    ends = [move.time for move in parcel.moves if waits_for_pickup(move)]
    if parcel.closed_at is not None:
        ends.append(parcel.closed_at)
    for run, ended_at in runs(tries, ends):
        if evidence := _decisive(run, limits["apart"]):
            opening = evidence[-1]
            yield Spell(
                entity=parcel.alias,
                anchor=opening.time,
                happened_at=opening.time,
                ended_at=ended_at,
                timed=False,
                severity=Severity.MEDIUM,
                evidence=tuple(evidence),
                factors=parcel.factors,
            )


def _on_tour(move: f.Fact) -> bool:
    return isinstance(move, f.ParcelScanned) and move.status == OUT


def _decisive(run: Sequence[f.Fact], apart: int) -> Sequence[f.Fact]:
    """The first attempt, or the first tour and one later than the limit after it, whichever shows it first."""
    tour: f.Fact | None = None
    for move in run:
        if not _on_tour(move):
            return [move]
        if tour is not None and move.time - tour.time > apart:
            return [tour, move]
        tour = tour or move
    return []


RULE = Rule(
    kind="delivery_attempt_failed",
    subject=Subject.PARCEL,
    stage="deliver",
    place=5,
    playbook="Agree a day, a neighbour or a pick-up point with the customer before the next tour.",
    act_within=DAY,
    limits=frozenset({"apart"}),
    find=find,
)
