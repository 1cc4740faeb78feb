"""refund_delayed: a return received, and no refund for 14 days."""

from datetime import datetime, timedelta

import pytest
from support.story import Hurt, at, hurts, placed, refunded, return_

KIND = "refund_delayed"
BOUGHT = placed("o1", at())
BACK = return_("received", at(days=1))
MOMENT = timedelta(milliseconds=1)


def test_no_refund_for_over_14_days_hurts() -> None:
    assert hurts([BOUGHT, BACK], at(days=15), KIND) == []
    assert hurts([BOUGHT, BACK], at(days=15) + MOMENT, KIND) == [Hurt("return:r1", at(days=15), None, "high")]


def test_a_refund_exactly_at_the_limit_is_in_time_and_a_moment_later_ends_it() -> None:
    late = at(days=15) + MOMENT
    assert hurts([BOUGHT, BACK, refunded(at(days=15))], at(days=40), KIND) == []
    assert hurts([BOUGHT, BACK, refunded(late)], at(days=40), KIND) == [Hurt("return:r1", at(days=15), late, "high")]


def test_a_return_that_was_only_registered_does_not() -> None:
    assert hurts([BOUGHT, return_("registered", at(days=1))], at(days=40), KIND) == []


@pytest.mark.parametrize("when", [at(), at(days=3)], ids=["before", "after"])
def test_a_refund_that_names_no_return_counts_for_all_whenever_it_came(when: datetime) -> None:
    events = [BOUGHT, BACK, return_("received", at(days=2), "r2"), refunded(when)]
    assert hurts(events, at(days=40), KIND) == []


def test_a_refund_that_names_a_return_counts_for_that_one() -> None:
    events = [BOUGHT, BACK, return_("received", at(days=2), "r2"), refunded(at(days=3), return_id="r2")]
    assert hurts(events, at(days=40), KIND) == [Hurt("return:r1", at(days=15), None, "high")]


def test_the_first_receipt_counts() -> None:
    events = [BOUGHT, BACK, return_("received", at(days=9))]
    assert hurts(events, at(days=40), KIND) == [Hurt("return:r1", at(days=15), None, "high")]


def test_it_hurts_although_nobody_placed_the_order() -> None:
    assert hurts([BACK], at(days=40), KIND) == [Hurt("return:r1", at(days=15), None, "high")]
