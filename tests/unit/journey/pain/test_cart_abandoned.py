"""cart_abandoned: filled, and neither updated, checked out nor ordered for 60 minutes."""

from datetime import datetime, timedelta

import pytest
from support.story import Hurt, at, cart, checkout, hurts, pains, placed, step, told

KIND = "cart_abandoned"
FILLED = cart(at(), "A", "B")
LEFT = Hurt("cart:k1", at(hours=1), None, "low")
MOMENT = timedelta(milliseconds=1)


def test_a_filled_cart_left_alone_for_over_an_hour_hurts() -> None:
    assert hurts([FILLED], at(hours=1), KIND) == []
    assert hurts([FILLED], at(hours=1) + MOMENT, KIND) == [LEFT]


def ends(when: datetime) -> dict[str, bytes]:
    return {
        "update": cart(when, "A"),
        "emptied": cart(when),
        "checkout": checkout(when, cart_id="k1"),
        "other checkout": checkout(when),
        "order": placed("o1", when),
        "order of the cart": placed("o1", when, cart_id="k1", customer_id="c2"),
        "step that names the cart": step(when, cart_id="k1", customer_id="c2"),
    }


@pytest.mark.parametrize("how", ends(at()))
def test_each_of_these_ends_it_and_exactly_at_the_limit_is_in_time(how: str) -> None:
    late = at(hours=1) + MOMENT
    assert LEFT.happened_at not in [h.happened_at for h in hurts([FILLED, ends(at(hours=1))[how]], at(days=9), KIND)]
    assert LEFT._replace(ended_at=late) in hurts([FILLED, ends(late)[how]], at(days=9), KIND)


def test_a_cart_that_was_emptied_is_not_abandoned() -> None:
    assert hurts([FILLED, cart(at(minutes=5))], at(days=9), KIND) == []


def test_of_two_updates_in_one_millisecond_the_last_counts() -> None:
    filled, emptied = cart(at(), "A", id="a"), cart(at(), id="b")
    assert hurts([filled, emptied], at(days=9), KIND) == []


def test_it_may_be_left_twice() -> None:
    events = [FILLED, cart(at(hours=3), "A")]
    assert hurts(events, at(days=9), KIND) == [
        LEFT._replace(ended_at=at(hours=3)),
        Hurt("cart:k1", at(hours=4), None, "low"),
    ]


def test_a_step_of_its_checkout_ends_it_though_the_step_names_no_cart() -> None:
    events = [FILLED, checkout(at(minutes=5), cart_id="k1"), cart(at(minutes=10), "A"), step(at(minutes=15))]
    assert hurts(events, at(days=9), KIND) == []


def test_an_order_of_its_checkout_ends_it_though_the_order_names_nobody() -> None:
    order = told("storefront.order.placed", at(minutes=15), order_id="o1", total="9", currency="EUR", checkout_id="x1")
    events = [FILLED, checkout(at(minutes=5), "x1", cart_id="k1"), cart(at(minutes=10), "A"), order]
    assert hurts(events, at(days=9), KIND) == []


def test_another_persons_order_ends_nothing() -> None:
    assert hurts([FILLED, placed("o1", at(minutes=5), customer_id="c2")], at(days=9), KIND) == [LEFT]


def test_what_is_in_it_is_at_stake() -> None:
    (pain,) = pains([FILLED], at(days=9), KIND)
    assert (str(pain.value_at_risk), pain.currency) == ("20.00", "EUR")


def test_a_cart_that_was_only_named_is_none() -> None:
    seen = told("storefront.page.viewed", at(), url="/", cart_id="k9", customer_id="c1")
    assert hurts([seen], at(days=9), KIND) == []
