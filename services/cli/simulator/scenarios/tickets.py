"""With the help desk: no answer, no solution, the same question again and again."""

from datetime import datetime

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.desk import (
    ANSWER_LIMIT,
    CONTACTS_WITHIN,
    SOLUTION_LIMIT,
    Ticket,
    asks,
    is_answered,
    is_settled,
    is_solved,
    reopens,
    writes_again,
)
from services.cli.simulator.scenarios.delivery import MOMENT
from services.cli.simulator.shipping import DAY, HOUR, Order, delivered
from services.cli.simulator.shopping import visit
from services.cli.simulator.story import Finding
from services.cli.simulator.teller import Teller


def waits_for_an_answer(t: Teller) -> None:
    """An agent answers on the second day, or the third."""
    ticket = asks(t)
    t.pause(ANSWER_LIMIT + HOUR, 3 * DAY)
    _no_answer(t, ticket, is_answered(t, ticket))
    t.pause(HOUR, DAY)
    is_solved(t, ticket)


def is_answered_just_in_time(t: Teller) -> None:
    """Exactly at the limit is in time."""
    ticket = asks(t)
    t.wait(ANSWER_LIMIT)
    is_answered(t, ticket)
    is_settled(t, ticket)


def is_answered_a_moment_late(t: Teller) -> None:
    """A millisecond past the limit is not; a solution is an answer, too."""
    ticket = asks(t)
    t.wait(ANSWER_LIMIT + MOMENT)
    _no_answer(t, ticket, is_solved(t, ticket))


def is_never_answered(t: Teller) -> None:
    """Neither answered nor solved, about an order: some do not come back."""
    ticket = asks(t, delivered(t))
    _no_answer(t, ticket)
    stays_or_goes(t, _no_solution(t, ticket))


def is_not_answered_again(t: Teller) -> None:
    """The first question was answered, the second one was not: the wait is that of the second."""
    ticket = asks(t)
    t.pause(HOUR, 5 * HOUR)
    is_answered(t, ticket)
    t.pause(HOUR, 5 * HOUR)
    asked = writes_again(t, ticket)
    t.pause(ANSWER_LIMIT + HOUR, 2 * DAY)
    t.hurts("ticket_unanswered", ticket.alias, asked, ANSWER_LIMIT, ended_at=is_solved(t, ticket))


def asks_twice_before_an_answer(t: Teller) -> None:
    """The wait is that of the oldest question."""
    ticket = asks(t)
    t.pause(HOUR, 20 * HOUR)
    writes_again(t, ticket)
    t.pause(ANSWER_LIMIT, 2 * DAY)
    _no_answer(t, ticket, is_answered(t, ticket))
    t.pause(HOUR, DAY)
    is_solved(t, ticket)


def waits_for_a_solution(t: Teller) -> None:
    """Answered soon, solved late, about nothing in particular."""
    ticket = _answered(t)
    t.pause(SOLUTION_LIMIT, 9 * DAY)
    _no_solution(t, ticket, is_solved(t, ticket))


def is_helped_just_in_time(t: Teller) -> None:
    """Exactly at the limit is in time."""
    ticket = _answered(t)
    t.wait_until(ticket.opened_at + SOLUTION_LIMIT)
    is_solved(t, ticket)


def is_helped_a_moment_late(t: Teller) -> None:
    """A millisecond past the limit is not."""
    ticket = _answered(t)
    t.wait_until(ticket.opened_at + SOLUTION_LIMIT + MOMENT)
    _no_solution(t, ticket, is_solved(t, ticket))


def is_not_helped(t: Teller) -> None:
    """Solved, they say; reopened, and forgotten: the wait begins again."""
    ticket = asks(t)
    is_settled(t, ticket)
    t.pause(HOUR, DAY)
    reopened = reopens(t, ticket)
    t.hurts("ticket_unanswered", ticket.alias, reopened, ANSWER_LIMIT)
    t.hurts("ticket_unresolved", ticket.alias, reopened, SOLUTION_LIMIT)


def asks_three_times(t: Teller) -> None:
    """Three tickets within days, each settled soon: one too many, until a week after the last."""
    placed = delivered(t)
    first = _asks_and_is_helped(t, placed)
    for _ in range(2):
        t.pause(HOUR, 2 * DAY)
        last = _asks_and_is_helped(t, placed)
    stays_or_goes(t, _too_many(t, first, last))


