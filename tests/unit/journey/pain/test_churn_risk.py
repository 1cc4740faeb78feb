"""churn_risk: 90 days after an order's first high or critical pain point, and nobody has seen the customer since."""

from datetime import datetime, timedelta

import pytest
from support.story import (
    Hurt,
    at,
    cart,
    checkout,
    hurts,
    live,
    page,
    pains,
    parcel,
    payment,
    placed,
    refunded,
    registered,
    reply,
    step,
    survey,
    ticket,
)

KIND = "churn_risk"
BOUGHT = placed("o1", at())
UNRESOLVED = ticket("opened", at(), order_id="o1")
MOMENT = timedelta(milliseconds=1)
WHEN = at(days=95)


def behind(events: list[bytes], kind: str) -> str:
    (pain,) = pains(events, WHEN + MOMENT, kind)
    return f"pain_point:{pain.pain_point_id}"


def test_it_opens_past_90_days_without_a_sign_of_the_customer() -> None:
    events = [BOUGHT, UNRESOLVED]
    assert hurts(events, WHEN, KIND) == []
    assert hurts(events, WHEN + MOMENT, KIND) == [Hurt(behind(events, "ticket_unresolved"), WHEN, None, "high")]


@pytest.mark.parametrize("kind", ["session", "order", "status page"])
def test_any_touch_or_order_of_the_person_ends_it_and_exactly_at_the_limit_is_in_time(kind: str) -> None:
    def sign(when: datetime) -> bytes:
        seen = {"session": page(when), "order": placed("o2", when), "status page": page(when, page="order_status")}
        return seen[kind]

    events = [BOUGHT, UNRESOLVED]
    late = WHEN + MOMENT
    entity = behind(events, "ticket_unresolved")
    assert hurts([*events, sign(WHEN)], at(days=99), KIND) == []
    assert hurts([*events, sign(late)], at(days=99), KIND) == [Hurt(entity, WHEN, late, "high")]


def test_a_touch_in_the_same_millisecond_is_not_since() -> None:
    events = [placed("o1", at(days=1)), survey(1, at(days=1))]
    assert len(hurts(events, at(days=99), KIND)) == 1


def test_words_of_the_shop_the_carrier_and_the_help_desk_are_no_sign_of_the_customer() -> None:
    words = [refunded(at(days=40)), parcel("delivered", at(days=41)), reply("customer", at(days=42))]
    assert len(hurts([BOUGHT, registered("o1", at()), UNRESOLVED, *words], at(days=99), KIND)) == 1


def test_a_touch_before_the_pain_point_does_not_count() -> None:
    assert len(hurts([BOUGHT, UNRESOLVED, page(at(days=4))], at(days=99), KIND)) == 1


def test_pain_points_of_less_weight_or_without_the_order_do_not_count() -> None:
    events = [BOUGHT, checkout(at(), total="900.00"), ticket("opened", at())]  # high, but on no order
    assert hurts([*events, survey(2, at(days=1))], at(days=150), KIND) == []


def test_an_order_has_one_from_its_first_severe_pain_point() -> None:
    second = [BOUGHT, UNRESOLVED, survey(1, at(days=20))]
    assert hurts(second, at(days=150), KIND) == [Hurt(behind(second, "ticket_unresolved"), WHEN, None, "high")]
    came_back = [*second, page(at(days=10))]
    assert hurts(came_back, at(days=150), KIND) == []


def test_it_shares_the_root_of_the_pain_point_behind_it_however_long_ago_that_ended() -> None:
    promised = placed("o1", at(), promised_by=at(days=5))
    shipped = [registered("o1", at()), parcel("handed_over", at(hours=1)), parcel("delivered", at(days=7))]
    world = live([promised, *shipped], at(days=120))
    found = {pain.kind: pain for pain in world.pain_points().values()}
    late, churn = found["delivery_late"], found[KIND]
    assert churn.entity == f"pain_point:{late.pain_point_id}"
    assert (churn.root_id, churn.order_id) == (late.root_id, "o1")


TOUCHES = {
    "payment for the order": payment("failed", at(days=20), order_id="o1"),
    "empty cart": cart(at(days=20)),
    "step of a checkout": step(at(days=20), customer_id="c1"),
}


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_any_touch_is_a_sign_of_the_customer_also_without_a_session(touch: bytes) -> None:
    assert hurts([BOUGHT, UNRESOLVED, touch], WHEN + MOMENT, KIND) == []


def test_a_touch_that_names_nothing_of_the_customers_is_none() -> None:
    strangers = payment("failed", at(days=20), order_id="nobody-placed")
    assert len(hurts([BOUGHT, UNRESOLVED, strangers], WHEN + MOMENT, KIND)) == 1


def test_a_payment_about_an_order_that_nobody_placed_is_a_touch_of_whoever_it_names() -> None:
    broken = ticket("opened", at(days=1), order_id="o1", topic="damaged")
    events = [BOUGHT, broken, payment("failed", at(days=91), order_id="o9", customer_id="c1")]
    assert hurts(events, at(days=92), KIND) == []
    assert len(hurts(events[:-1], at(days=92), KIND)) == 1
