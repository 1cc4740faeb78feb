"""A filled cart was left alone."""

from collections.abc import Iterator

from services.journey.domain.entities.visit import Cart
from services.journey.domain.instants import DAY, at_or_after, earliest, first_after
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(cart: Cart, person: Person, limits: Limits) -> Iterator[Spell]:
    """Not empty, and no update, checkout or order by its person since the last update within the limit."""
    instants = [update.time for update in cart.updates]
    own = sorted([*cart.ends, *_checkouts(cart, person)])
    for update in cart.updates:
        if update.empty:
            continue
        yield Spell(
            entity=cart.alias,
            anchor=update.time,
            happened_at=update.time + limits["after"],
            ended_at=earliest(
                first_after(instants, update.time),
                at_or_after(own, update.time),
                person.ordered_since(update.time),
                person.checked_out_since(update.time),
            ),
            severity=Severity.LOW,
            value=update.value,
            currency=update.currency,
            evidence=(update,),
        )


def _checkouts(cart: Cart, person: Person) -> Iterator[int]:
    """Any event of a checkout that names the cart, its order too, though this one event may not name it."""
    for checkout_id in sorted(cart.checkout_ids):
        if checkout := person.checkout(checkout_id):
            yield from (fact.time for fact in (*checkout.activity, *checkout.orders))


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
