"""ticket_unanswered: a contact that no agent's reply or solution followed for 24 hours."""

from datetime import datetime, timedelta

import pytest
from support.story import Hurt, at, hurts, reply, ticket

KIND = "ticket_unanswered"
OPENED = ticket("opened", at())
OPEN = Hurt("ticket:t1", at(hours=24), None, "medium")
MOMENT = timedelta(milliseconds=1)


def test_no_reply_for_over_24_hours_hurts() -> None:
    assert hurts([OPENED], at(hours=24), KIND) == []
    assert hurts([OPENED], at(hours=24) + MOMENT, KIND) == [OPEN]


def answers(when: datetime) -> dict[str, bytes]:
    return {"reply": reply("agent", when), "solution": ticket("solved", when)}


@pytest.mark.parametrize("how", ["reply", "solution"])
def test_an_agents_reply_or_a_solution_ends_it_and_exactly_at_the_limit_is_in_time(how: str) -> None:
    late = at(hours=24) + MOMENT
    assert hurts([OPENED, answers(at(hours=24))[how]], at(days=9), KIND) == []
    assert hurts([OPENED, answers(late)[how]], at(days=9), KIND) == [OPEN._replace(ended_at=late)]


def test_the_oldest_unanswered_contact_counts() -> None:
    assert hurts([OPENED, reply("customer", at(hours=20))], at(days=9), KIND) == [OPEN]


def test_after_an_answer_the_next_contact_counts() -> None:
    answered = [OPENED, reply("agent", at(hours=1))]
    assert hurts([*answered, reply("customer", at(hours=2))], at(days=9), KIND) == [
        Hurt("ticket:t1", at(hours=26), None, "medium")
    ]
    assert hurts([*answered, ticket("reopened", at(hours=3))], at(days=9), KIND) == [
        Hurt("ticket:t1", at(hours=27), None, "medium")
    ]


def test_the_limit_may_be_crossed_twice() -> None:
    events = [OPENED, reply("agent", at(days=2)), reply("customer", at(days=3)), reply("agent", at(days=5))]
    assert hurts(events, at(days=9), KIND) == [
        OPEN._replace(ended_at=at(days=2)),
        Hurt("ticket:t1", at(days=4), at(days=5), "medium"),
    ]


def test_nothing_is_said_of_a_ticket_that_nobody_opened() -> None:
    assert hurts([reply("customer", at())], at(days=9), KIND) == []


def test_a_ticket_without_a_customer_hangs_below_its_order_and_hurts_as_well() -> None:
    alone = ticket("opened", at(), customer_id=None, order_id="o1")
    assert hurts([alone], at(days=9), KIND) == [OPEN]
