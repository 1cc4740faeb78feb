"""A customer was about to pay, and left."""

from collections.abc import Iterator
from decimal import Decimal

from services.journey.domain.entities.visit import Checkout
from services.journey.domain.instants import DAY, earliest
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, first_after
from services.journey.domain.person import Person


def find(checkout: Checkout, person: Person, limits: Limits) -> Iterator[Spell]:
    """Started and not ordered, and no activity or order of the person since the last activity within the limit."""
    if checkout.started is None:
        return
    activity = checkout.activity
    instants = [fact.time for fact in activity]
    for last in activity:
        if last.time < checkout.started.time or _ordered_by(checkout, last.time):
            continue
        value, currency = person.basket(checkout, last.time)
        yield Spell(
            entity=checkout.alias,
            anchor=last.time,
            happened_at=last.time + limits["after"],
            ended_at=earliest(
                first_after(instants, last.time), first_after(person.order_instants, last.time), checkout.ordered_at
            ),
            severity=_severity(value, limits),
            cause="unknown",
            value=value,
            currency=currency,
            evidence=(last,),
        )


def _ordered_by(checkout: Checkout, instant: int) -> bool:
    return checkout.ordered_at is not None and checkout.ordered_at <= instant


def _severity(value: Decimal | None, limits: Limits) -> Severity:
    return Severity.HIGH if value is not None and value >= limits["high_value"] else Severity.MEDIUM


RULE = Rule(
    kind="checkout_abandoned",
    subject=Subject.CHECKOUT,
    stage="checkout",
    place=0,
    playbook="Mend the named cause, then write: what stopped you, and here is your basket.",
    act_within=DAY,
    limits=frozenset({"after", "high_value"}),
    find=find,
)
