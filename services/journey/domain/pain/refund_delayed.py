"""The shop has the goods back, and the customer not the money."""

from collections.abc import Iterator

from services.journey.domain.entities.order import Order
from services.journey.domain.entities.returned import Return
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(returned: tuple[Order, Return], person: Person, limits: Limits) -> Iterator[Spell]:
    """A return received and not refunded within the limit; a refund that names no return counts for all of them."""
    order, return_ = returned
    if return_.received is None:
        return
    yield Spell(
        entity=return_.alias,
        anchor=return_.received.time,
        happened_at=return_.received.time + limits["after"],
        ended_at=order.refunded_for(return_.id),
        severity=Severity.HIGH,
        evidence=(return_.received,),
    )


RULE = Rule(
    kind="refund_delayed",
    subject=Subject.RETURN,
    stage="care",
    place=7,
    playbook="Pay it out today and say so; look what held it up.",
    act_within=DAY,
    limits=frozenset({"after"}),
    find=find,
)