def asks_three_times_in_one_ticket(t: Teller) -> None:
    """Whoever writes again turns to the shop again."""
    visit(t)
    ticket = asks(t)
    for _ in range(2):
        t.pause(HOUR, 5 * HOUR)
        is_answered(t, ticket)
        t.pause(HOUR, 5 * HOUR)
        asked = writes_again(t, ticket)
    t.hurts("repeat_contact", ticket.alias, asked, lapses_at=asked + CONTACTS_WITHIN)
    t.pause(HOUR, 5 * HOUR)
    is_solved(t, ticket)


def asks_three_times_in_exactly_a_week(t: Teller) -> None:
    """The week is closed: exactly seven days count."""
    first = _asks_and_is_helped(t)
    t.pause(DAY, 2 * DAY)
    _asks_and_is_helped(t)
    t.wait_until(first.opened_at + CONTACTS_WITHIN)
    _too_many(t, first, _asks_and_is_helped(t))


def asks_three_times_in_a_moment_more(t: Teller) -> None:
    """A millisecond more is no longer the same week."""
    first = _asks_and_is_helped(t)
    t.pause(DAY, 2 * DAY)
    _asks_and_is_helped(t)
    t.wait_until(first.opened_at + CONTACTS_WITHIN + MOMENT)
    _asks_and_is_helped(t)


def asks_for_weeks(t: Teller) -> None:
    """A question each week, exactly: it does not lapse as long as they come."""
    first = _asks_and_is_helped(t)
    for _ in range(2):
        t.pause(DAY, 2 * DAY)
        last = opening = _asks_and_is_helped(t)
    for _ in range(2):
        t.wait_until(last.opened_at + CONTACTS_WITHIN)
        last = _asks_and_is_helped(t)
    _too_many(t, first, opening, last)


def asks_again_after_a_quiet_week(t: Teller) -> None:
    """A millisecond more than a week of silence ends it; the count begins anew."""
    for _ in range(2):
        first = _asks_and_is_helped(t)
        for _ in range(2):
            t.pause(DAY, 2 * DAY)
            last = _asks_and_is_helped(t)
        _too_many(t, first, last)
        t.wait_until(last.opened_at + CONTACTS_WITHIN + MOMENT)


def asks_twice(t: Teller) -> None:
    """Two contacts in a week are nothing special."""
    placed = delivered(t)
    _asks_and_is_helped(t, placed)
    t.pause(HOUR, 2 * DAY)
    _asks_and_is_helped(t, placed)


def _answered(t: Teller) -> Ticket:
    ticket = asks(t)
    t.pause(HOUR, 5 * HOUR)
    is_answered(t, ticket)
    return ticket


def _asks_and_is_helped(t: Teller, placed: Order | None = None) -> Ticket:
    ticket = asks(t, placed)
    is_settled(t, ticket)
    return ticket


def _no_answer(t: Teller, ticket: Ticket, ended_at: datetime | None = None) -> Finding:
    return t.hurts("ticket_unanswered", ticket.alias, ticket.opened_at, ANSWER_LIMIT, ended_at=ended_at)


def _no_solution(t: Teller, ticket: Ticket, ended_at: datetime | None = None) -> Finding:
    return t.hurts("ticket_unresolved", ticket.alias, ticket.opened_at, SOLUTION_LIMIT, ended_at=ended_at)


def _too_many(t: Teller, first: Ticket, third: Ticket, last: Ticket | None = None) -> Finding:
    lapses_at = (last or third).opened_at + CONTACTS_WITHIN
    return t.hurts("repeat_contact", first.alias, third.opened_at, lapses_at=lapses_at)


ALL = (
    waits_for_an_answer,
    is_answered_just_in_time,
    is_answered_a_moment_late,
    is_never_answered,
    is_not_answered_again,
    asks_twice_before_an_answer,
    waits_for_a_solution,
    is_helped_just_in_time,
    is_helped_a_moment_late,
    is_not_helped,
    asks_three_times,
    asks_three_times_in_one_ticket,
    asks_three_times_in_exactly_a_week,
    asks_three_times_in_a_moment_more,
    asks_for_weeks,
    asks_again_after_a_quiet_week,
    asks_twice,
)
