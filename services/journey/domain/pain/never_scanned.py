"""A label was made, and no carrier ever saw the parcel."""

from collections.abc import Iterator

from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.instants import DAY, earliest
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(parcel: Parcel, person: Person, limits: Limits) -> Iterator[Spell]:
    """Registered, and no scan within the limit; any word that the carrier has it is one. A cancellation ends it."""
    order = person.order(parcel.order_id)
    yield Spell(
        entity=parcel.alias,
        anchor=parcel.registered_at,
        happened_at=parcel.registered_at + limits["after"],
        ended_at=earliest(parcel.handed_over_at, order.cancelled_at if order else None),
        severity=Severity.MEDIUM,
        evidence=(parcel.registrations[0],),
        factors=parcel.factors,
    )


RULE = Rule(
    kind="never_scanned",
    subject=Subject.PARCEL,
    stage="transit",
    place=3,
    playbook="Look for it on the dock and in the carrier's pick-up list; ship again if it is not found.",
    act_within=DAY,
    limits=frozenset({"after"}),
    hears=True,
    find=find,
)
