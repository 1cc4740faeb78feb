"""The first promise to the customer was broken."""

from collections.abc import Iterator

from services.journey.domain.entities.order import Order
from services.journey.domain.instants import DAY, earliest
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(order: Order, person: Person, limits: Limits) -> Iterator[Spell]:
    """The first promise passed without an attempt or delivery, and nothing had ended the wait by then."""
    promise = order.first_promise
    if order.placed is None or promise is None:
        return
    yield Spell(
        entity=order.alias,
        anchor=promise,
        happened_at=promise,
        ended_at=earliest(order.attempted_at, order.delivered_at, order.cancelled_at, order.refunded_at),
        severity=Severity.HIGH,
        evidence=(order.placed,),
        factors=order.parcels[0].factors if order.parcels else {},
    )


RULE = Rule(
    kind="delivery_late",
    subject=Subject.ORDER,
    stage="deliver",
    place=6,
    playbook="Call or write before the customer does: say where it is, give a new date, offer something for the wait.",
    act_within=DAY,
    limits=frozenset(),
    find=find,
)
