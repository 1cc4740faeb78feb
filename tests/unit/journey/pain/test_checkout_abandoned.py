"""checkout_abandoned: started, and neither active nor ordered for 30 minutes; severe from 200 of value."""

from datetime import datetime, timedelta

import pytest
from support.story import Hurt, action, at, cart, checkout, hurts, page, pains, payment, placed, step, ticket

KIND = "checkout_abandoned"
STARTED = checkout(at())
LEFT = Hurt("checkout:x1", at(minutes=30), None, "medium")
MOMENT = timedelta(milliseconds=1)


def test_a_checkout_left_alone_for_over_half_an_hour_hurts() -> None:
    assert hurts([STARTED], at(minutes=30), KIND) == []
    assert hurts([STARTED], at(minutes=30) + MOMENT, KIND) == [LEFT]


def activity(when: datetime) -> dict[str, bytes]:
    return {
        "step": step(when),
        "decline": payment("failed", when),
        "page": page(when, checkout_id="x1"),
        "cart": cart(when, "A", checkout_id="x1"),
        "ticket": ticket("opened", when, checkout_id="x1"),
    }


@pytest.mark.parametrize("how", activity(at()))
def test_any_event_that_carries_the_checkout_is_activity(how: str) -> None:
    late = at(minutes=30) + MOMENT
    again = Hurt("checkout:x1", at(hours=1), None, "medium")
    assert hurts([STARTED, activity(at(minutes=30))[how]], at(days=9), KIND) == [again]
    assert hurts([STARTED, activity(late)[how]], at(days=9), KIND) == [
        LEFT._replace(ended_at=late),
        again._replace(happened_at=at(hours=1) + MOMENT),
    ]


@pytest.mark.parametrize("ids", [{"checkout_id": "x1", "customer_id": "c2"}, {}], ids=["of it", "of the person"])
def test_an_order_ends_it_and_exactly_at_the_limit_is_in_time(ids: dict[str, str]) -> None:
    late = at(minutes=30) + MOMENT
    assert hurts([STARTED, placed("o1", at(minutes=30), **ids)], at(days=9), KIND) == []
    assert hurts([STARTED, placed("o1", late, **ids)], at(days=9), KIND) == [LEFT._replace(ended_at=late)]


def test_after_its_order_a_checkout_is_never_abandoned() -> None:
    events = [STARTED, placed("o1", at(minutes=5), checkout_id="x1"), step(at(minutes=9))]
    assert hurts(events, at(days=9), KIND) == []


def test_an_earlier_order_of_the_person_does_not_end_it() -> None:
    assert hurts([placed("o1", at(minutes=-5)), STARTED], at(days=9), KIND) == [LEFT]


def test_a_checkout_that_nobody_started_is_none() -> None:
    assert hurts([step(at())], at(days=9), KIND) == []


@pytest.mark.parametrize(("total", "severity"), [("199.99", "medium"), ("200.00", "high")])
def test_it_is_severe_from_200_on(total: str, severity: str) -> None:
    (pain,) = pains([checkout(at(), total=total)], at(days=9), KIND)
    assert (pain.severity, str(pain.value_at_risk)) == (severity, total)


def test_without_a_total_the_cart_says_what_it_is_worth() -> None:
    basket = cart(at(minutes=-5), "A", "B", total="210.00")
    (pain,) = pains([basket, checkout(at(), total=None, cart_id="k1")], at(days=9), KIND)
    assert (pain.severity, str(pain.value_at_risk), pain.currency) == ("high", "210.00", "EUR")


def test_an_action_about_its_customer_ends_nothing() -> None:
    assert hurts([STARTED, action(at(hours=1), customer_id="c1")], at(days=9), KIND) == [LEFT]
