"""ticket_unresolved: opened or reopened, and not solved for 5 days."""

from datetime import timedelta

from support.story import Hurt, at, hurts, reply, ticket

KIND = "ticket_unresolved"
OPENED = ticket("opened", at())
OPEN = Hurt("ticket:t1", at(days=5), None, "high")
MOMENT = timedelta(milliseconds=1)


def test_not_solved_for_over_5_days_hurts_whoever_replied() -> None:
    events = [OPENED, reply("agent", at(days=1))]
    assert hurts(events, at(days=5), KIND) == []
    assert hurts(events, at(days=5) + MOMENT, KIND) == [OPEN]


def test_a_solution_exactly_at_the_limit_is_in_time_and_a_moment_later_ends_it() -> None:
    late = at(days=5) + MOMENT
    assert hurts([OPENED, ticket("solved", at(days=5))], at(days=9), KIND) == []
    assert hurts([OPENED, ticket("solved", late)], at(days=9), KIND) == [OPEN._replace(ended_at=late)]


def test_reopened_after_a_solution_it_counts_from_then() -> None:
    events = [OPENED, ticket("solved", at(days=1)), ticket("reopened", at(days=2))]
    assert hurts(events, at(days=9), KIND) == [Hurt("ticket:t1", at(days=7), None, "high")]


def test_reopened_without_a_solution_it_counts_from_the_beginning() -> None:
    assert hurts([OPENED, ticket("reopened", at(days=2))], at(days=9), KIND) == [OPEN]


def test_the_limit_may_be_crossed_twice() -> None:
    events = [OPENED, ticket("solved", at(days=6)), ticket("reopened", at(days=7)), ticket("solved", at(days=20))]
    assert hurts(events, at(days=30), KIND) == [
        OPEN._replace(ended_at=at(days=6)),
        Hurt("ticket:t1", at(days=12), at(days=20), "high"),
    ]


def test_nothing_is_said_of_a_ticket_that_nobody_opened() -> None:
    assert hurts([ticket("reopened", at())], at(days=9), KIND) == []
