"""A customer has to ask again and again."""

from collections.abc import Iterator

from services.journey.domain import facts as f
from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person

MANY = 3
"""So many contacts within the limit are too many."""

Contact = tuple[f.Fact, Ticket]


def find(person: Person, _: Person, limits: Limits) -> Iterator[Spell]:
    """Three contacts of a person within the limit, in whatever tickets; as long without any ends it."""
    for run in _runs(person.contacts, limits["within"]):
        if opening := _first_many(run, limits["within"]):
            ticket = opening[0][1]
            yield Spell(
                entity=ticket.alias,
                anchor=opening[-1][0].time,
                happened_at=opening[-1][0].time,
                lapses_at=run[-1][0].time + limits["within"],
                timed=False,
                severity=Severity.HIGH,
                order_id=ticket.order_id,
                evidence=tuple(fact for fact, _ in opening),
            )


def _runs(contacts: list[Contact], within: int) -> Iterator[list[Contact]]:
    """Contacts without a longer pause between any two."""
    begin = 0
    for at in range(1, len(contacts) + 1):
        if at == len(contacts) or contacts[at][0].time - contacts[at - 1][0].time > within:
            yield contacts[begin:at]
            begin = at


def _first_many(run: list[Contact], within: int) -> list[Contact]:
    windows = (run[at : at + MANY] for at in range(len(run) - MANY + 1))
    return next((window for window in windows if window[-1][0].time - window[0][0].time <= within), [])


RULE = Rule(
    kind="repeat_contact",
    subject=Subject.PERSON,
    stage="care",
    place=8,
    playbook="Let one person take over all that is open with this customer, and call.",
    act_within=DAY,
    limits=frozenset({"within"}),
    find=find,
)
