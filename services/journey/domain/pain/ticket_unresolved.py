"""A customer's problem stays unsolved."""

from collections.abc import Iterator

from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, runs
from services.journey.domain.person import Person


def find(ticket: Ticket, person: Person, limits: Limits) -> Iterator[Spell]:
    """Opened, or reopened after a solution, and not solved within the limit."""
    for requests, ended_at in runs(ticket.requests if ticket.opened else (), ticket.solutions):
        yield Spell(
            entity=ticket.alias,
            anchor=requests[0].time,
            happened_at=requests[0].time + limits["after"],
            ended_at=ended_at,
            severity=Severity.HIGH,
            evidence=(requests[0],),
        )


RULE = Rule(
    kind="ticket_unresolved",
    subject=Subject.TICKET,
    stage="care",
    place=8,
    playbook="Give it to somebody who can decide, and tell the customer their name.",
    act_within=DAY,
    limits=frozenset({"after"}),
    find=find,
)
