"""A filled cart was left alone."""

from collections.abc import Iterator

from services.journey.domain.entities.visit import Cart
from services.journey.domain.instants import DAY, earliest
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, first_after
from services.journey.domain.person import Person


def find(cart: Cart, person: Person, limits: Limits) -> Iterator[Spell]:
    """Not empty, and no update, checkout or order by its person since the last update within the limit."""
    updates = cart.updates
    instants = [update.time for update in updates]
    ends = sorted({*cart.ends, *person.order_instants, *person.checkout_instants})
    for update in updates:
        if update.empty:
            continue
        yield Spell(
            entity=cart.alias,
            anchor=update.time,
            happened_at=update.time + limits["after"],
            ended_at=earliest(first_after(instants, update.time), first_after(ends, update.time - 1)),
            severity=Severity.LOW,
            value=update.value,
            currency=update.currency,
            evidence=(update,),
        )


RULE = Rule(
    kind="cart_abandoned",
    subject=Subject.CART,
    stage="consider",
    place=0,
    playbook="Remind once, with the cart's contents and a link back to it.",
    act_within=DAY,
    limits=frozenset({"after"}),
    find=find,
)
