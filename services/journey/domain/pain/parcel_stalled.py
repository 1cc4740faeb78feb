"""A parcel has not moved for too long."""

from collections.abc import Iterator

from services.journey.domain import facts as f
from services.journey.domain.entities.parcel import Parcel, waits_for_pickup
from services.journey.domain.instants import DAY, earliest, first_after
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(parcel: Parcel, person: Person, limits: Limits) -> Iterator[Spell]:
    """After a scan or attempt, no next one and no end within the limit; a parcel that waits for pick-up rests."""
    moves = parcel.signs_of_life
    instants = [move.time for move in moves]
    for move in moves:
        if waits_for_pickup(move):
            continue
        yield Spell(
            entity=parcel.alias,
            anchor=move.time,
            happened_at=move.time + limits["after"],
            ended_at=earliest(first_after(instants, move.time), parcel.closed_at),
            severity=Severity.MEDIUM,
            evidence=(move,),
            factors={**parcel.factors, **_hub(move)},
        )


def _hub(move: f.Fact) -> dict[str, str]:
    return {"hub": move.location} if isinstance(move, f.ParcelScanned) and move.location else {}


RULE = Rule(
    kind="parcel_stalled",
    subject=Subject.PARCEL,
    stage="transit",
    place=4,
    playbook="Open a trace with the carrier and tell the customer before they ask.",
    act_within=2 * DAY,
    limits=frozenset({"after"}),
    hears=True,
    find=find,
)
