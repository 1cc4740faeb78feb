"""What came, or is coming, is broken."""

from collections.abc import Iterator

from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, runs
from services.journey.domain.person import Person


def find(parcel: Parcel, person: Person, limits: Limits) -> Iterator[Spell]:
    """The carrier says so, even after the delivery; a refund or an order in its place ends it."""
    order = person.order(parcel.order_id)
    for damages, ended_at in runs(parcel.damages, order.amends if order else ()):
        yield _spell(parcel.alias, damages[0], ended_at, {"carrier": parcel.carrier, **parcel.factors})


def on_order(order: Order, person: Person, limits: Limits) -> Iterator[Spell]:
    """A ticket's topic or a return's reason says so: which of its parcels it was, they do not say."""
    if order.placed is not None:
        told = (told for ticket in person.tickets_about(order.id) for told in ticket.damages)
        for damages, ended_at in runs(sorted([*order.damages, *told], key=f.rank), order.amends):
            yield _spell(order.alias, damages[0], ended_at, {})


def _spell(entity: str, damage: f.Fact, ended_at: int | None, factors: dict[str, str]) -> Spell:
    return Spell(
        entity=entity,
        anchor=damage.time,
        happened_at=damage.time,
        ended_at=ended_at,
        timed=False,
        severity=Severity.HIGH,
        evidence=(damage,),
        factors=factors,
    )


RULE = Rule(
    kind="parcel_damaged",
    subject=Subject.PARCEL,
    also={Subject.ORDER: on_order},
    stage="deliver",
    place=5,
    playbook="Send it again or give the money back, without asking for photographs first; claim from the carrier.",
    act_within=DAY,
    limits=frozenset(),
    find=find,
)
