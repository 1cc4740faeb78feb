"""The help desk: tickets, answers to surveys, and what was done about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.cli.replays.event import SentEvent
from services.cli.simulator.shipping import DAY, HOUR, Order
from services.cli.simulator.story import Finding
from services.cli.simulator.teller import Teller, entity_of

ANSWER_LIMIT, SOLUTION_LIMIT, CONTACTS_WITHIN = 24 * HOUR, 5 * DAY, 7 * DAY


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket of the help desk."""

    id: str
    opened_at: datetime
    who: Mapping[str, str | None] = field(default_factory=dict)
    """Whom the help desk names beside the ticket, where that is not the story's customer; None where nobody."""

    @property
    def alias(self) -> str:
        """Its name as an entity."""
        return f"ticket:{self.id}"


def asks(t: Teller, placed: Order | None = None, topic: str = "where_is_my_order", **who: str | None) -> Ticket:
    """The customer, or somebody else, turns to the shop, about an order if one is given; now."""
    ticket = Ticket(t.name("ticket"), t.now, who)
    about = {"order_id": placed.id} if placed else {}
    channel = t.rng.choice(("phone", "email", "chat", "social", "portal"))
    t.desk("ticket.opened", ticket_id=ticket.id, channel=channel, topic=topic, **about, **who)
    return ticket


def writes_again(t: Teller, ticket: Ticket) -> datetime:
    """The customer writes in the ticket, now."""
    t.desk("ticket.replied", ticket_id=ticket.id, by="customer", **ticket.who)
    return t.now


def is_answered(t: Teller, ticket: Ticket) -> datetime:
    """An agent writes in the ticket, now."""
    t.desk("ticket.replied", ticket_id=ticket.id, by="agent", **ticket.who)
    return t.now


def is_solved(t: Teller, ticket: Ticket) -> datetime:
    """The ticket is closed, now."""
    t.desk("ticket.solved", ticket_id=ticket.id, **ticket.who)
    return t.now


def reopens(t: Teller, ticket: Ticket) -> datetime:
    """The customer is not content with the solution, now."""
    t.desk("ticket.reopened", ticket_id=ticket.id, **ticket.who)
    return t.now


def is_settled(t: Teller, ticket: Ticket) -> datetime:
    """An answer and a solution within hours."""
    t.pause(HOUR / 2, 10 * HOUR)
    is_answered(t, ticket)
    t.pause(HOUR / 2, 10 * HOUR)
    return is_solved(t, ticket)


def answers(
    t: Teller, placed: Order | None, score: int, scale: int | None = 5, survey: str = "review", **about: str
) -> SentEvent:
    """The customer answers a survey within days, about an order if one is given."""
    t.pause(3 * HOUR, 4 * DAY)
    order = {"order_id": placed.id} if placed else {}
    scaled = {} if scale is None else {"scale": scale}
    return t.desk("survey.answered", survey=survey, score=score, **scaled, **order, **about)


def low_score_of(answer: SentEvent) -> Finding:
    """The pain point that a bad answer is, as staff see it."""
    return Finding("low_score", entity_of(answer), answer.time, answer.time, timed=False)


def is_low(
    t: Teller,
    answer: SentEvent,
    ended_at: datetime | None = None,
    *,
    lowest: bool = False,
    follows: Finding | None = None,
) -> Finding:
    """The answer was a bad one, or even the worst."""
    worst_at = answer.time if lowest else None
    entity, said = entity_of(answer), answer.time
    return t.hurts("low_score", entity, said, ended_at=ended_at, severe_at=worst_at, follows=follows)


def makes_up(t: Teller, action: str = "voucher", **about: str) -> datetime:
    """Staff do something about it within two days: about an order or a pain point."""
    t.pause(HOUR, timedelta(days=2))
    t.desk("action.taken", action=action, by="care", **about)
    return t.now
