"""What the clock is waited for."""

from services.journey.domain.timers import Timers

ONE, OTHER = ("unit", "order:1"), ("unit", "order:2")


def test_the_first_moment_of_all_is_due() -> None:
    timers = Timers()
    timers.wait(ONE, 20, set())
    timers.wait(OTHER, 10, {"order:2"})
    assert (timers.due, timers.waiting) == (10, {"order:2"})


def test_a_question_that_was_put_off_waits_for_its_new_moment_only() -> None:
    timers = Timers()
    timers.wait(ONE, 10, set())
    timers.wait(ONE, 30, set())
    assert timers.due == 30
    assert list(timers.passed(29)) == []
    assert list(timers.passed(30)) == [ONE]


def test_a_question_that_was_called_off_is_not_asked() -> None:
    timers = Timers()
    timers.wait(ONE, 10, {"order:1"})
    timers.wait(ONE, None, set())
    assert (timers.due, timers.waiting, list(timers.passed(10))) == (None, set(), [])


def test_a_moment_that_passed_is_not_due_again() -> None:
    timers = Timers()
    timers.wait(ONE, 10, set())
    timers.wait(ONE, 10, set())
    assert list(timers.passed(10)) == [ONE]
    assert timers.due is None
