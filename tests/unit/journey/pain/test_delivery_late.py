"""delivery_late: the first promise passed without an attempt or a delivery."""

from datetime import datetime, timedelta

import pytest
from support.story import Hurt, at, checkout, hurts, order, parcel, placed, refunded, registered, scanned, step

KIND = "delivery_late"
PROMISED = [placed("o1", at(), promised_by=at(days=5)), registered("o1", at())]
LATE = Hurt("order:o1", at(days=5), None, "high")
MOMENT = timedelta(milliseconds=1)


def test_a_promise_that_passed_hurts() -> None:
    assert hurts(PROMISED, at(days=5), KIND) == []
    assert hurts(PROMISED, at(days=5) + MOMENT, KIND) == [LATE]


def ends(when: datetime) -> dict[str, bytes]:
    return {
        "attempted": parcel("delivery_attempted", when),
        "pick-up": scanned(when, status="available_for_pickup"),
        "delivered": parcel("delivered", when),
        "cancelled": order("cancelled", when),
        "refunded": refunded(when),
    }


@pytest.mark.parametrize("how", ends(at()))
def test_each_of_these_ends_it_and_exactly_at_the_promise_is_in_time(how: str) -> None:
    late = at(days=5) + MOMENT
    assert hurts([*PROMISED, ends(at(days=5))[how]], at(days=9), KIND) == []
    assert hurts([*PROMISED, ends(late)[how]], at(days=9), KIND) == [LATE._replace(ended_at=late)]


def test_lost_or_returned_is_not_delivered() -> None:
    assert hurts([*PROMISED, parcel("lost", at(days=2))], at(days=9), KIND) == [LATE]
    assert hurts([*PROMISED, parcel("returned", at(days=2))], at(days=9), KIND) == [LATE]


def test_every_parcel_must_have_come_but_those_that_never_will() -> None:
    both = [*PROMISED, registered("o1", at(), "2"), parcel("delivered", at(days=3))]
    assert hurts(both, at(days=9), KIND) == [LATE]
    assert hurts([*both, parcel("lost", at(days=4), "2")], at(days=9), KIND) == []
    assert hurts([*both, parcel("delivery_attempted", at(days=6), "2")], at(days=9), KIND) == [
        LATE._replace(ended_at=at(days=6))
    ]


def test_a_loss_that_was_undone_counts_for_nothing() -> None:
    both = [*PROMISED, registered("o1", at(), "2"), parcel("delivered", at(days=3))]
    found = [parcel("lost", at(days=4), "2"), scanned(at(days=8), "2")]
    assert hurts([*both, *found], at(days=9), KIND) == [LATE]


def test_a_lost_parcel_that_came_back_was_lost_when_the_carrier_said_so() -> None:
    both = [*PROMISED, registered("o1", at(), "2"), parcel("delivered", at(days=3))]
    words = [parcel("lost", at(days=4), "2"), parcel("returned", at(days=8), "2")]
    assert hurts([*both, *words], at(days=9), KIND) == []


def test_the_first_promise_counts_whatever_was_promised_later() -> None:
    later = registered("o1", at(hours=1), promised_by=at(days=30))
    assert hurts([*PROMISED, later], at(days=9), KIND) == [LATE]


def test_a_checkouts_promise_counts_only_if_there_is_no_other() -> None:
    promised = [checkout(at()), step(at(minutes=1), promised_by=at(days=2))]
    bare = placed("o1", at(minutes=2), checkout_id="x1")
    assert hurts([*promised, bare], at(days=9), KIND) == [Hurt("order:o1", at(days=2), None, "high")]
    own = placed("o1", at(minutes=2), checkout_id="x1", promised_by=at(days=5))
    assert hurts([*promised, own], at(days=9), KIND) == [LATE]


def test_without_a_promise_nothing_is_late() -> None:
    assert hurts([placed("o1", at()), registered("o1", at())], at(days=60), KIND) == []
