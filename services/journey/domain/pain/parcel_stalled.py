"""A parcel has not moved for too long."""

from collections.abc import Iterator

from services.journey.domain.entities.parcel import Parcel, shows_life, waits_for_pickup
from services.journey.domain.instants import DAY, earliest
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, first_after
from services.journey.domain.person import Person


def find(parcel: Parcel, person: Person, limits: Limits) -> Iterator[Spell]:
    """After a scan or attempt, no next one and no end within the limit; a parcel that waits for pick-up rests."""
    moves = [move for move in parcel.moves if shows_life(move)]
    instants = [move.time for move in moves]
    for move in moves:
        if waits_for_pickup(move):
            continue
        loss = first_after([loss.time for loss in parcel.losses], move.time)
        yield Spell(
            entity=parcel.alias,
            anchor=move.time,
            happened_at=move.time + limits["after"],
            ended_at=earliest(first_after(instants, move.time), parcel.ended_at, loss),
            severity=Severity.MEDIUM,
            order_id=parcel.order_id,
            evidence=(move,),
            factors={"carrier": parcel.carrier},
        )


RULE = Rule(
    kind="parcel_stalled",
    subject=Subject.PARCEL,
    stage="transit",
    place=4,
    playbook="Open a trace with the carrier and tell the customer before they ask.",
    act_within=2 * DAY,
    limits=frozenset({"after"}),
    find=find,
)
