"""An approved order has not left the shop in time."""

from collections.abc import Iterator

from services.journey.domain.entities.order import Order
from services.journey.domain.instants import DAY, earliest
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(order: Order, person: Person, limits: Limits) -> Iterator[Spell]:
    """Approved, and not handed over by `ship_by`, else within the limit from the approval."""
    approved = order.approved_at
    if order.placed is None or approved is None:
        return
    yield Spell(
        entity=order.alias,
        anchor=approved if order.ship_by is None else order.ship_by,
        happened_at=approved + limits["after"] if order.ship_by is None else max(order.ship_by, approved),
        ended_at=earliest(order.handed_over_at, order.cancelled_at),
        severity=Severity.MEDIUM,
        evidence=(order.placed,),
    )


RULE = Rule(
    kind="fulfilment_delayed",
    subject=Subject.ORDER,
    stage="fulfil",
    place=2,
    playbook="Ship today or offer a choice: a new date, a part shipment, or the money back.",
    act_within=DAY,
    limits=frozenset({"after"}),
    find=find,
)
