"""Why a checkout was abandoned: the first cause of the list that the facts up to that moment show."""

from datetime import datetime, timedelta

import msgspec
import pytest
from support.story import (
    at,
    cart,
    checkout,
    error,
    page,
    pains,
    payment,
    product,
    reply,
    step,
    ticket,
)

from schemas.ids import event_id
from schemas.rows import PainPointRow

STARTED = checkout(at(), total="100.00")
MOMENT = timedelta(milliseconds=1)
LEFT_AT = at(minutes=31)  # half an hour after a step at minute 1

DECLINED = payment("failed", at(seconds=50), checkout_id="x1")
NO_PAYMENT = step(at(seconds=51), "payment", payment_options=[])
BROKEN = error(at(seconds=52), checkout_id="x1")
SOLD_OUT = product(at(seconds=53), "A", in_stock=False)
NO_DELIVERY = step(at(seconds=54), shipping_options=[])
DEAR = step(at(seconds=55), shipping_cost="15.01")
SLOW = step(at(seconds=56), promised_by=at(days=7, seconds=56) + MOMENT)
WAITING = [page(at(seconds=57), lcp_ms=5000), page(at(seconds=58), lcp_ms=5000)]
ASKED = ticket("opened", at(seconds=59))
LAST = step(at(minutes=1), "review")

IN_ORDER = {
    "payment_failed": [DECLINED],
    "no_payment_option": [NO_PAYMENT],
    "site_error": [BROKEN],
    "out_of_stock": [SOLD_OUT],
    "no_delivery_option": [NO_DELIVERY],
    "shipping_cost": [DEAR],
    "delivery_too_slow": [SLOW],
    "slow_pages": WAITING,
    "unanswered_question": [ASKED],
}


def left(*events: bytes) -> PainPointRow:
    """The one time that the checkout was abandoned."""
    (pain,) = pains([STARTED, *events, LAST], at(days=20), "checkout_abandoned")
    assert pain.happened_at == int(LEFT_AT.timestamp() * 1000)
    return pain


def cause(*events: bytes) -> str:
    return left(*events).cause


@pytest.mark.parametrize("name", IN_ORDER)
def test_each_cause_is_named_with_its_evidence(name: str) -> None:
    pain = left(*IN_ORDER[name])
    assert pain.cause == name
    assert len(pain.evidence) == 1 + len(IN_ORDER[name]), "the last activity, and what shows the cause"


@pytest.mark.parametrize("name", IN_ORDER)
def test_of_several_causes_the_first_in_the_list_is_named(name: str) -> None:
    rest = list(IN_ORDER)[list(IN_ORDER).index(name) :]
    assert cause(*(event for other in rest for event in IN_ORDER[other])) == name


def test_without_any_it_is_unknown() -> None:
    pain = left()
    assert pain.cause == "unknown"
    assert pain.evidence == (event_id("/story", _id(LAST)),)


def test_a_decline_counts_only_without_a_success_after_it() -> None:
    paid = payment("succeeded", at(seconds=55), checkout_id="x1")
    assert cause(DECLINED, paid) == "unknown"
    assert cause(paid, payment("failed", at(seconds=56), checkout_id="x1")) == "payment_failed"


def test_an_empty_list_is_none_and_an_absent_one_unknown_and_the_last_word_counts() -> None:
    assert cause(step(at(seconds=50), "payment", payment_options=["card"])) == "unknown"
    assert cause(NO_PAYMENT, step(at(seconds=58), "payment", payment_options=["card"])) == "unknown"
    assert cause(NO_DELIVERY, step(at(seconds=58), shipping_options=["post"])) == "unknown"


def test_an_error_of_a_session_counts_from_the_third_and_on_a_checkout_at_once() -> None:
    errors = [error(at(seconds=second)) for second in (10, 20, 30)]
    assert cause(*errors[:2]) == "unknown"
    assert cause(*errors) == "site_error"
    assert cause(error(at(seconds=10), checkout_id="x1", session_id=None)) == "site_error"


def test_another_sessions_facts_do_not_count() -> None:
    assert cause(product(at(seconds=5), "A", "s2", in_stock=False)) == "unknown"


def test_shipping_of_exactly_15_percent_is_fair() -> None:
    assert cause(step(at(seconds=55), shipping_cost="15.00")) == "unknown"


def test_without_a_total_shipping_is_compared_to_the_cart() -> None:
    events = [cart(at(), "A"), checkout(at(seconds=1), total=None, cart_id="k1")]
    dear = step(at(minutes=1), shipping_cost="1.51")
    (pain,) = pains([*events, dear], at(days=20), "checkout_abandoned")
    assert pain.cause == "shipping_cost"


def test_a_promise_of_exactly_7_days_is_not_too_slow() -> None:
    assert cause(step(at(seconds=56), promised_by=at(days=7, seconds=56))) == "unknown"


def test_one_poor_page_is_not_enough() -> None:
    assert cause(WAITING[0]) == "unknown"


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        (at(hours=-24), "unanswered_question"),
        (at(hours=-24) - MOMENT, "unknown"),
        (LEFT_AT, "unanswered_question"),
        (LEFT_AT + MOMENT, "unknown"),
    ],
    ids=["a day before the session", "earlier", "as it was left", "later"],
)
def test_a_question_counts_from_a_day_before_the_session(opened: datetime, expected: str) -> None:
    assert cause(ticket("opened", opened)) == expected


def test_an_answer_by_then_settles_the_question_and_a_later_one_does_not() -> None:
    assert cause(ASKED, reply("agent", LEFT_AT)) == "unknown"
    assert cause(ASKED, reply("agent", LEFT_AT + MOMENT)) == "unanswered_question"
    assert cause(ASKED, reply("customer", at(minutes=5))) == "unanswered_question"


def test_what_happened_after_it_was_left_is_no_cause() -> None:
    assert cause(product(LEFT_AT, "A", in_stock=False)) == "out_of_stock"
    assert cause(product(LEFT_AT + MOMENT, "A", in_stock=False)) == "unknown"


def _id(event: bytes) -> str:
    return str(msgspec.json.decode(event)["id"])


def test_a_success_in_the_same_millisecond_undoes_a_decline() -> None:
    paid = payment("succeeded", at(seconds=50), checkout_id="x1")
    assert cause(DECLINED, paid) == "unknown"


def test_an_error_on_the_checkout_counts_though_its_session_is_another_persons() -> None:
    tablet = page(at(minutes=-5), customer_id="c2")
    broken = error(at(seconds=52), checkout_id="x1", customer_id=None)
    alone = checkout(at(), total="100.00", session_id=None)
    (pain,) = pains([tablet, alone, broken, LAST], at(days=1), "checkout_abandoned")
    assert pain.cause == "site_error"


def test_a_session_that_the_checkout_is_seen_in_later_is_not_known_yet() -> None:
    asked = ticket("opened", at(hours=-26))
    early, later = page(at(hours=-3)), checkout(at(hours=2), total="100.00")
    started = checkout(at(), total="100.00", session_id=None)
    found = pains([asked, early, started, later], at(days=1), "checkout_abandoned")
    assert [pain.cause for pain in found] == ["unknown", "unanswered_question"]
