"""Pages kept the customer waiting."""

from collections.abc import Iterator, Sequence

from services.journey.domain import facts as f
from services.journey.domain.entities.visit import Visit
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, runs
from services.journey.domain.person import Person

MANY = 2
"""So many poor pages hurt; one may be chance."""


def find(session: Visit, person: Person, limits: Limits) -> Iterator[Spell]:
    """Two poor pages in a session; an order in the session ends it."""
    for pages, ended_at in runs(session.poor_pages, person.orders_in(session)):
        if evidence := decisive(pages):
            yield Spell(
                entity=session.alias,
                anchor=evidence[-1].time,
                happened_at=evidence[-1].time,
                ended_at=ended_at,
                timed=False,
                severity=Severity.LOW,
                evidence=tuple(evidence),
                factors={"page": evidence[-1].page},
            )


def decisive(pages: Sequence[f.PageWasPoor]) -> Sequence[f.PageWasPoor]:
    """The first poor pages that are enough to hurt; empty when there are too few."""
    return pages[:MANY] if len(pages) >= MANY else []


RULE = Rule(
    kind="slow_pages",
    subject=Subject.SESSION,
    stage="discover",
    place=0,
    playbook="Look at the page in field data (LCP, INP, TTFB, CLS) and at what changed on it.",
    act_within=7 * DAY,
    limits=frozenset(),
    find=find,
)
