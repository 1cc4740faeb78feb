"""repeat_contact: three contacts of a person within 7 days, until 7 days without one."""

from datetime import timedelta

from support.story import Hurt, at, hurts, pains, placed, reply, ticket

KIND = "repeat_contact"
MOMENT = timedelta(milliseconds=1)


def opened(ticket_id: str, days: float, **more: object) -> bytes:
    return ticket("opened", at(days=days), ticket_id, **more)


def test_the_third_contact_in_exactly_7_days_hurts_whatever_the_ticket() -> None:
    events = [opened("t1", 0), opened("t2", 3), opened("t3", 7)]
    assert hurts(events[:2], at(days=7), KIND) == []
    assert hurts(events, at(days=7), KIND) == [Hurt("ticket:t1", at(days=7), None, "high")]


def test_a_moment_more_than_7_days_is_too_long_ago() -> None:
    late = ticket("opened", at(days=7) + MOMENT, "t3")
    assert hurts([opened("t1", 0), opened("t2", 3), late], at(days=9), KIND) == []


def test_reopening_and_the_customers_replies_are_contacts_and_an_agents_are_not() -> None:
    begun = [opened("t1", 0), reply("agent", at(days=1)), ticket("solved", at(days=1))]
    assert hurts([*begun, ticket("reopened", at(days=2))], at(days=3), KIND) == []
    events = [*begun, ticket("reopened", at(days=2)), reply("customer", at(days=3))]
    assert hurts(events, at(days=3), KIND) == [Hurt("ticket:t1", at(days=3), None, "high")]


def test_it_ends_after_7_days_without_a_contact() -> None:
    events = [opened("t1", 0), opened("t2", 1), opened("t3", 2)]
    assert hurts(events, at(days=9), KIND) == [Hurt("ticket:t1", at(days=2), None, "high")]
    assert hurts(events, at(days=9) + MOMENT, KIND) == [Hurt("ticket:t1", at(days=2), at(days=9), "high")]


def test_a_contact_exactly_7_days_later_keeps_it_open() -> None:
    events = [opened("t1", 0), opened("t2", 1), opened("t3", 2), opened("t4", 9)]
    assert hurts(events, at(days=16), KIND) == [Hurt("ticket:t1", at(days=2), None, "high")]
    assert hurts(events, at(days=20), KIND) == [Hurt("ticket:t1", at(days=2), at(days=16), "high")]


def test_after_the_end_the_count_begins_from_nothing() -> None:
    first = [opened("t1", 0), opened("t2", 1), opened("t3", 2)]
    ended = Hurt("ticket:t1", at(days=2), at(days=9), "high")
    again = [opened("t4", 20), opened("t5", 21)]
    assert hurts([*first, *again], at(days=60), KIND) == [ended]
    assert hurts([*first, *again, opened("t6", 22)], at(days=60), KIND) == [
        ended,
        Hurt("ticket:t4", at(days=22), at(days=29), "high"),
    ]


def test_the_first_of_the_three_is_its_ticket_and_that_ones_order_is_its_order() -> None:
    bought = [placed("o1", at()), placed("o2", at())]
    events = [opened("t0", 0), opened("t1", 6, order_id="o1"), opened("t2", 12, order_id="o2"), opened("t3", 13)]
    (pain,) = pains([*bought, *events], at(days=13), KIND)
    assert (pain.entity, pain.order_id, len(pain.evidence)) == ("ticket:t1", "o1", 3)


def test_contacts_of_two_persons_do_not_add_up() -> None:
    events = [opened("t1", 0), opened("t2", 1), opened("t3", 2, customer_id="c2")]
    assert hurts(events, at(days=3), KIND) == []
