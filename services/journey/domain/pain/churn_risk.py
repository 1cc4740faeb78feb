"""A customer who was hurt has not been seen since."""

from collections.abc import Iterator, Sequence

from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, PainPoint, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person

SEVERE = frozenset({Severity.HIGH, Severity.CRITICAL})


def find(history: Sequence[PainPoint], person: Person, limits: Limits) -> Iterator[Spell]:
    """After an order's first severe pain point, no touch and no order of the person within the limit; once an order."""
    first = next((pain for pain in history if pain.severity in SEVERE), None)
    if first is not None:
        yield Spell(
            entity=f"pain_point:{first.id}",
            anchor=first.happened_at,
            happened_at=first.happened_at + limits["after"],
            ended_at=person.seen_after(first.happened_at),
            severity=Severity.HIGH,
            order_id=first.order_id,
            evidence=first.evidence,
            behind=first.id,
        )


RULE = Rule(
    kind="churn_risk",
    subject=Subject.HISTORY,
    stage="care",
    place=10,
    playbook="Write in person: what went wrong, what has changed, and a reason to come back.",
    act_within=30 * DAY,
    limits=frozenset({"after"}),
    find=find,
)
