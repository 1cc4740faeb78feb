"""The customer wanted to pay and could not."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.visit import Checkout
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, runs
from services.journey.domain.person import Person

HIGH_AT = 3
"""From this decline of a spell on, it is severe."""


def find(checkout: Checkout, person: Person, limits: Limits) -> Iterator[Spell]:
    """On a checkout: ended by a success of it or its orders, or by their approval."""
    if checkout.started is None or not checkout.declines:
        return
    ends = list(checkout.successes)
    for order in filter(None, (person.order(order_id) for order_id in checkout.order_ids)):
        ends += [*order.successes, *order.approvals]
    for declines, ended_at in runs(checkout.declines, ends):
        value, currency = person.basket(checkout, declines[0].time)
        yield _spell(checkout.alias, declines, ended_at, limits, value, currency)


def on_order(order: Order, person: Person, limits: Limits) -> Iterator[Spell]:
    """On an order: ended by a success or the approval."""
    if order.placed is None or not order.declines:
        return
    named = (person.checkout(placed.checkout_id) for placed in order.placements)
    paid = [instant for checkout in named if checkout for instant in checkout.successes]
    for declines, ended_at in runs(order.declines, [*order.successes, *paid, *order.approvals]):
        yield _spell(order.alias, declines, ended_at, limits, order.total, order.currency)


def _spell(
    entity: str,
    declines: Sequence[f.PaymentFailed],
    ended_at: int | None,
    limits: Limits,
    value: Decimal | None,
    currency: str,
) -> Spell:
    first = declines[0]
    return Spell(
        entity=entity,
        anchor=first.time,
        happened_at=first.time + limits["after"],
        ended_at=ended_at,
        severity=Severity.HIGH if len(declines) >= HIGH_AT else Severity.MEDIUM,
        value=value,
        currency=currency,
        evidence=tuple(declines[:HIGH_AT]),
        factors={"payment_method": first.method},
    )


RULE = Rule(
    kind="payment_failed",
    subject=Subject.CHECKOUT,
    also={Subject.ORDER: on_order},
    stage="checkout",
    place=0,
    playbook="Offer another way to pay and keep the basket; if many fail alike, call the payment provider.",
    act_within=DAY,
    limits=frozenset({"after"}),
    find=find,
)
