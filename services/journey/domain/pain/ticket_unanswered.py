"""A customer wrote, and nobody answered."""

from collections.abc import Iterator

from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, runs
from services.journey.domain.person import Person


def find(ticket: Ticket, person: Person, limits: Limits) -> Iterator[Spell]:
    """From the oldest contact that no agent's reply or solution followed within the limit."""
    for contacts, ended_at in runs(ticket.contacts if ticket.opened else (), ticket.answers):
        yield Spell(
            entity=ticket.alias,
            anchor=contacts[0].time,
            happened_at=contacts[0].time + limits["after"],
            ended_at=ended_at,
            severity=Severity.MEDIUM,
            evidence=(contacts[0],),
        )


RULE = Rule(
    kind="ticket_unanswered",
    subject=Subject.TICKET,
    stage="care",
    place=8,
    playbook="Answer now, if only to say who looks after it and until when.",
    act_within=DAY,
    limits=frozenset({"after"}),
    find=find,
)
