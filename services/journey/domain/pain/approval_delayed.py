"""The shop has not said yes to an order for too long."""

from collections.abc import Iterator

from services.journey.domain.entities.order import Order
from services.journey.domain.instants import DAY, earliest
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(order: Order, person: Person, limits: Limits) -> Iterator[Spell]:
    """Placed, and not approved or cancelled within the limit."""
    if order.placed:
        yield Spell(
            entity=order.alias,
            anchor=order.placed.time,
            happened_at=order.placed.time + limits["after"],
            ended_at=earliest(order.approved_at, order.cancelled_at),
            severity=Severity.MEDIUM,
            evidence=(order.placed,),
        )


RULE = Rule(
    kind="approval_delayed",
    subject=Subject.ORDER,
    stage="order",
    place=1,
    playbook="Find out what holds the approval up (payment, fraud check, stock) and tell the customer a date.",
    act_within=DAY,
    limits=frozenset({"after"}),
    find=find,
)
