"""Why a checkout is left: one reason, or several of which the likeliest counts."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from services.cli.simulator.desk import ANSWER_LIMIT, SOLUTION_LIMIT, asks, is_answered, is_settled, is_solved
from services.cli.simulator.scenarios.payments import DECLINE_LIMIT
from services.cli.simulator.shipping import goes_well, place
from services.cli.simulator.shopping import (
    CHECKOUT_LIMIT,
    CURRENCY,
    LONG,
    RARE,
    SHORT,
    Cart,
    Checkout,
    abandons,
    breaks,
    come_back,
    finish_checkout,
    is_declined,
    pay,
    step,
    to_checkout,
    up_to_payment,
)
from services.cli.simulator.teller import Teller

MINUTE, HOUR, DAY, MOMENT = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(milliseconds=1)
SLOW, FAIR_SHARE, ASKED_BEFORE = 7 * DAY, Decimal("0.15"), 24 * HOUR

Reason = Callable[[Teller, Cart, Checkout], Checkout]


def _declined(t: Teller, cart: Cart, checkout: Checkout) -> Checkout:
    checkout = is_declined(t, checkout)
    t.hurts("payment_failed", checkout.alias, t.now, DECLINE_LIMIT)
    return checkout


def _no_way_to_pay(t: Teller, cart: Cart, checkout: Checkout) -> Checkout:
    return step(t, checkout, "payment", payment_options=[])


def _broken(t: Teller, cart: Cart, checkout: Checkout) -> Checkout:
    checkout = breaks(t, checkout)
    t.hurts("site_error", t.session, t.now, severe_at=t.now)
    return checkout


def _gone(t: Teller, cart: Cart, checkout: Checkout) -> Checkout:
    t.web("product.viewed", sku=RARE, price="64.50", currency=CURRENCY, in_stock=False)
    t.hurts("out_of_stock", t.session, t.now)
    return checkout


def _no_way_to_deliver(t: Teller, cart: Cart, checkout: Checkout) -> Checkout:
    return step(t, checkout, "shipping", shipping_options=[])


def _dear_shipping(t: Teller, cart: Cart, checkout: Checkout) -> Checkout:
    return _costs(t, checkout, cart.total * FAIR_SHARE + Decimal("0.01"))


def _slow_delivery(t: Teller, cart: Cart, checkout: Checkout) -> Checkout:
    return _promises(t, checkout, t.now + SLOW + MOMENT)


def _slow_pages(t: Teller, cart: Cart, checkout: Checkout) -> Checkout:
    for _ in range(2):
        t.pause(SHORT, LONG / 6)
        t.web("page.viewed", url="https://demo.example/buy", page="checkout", lcp_ms=t.rng.randint(4001, 9000))
    t.hurts("slow_pages", t.session, t.now)
    return checkout


def _question(t: Teller, cart: Cart, checkout: Checkout) -> Checkout:
    ticket = asks(t, topic="payment")
    t.hurts("ticket_unanswered", ticket.alias, t.now, ANSWER_LIMIT)
    t.hurts("ticket_unresolved", ticket.alias, t.now, SOLUTION_LIMIT)
    return checkout


REASONS: Mapping[str, Reason] = {
    "payment_failed": _declined,
    "no_payment_option": _no_way_to_pay,
    "site_error": _broken,
    "out_of_stock": _gone,
    "no_delivery_option": _no_way_to_deliver,
    "shipping_cost": _dear_shipping,
    "delivery_too_slow": _slow_delivery,
    "slow_pages": _slow_pages,
    "unanswered_question": _question,
}
"""How each cause comes about, the likeliest first: of several the first counts."""


def cannot_pay_as_they_like(t: Teller) -> None:
    """No way to pay was offered."""
    _leaves_because(t, "no_payment_option")


def misses_an_article(t: Teller) -> None:
    """What they came for is gone."""
    _leaves_because(t, "out_of_stock")


def lives_too_far_away(t: Teller) -> None:
    """No way of delivery was offered."""
    _leaves_because(t, "no_delivery_option")


def finds_shipping_too_dear(t: Teller) -> None:
    """A cent above fifteen percent of the basket."""
    _leaves_because(t, "shipping_cost")


def finds_delivery_too_slow(t: Teller) -> None:
    """A moment more than seven days away."""
    _leaves_because(t, "delivery_too_slow")


def loses_patience_with_pages(t: Teller) -> None:
    """Poor pages in the session of the checkout."""
    _leaves_because(t, "slow_pages")


def gets_no_answer_while_buying(t: Teller) -> None:
    """Asked, and nobody spoke."""
    _leaves_because(t, "unanswered_question")


def leaves_for_two_reasons(t: Teller) -> None:
    """The likelier of any two is named, whichever came first."""
    _leaves_because(t, *t.rng.sample(list(REASONS), 2))


def leaves_for_neighbouring_reasons(t: Teller) -> None:
    """Two that follow each other in the order, the less likely first."""
    names = list(REASONS)
    at = t.rng.randrange(len(names) - 1)
    _leaves_because(t, names[at + 1], names[at])


def leaves_for_every_reason(t: Teller) -> None:
    """A terrible day; the decline is what is named."""
    _leaves_because(t, *t.rng.sample(list(REASONS), len(REASONS)))


def leaves_fair_offers(t: Teller) -> None:
    """Exactly fifteen percent and exactly seven days are fair: nobody knows why they left."""
    cart, checkout = to_checkout(t)
    t.pause(SHORT, LONG)
    checkout = _costs(t, checkout, cart.total * FAIR_SHARE)
    t.pause(SHORT, LONG)
    abandons(t, cart, _promises(t, checkout, t.now + SLOW))


def leaves_after_a_decline_that_was_mended(t: Teller) -> None:
    """A decline with a success after it explains nothing."""
    cart, checkout = to_checkout(t)
    checkout = is_declined(t, up_to_payment(t, checkout))
    t.pause(MINUTE, 5 * MINUTE)
    abandons(t, cart, pay(t, checkout))


def leaves_twice_for_different_reasons(t: Teller) -> None:
    """What happens after a checkout was left does not explain why it was."""
    cart, left = to_checkout(t)
    t.pause(CHECKOUT_LIMIT + MINUTE, 10 * HOUR)
    come_back(t)
    again = _no_way_to_deliver(t, cart, left)
    abandons(t, cart, left, ended_at=t.now)
    abandons(t, cart, again, "no_delivery_option")


def asked_the_day_before(t: Teller) -> None:
    """A question up to a day before the visit counts, exactly a day, too."""
    _asks_and_comes(t, ASKED_BEFORE, "unanswered_question")


def asked_long_before(t: Teller) -> None:
    """A moment more than a day before the visit is another matter."""
    _asks_and_comes(t, ASKED_BEFORE + MOMENT, "unknown")


def was_answered_and_left(t: Teller) -> None:
    """An answered question explains nothing."""
    cart, checkout = to_checkout(t)
    t.pause(SHORT, LONG)
    ticket = asks(t, topic="size")
    t.pause(SHORT, LONG)
    is_answered(t, ticket)
    abandons(t, cart, checkout)
    t.pause(HOUR, DAY)
    is_solved(t, ticket)


def was_answered_too_late(t: Teller) -> None:
    """The answer came when the customer was gone, who orders all the same."""
    cart, left = to_checkout(t)
    t.pause(SHORT, LONG)
    ticket = asks(t, topic="size")
    t.wait(CHECKOUT_LIMIT)
    is_settled(t, ticket)
    come_back(t)
    checkout = step(t, left, "contact")
    abandons(t, cart, left, "unanswered_question", ended_at=t.now)
    checkout = finish_checkout(t, checkout)
    t.pause(SHORT, LONG)
    goes_well(t, place(t, cart, checkout))


def _leaves_because(t: Teller, *causes: str) -> None:
    """All of these happen in the checkout, in this order."""
    cart, checkout = to_checkout(t)
    for cause in causes:
        t.pause(SHORT, LONG / 2)
        checkout = REASONS[cause](t, cart, checkout)
    abandons(t, cart, checkout, min(causes, key=list(REASONS).index))


def _asks_and_comes(t: Teller, later: timedelta, cause: str) -> None:
    """A question that is answered only hours after the visit that it preceded."""
    ticket = asks(t, topic="size")
    t.wait(later)
    cart, checkout = to_checkout(t)
    abandons(t, cart, checkout, cause)
    t.wait(3 * HOUR)
    t.hurts("ticket_unanswered", ticket.alias, ticket.opened_at, ANSWER_LIMIT, ended_at=is_answered(t, ticket))
    t.pause(HOUR, DAY)
    is_solved(t, ticket)


def _costs(t: Teller, checkout: Checkout, cost: Decimal) -> Checkout:
    return step(t, checkout, "shipping", shipping_cost=str(cost))


def _promises(t: Teller, checkout: Checkout, by: datetime) -> Checkout:
    return step(t, checkout, "shipping", promised_by=by.isoformat(timespec="milliseconds"))


ALL = (
    cannot_pay_as_they_like,
    misses_an_article,
    lives_too_far_away,
    finds_shipping_too_dear,
    finds_delivery_too_slow,
    loses_patience_with_pages,
    gets_no_answer_while_buying,
    leaves_for_two_reasons,
    leaves_for_neighbouring_reasons,
    leaves_for_every_reason,
    leaves_fair_offers,
    leaves_after_a_decline_that_was_mended,
    leaves_twice_for_different_reasons,
    asked_the_day_before,
    asked_long_before,
    was_answered_and_left,
    was_answered_too_late,
)
