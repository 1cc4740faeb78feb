"""The customer searched and searched, and found nothing."""

from collections.abc import Iterator

from services.journey.domain import facts as f
from services.journey.domain.entities.visit import Visit
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, runs
from services.journey.domain.person import Person

MANY = 2
"""So many searches without results are a dead end; one may be a slip of the pen."""


def find(session: Visit, person: Person, limits: Limits) -> Iterator[Spell]:
    """Two searches without results; an item added to the cart ends it."""
    for searches, ended_at in runs(session.entity.of(f.SearchFoundNothing), person.additions_in(session)):
        if len(searches) >= MANY:
            opening = searches[MANY - 1]
            yield Spell(
                entity=session.alias,
                anchor=opening.time,
                happened_at=opening.time,
                ended_at=ended_at,
                timed=False,
                severity=Severity.LOW,
                evidence=tuple(searches[:MANY]),
            )


RULE = Rule(
    kind="search_dead_end",
    subject=Subject.SESSION,
    stage="discover",
    place=0,
    playbook="Teach the search these words (synonyms, spelling), or tell purchasing what is asked for.",
    act_within=7 * DAY,
    limits=frozenset(),
    find=find,
)
