"""A customer says that it was bad."""

from collections.abc import Iterator

from services.journey.domain.entities.survey import Survey
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(survey: Survey, person: Person, limits: Limits) -> Iterator[Spell]:
    """A score in the lowest part of its scale, or bad feedback; an action on it or its order after it ends it."""
    if survey.is_low(limits["share"]):
        yield Spell(
            entity=survey.alias,
            anchor=survey.fact.time,
            happened_at=survey.fact.time,
            ended_at=person.acted_on(RULE.kind, survey.alias, survey.fact.time, survey.order_id),
            timed=False,
            severity=Severity.HIGH if survey.is_lowest else Severity.MEDIUM,
            evidence=(survey.fact,),
        )


RULE = Rule(
    kind="low_score",
    subject=Subject.SURVEY,
    stage="care",
    place=9,
    playbook="Answer within a day: say sorry for what happened, mend it, and say what will change.",
    act_within=DAY,
    limits=frozenset(),
    numbers=frozenset({"share"}),
    find=find,
)
