"""The shop's site or app failed in the customer's hands."""

from collections.abc import Iterator, Sequence

from services.journey.domain import facts as f
from services.journey.domain.entities.visit import Checkout, Visit
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, runs
from services.journey.domain.person import Person

MANY = 3
"""So many errors hurt wherever they are; on a checkout one does."""


def find(session: Visit, person: Person, limits: Limits) -> Iterator[Spell]:
    """In a session: an error on a checkout, or many; an order in the session ends it."""
    for errors, ended_at in runs(session.errors, person.orders_in(session)):
        if evidence := decisive(errors):
            yield _spell(session.alias, evidence, ended_at, severe=any(error.checkout_id for error in errors))


def on_checkout(checkout: Checkout, person: Person, limits: Limits) -> Iterator[Spell]:
    """On a checkout, told without a session; an order of the checkout ends it."""
    if checkout.started is not None:
        alone = [error for error in checkout.errors if not error.session_id]
        for errors, ended_at in runs(alone, (ordered.time for ordered in checkout.orders)):
            yield _spell(checkout.alias, errors[:1], ended_at, severe=True)


def decisive(errors: Sequence[f.ErrorOccurred]) -> Sequence[f.ErrorOccurred]:
    """What makes a run of errors hurt: the first on a checkout, or the first many; empty when nothing does."""
    for count, error in enumerate(errors, 1):
        if error.checkout_id:
            return [error]
        if count == MANY:
            return errors[:MANY]
    return []


def _spell(entity: str, evidence: Sequence[f.ErrorOccurred], ended_at: int | None, *, severe: bool) -> Spell:
    opening = evidence[-1]
    return Spell(
        entity=entity,
        anchor=opening.time,
        happened_at=opening.time,
        ended_at=ended_at,
        timed=False,
        severity=Severity.HIGH if severe else Severity.MEDIUM,
        evidence=tuple(evidence),
        factors={"page": opening.page} if opening.page else {},
    )


RULE = Rule(
    kind="site_error",
    subject=Subject.SESSION,
    also={Subject.CHECKOUT: on_checkout},
    stage="checkout",
    place=0,
    playbook="Send the error to the team that owns the page; if a checkout broke, write with a link that works.",
    act_within=DAY,
    limits=frozenset(),
    find=find,
)
