"""A customer was about to pay, and left."""

from collections.abc import Iterator
from decimal import Decimal

from services.journey.domain import facts as f
from services.journey.domain.entities.visit import Checkout
from services.journey.domain.instants import DAY, earliest, first_after
from services.journey.domain.pain.cause import cause_of
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(checkout: Checkout, person: Person, limits: Limits) -> Iterator[Spell]:
    """Started and not ordered, and no activity or order of the person since the last activity within the limit."""
    if checkout.started is None:
        return
    instants = [fact.time for fact in checkout.activity]
    for last in checkout.activity:
        if last.time < checkout.started.time or _ordered_by(checkout, last.time):
            continue
        happened_at = last.time + limits["after"]
        ended_at = earliest(first_after(instants, last.time), person.ordered_since(last.time), checkout.ordered_at)
        if ended_at is None or ended_at > happened_at:
            yield _spell(checkout, person, limits, last, happened_at, ended_at)


def _spell(
    checkout: Checkout, person: Person, limits: Limits, last: f.Fact, happened_at: int, ended_at: int | None
) -> Spell:
    value, currency = person.basket(checkout, happened_at)
    cause, witnesses = cause_of(checkout, person, limits, happened_at)
    return Spell(
        entity=checkout.alias,
        anchor=last.time,
        happened_at=happened_at,
        ended_at=ended_at,
        severity=_severity(value, limits),
        cause=cause,
        value=value,
        currency=currency,
        evidence=(last, *(witness for witness in witnesses if witness != last)),
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
    limits=frozenset({"after", "slow_promise", "question_before"}),
    numbers=frozenset({"high_value", "shipping_share"}),
    find=find,
)
