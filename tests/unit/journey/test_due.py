"""Moments come in order, clock by clock, no earlier than they are due and each once."""

from services.journey.domain.due import Due


def waiting() -> Due:
    due = Due()
    due.restore(iter([("main", 30, "c"), ("main", 10, "a"), ("demo", 5, "d")]))
    due.wait("main", 20, "b")
    return due


def test_what_has_come_comes_in_order_and_the_rest_stays() -> None:
    due = waiting()
    assert [*due.take("main", 20, 9)] == [(10, "a"), (20, "b")]
    assert [*due.take("main", 29, 9)] == []
    assert [*due.take("main", 30, 9)] == [(30, "c")]


def test_no_more_come_at_once_than_are_asked_for() -> None:
    due = waiting()
    assert [*due.take("main", 99, 2)] == [(10, "a"), (20, "b")]
    assert due.reached("main", 99)
    assert [*due.take("main", 99, 2)] == [(30, "c")]
    assert not due.reached("main", 99)


def test_a_clock_that_nobody_waits_for_reaches_nothing() -> None:
    assert not waiting().reached("other", 99)
    assert [*waiting().take("other", 99, 9)] == []
