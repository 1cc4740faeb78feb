"""approval_delayed: placed, and neither approved nor cancelled for 48 hours."""

from datetime import datetime, timedelta

import pytest
from support.story import Hurt, at, hurts, order, parcel, placed, registered

KIND = "approval_delayed"
BOUGHT = placed("o1", at())
OPEN = Hurt("order:o1", at(hours=48), None, "medium")
MOMENT = timedelta(milliseconds=1)


def test_no_approval_for_over_48_hours_hurts() -> None:
    assert hurts([BOUGHT], at(hours=48), KIND) == []
    assert hurts([BOUGHT], at(hours=48) + MOMENT, KIND) == [OPEN]


def ends(when: datetime) -> dict[str, list[bytes]]:
    shipped = registered("o1", at())
    return {
        "approved": [order("approved", when)],
        "cancelled": [order("cancelled", when)],
        "handed over": [shipped, parcel("handed_over", when)],
        "delivered": [shipped, parcel("delivered", when)],
        "lost": [shipped, parcel("lost", when)],
    }


@pytest.mark.parametrize("how", ends(at()))
def test_each_of_these_ends_it_and_exactly_at_the_limit_is_in_time(how: str) -> None:
    late = at(hours=48) + MOMENT
    assert hurts([BOUGHT, *ends(at(hours=48))[how]], at(days=9), KIND) == []
    assert hurts([BOUGHT, *ends(late)[how]], at(days=9), KIND) == [OPEN._replace(ended_at=late)]


def test_nothing_is_said_of_an_order_that_nobody_placed() -> None:
    assert hurts([order("cancelled", at()), registered("o1", at())], at(days=9), KIND) == []
