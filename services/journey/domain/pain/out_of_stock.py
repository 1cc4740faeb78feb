"""What the customer wanted could not be had."""

from collections.abc import Iterator, Mapping

from services.journey.domain import facts as f
from services.journey.domain.entities.visit import Visit
from services.journey.domain.instants import DAY, at_or_after
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(session: Visit, person: Person, limits: Limits) -> Iterator[Spell]:
    """One a session and article, from the first look at it; an order of it by the person ends it.

    Articles that were first missed at the very same instant (a cart of two) are one pain point, which ends with the
    last of them: a pain point is named by its instant.
    """
    for instant, missed in _first_missed(session).items():
        ends = [at_or_after(person.orders_of(sku), instant) for sku in missed]
        known = [end for end in ends if end is not None]
        yield Spell(
            entity=session.alias,
            anchor=instant,
            happened_at=instant,
            ended_at=max(known) if len(known) == len(ends) else None,
            timed=False,
            severity=Severity.LOW,
            evidence=tuple(missed.values()),
            factors={"sku": min(missed)},
        )


def _first_missed(session: Visit) -> Mapping[int, Mapping[str, f.ItemOutOfStock]]:
    """By instant: the articles first found out of stock at it, with the fact that says so."""
    first: dict[str, f.ItemOutOfStock] = {}
    for fact in session.sold_out:
        first.setdefault(fact.sku, fact)
    found: dict[int, dict[str, f.ItemOutOfStock]] = {}
    for sku, fact in first.items():
        found.setdefault(fact.time, {})[sku] = fact
    return found


RULE = Rule(
    kind="out_of_stock",
    subject=Subject.SESSION,
    stage="consider",
    place=0,
    playbook="Offer to write when it is back, or the nearest article that is there.",
    act_within=7 * DAY,
    limits=frozenset(),
    find=find,
)
