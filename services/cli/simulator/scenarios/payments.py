"""Paying: declined, tried again, given up."""

from datetime import timedelta

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.shipping import HOUR, approve, arrives, goes_well, order, place, shipped
from services.cli.simulator.shopping import (
    LONG,
    SHORT,
    Cart,
    Checkout,
    abandons,
    is_declined,
    pay,
    step,
    to_checkout,
    up_to_payment,
)
from services.cli.simulator.teller import Teller

MINUTE, MOMENT = timedelta(minutes=1), timedelta(milliseconds=1)
DECLINE_LIMIT = 10 * MINUTE


def pays_at_the_second_try(t: Teller) -> None:
    """Another card works within minutes."""
    cart, declined = _is_declined_once(t)
    t.pause(10 * SHORT, 9 * MINUTE)
    _pays_and_orders(t, cart, declined)


def pays_just_in_time(t: Teller) -> None:
    """Exactly at the limit is in time."""
    cart, declined = _is_declined_once(t)
    t.wait(DECLINE_LIMIT)
    _pays_and_orders(t, cart, declined)


def pays_a_moment_late(t: Teller) -> None:
    """A millisecond past the limit is not."""
    cart, declined = _is_declined_once(t)
    t.wait(DECLINE_LIMIT + MOMENT)
    paid = pay(t, declined)
    t.hurts("payment_failed", declined.alias, declined.touched_at, DECLINE_LIMIT, ended_at=paid.touched_at)
    goes_well(t, place(t, cart, paid))


def gives_up_paying(t: Teller) -> None:
    """Declined, and gone."""
    cart, declined = _is_declined_once(t)
    t.hurts("payment_failed", declined.alias, declined.touched_at, DECLINE_LIMIT)
    abandons(t, cart, declined, "payment_failed")


def is_declined_three_times(t: Teller) -> None:
    """From the third decline on it is grave; the fourth try works."""
    cart, first = _is_declined_once(t)
    for _ in range(2):
        t.pause(4 * MINUTE, 5 * MINUTE)
        last = is_declined(t, first)
    t.pause(3 * MINUTE, 5 * MINUTE)
    paid = pay(t, first)
    t.hurts(
        "payment_failed",
        first.alias,
        first.touched_at,
        DECLINE_LIMIT,
        ended_at=paid.touched_at,
        severe_at=last.touched_at,
    )
    goes_well(t, place(t, cart, paid))


def is_declined_twice_on_two_days(t: Teller) -> None:
    """What was paid is over; a new decline of the same checkout begins anew."""
    cart, first = _is_declined_once(t)
    t.pause(DECLINE_LIMIT + MINUTE, 20 * MINUTE)
    paid = pay(t, first)
    t.hurts("payment_failed", first.alias, first.touched_at, DECLINE_LIMIT, ended_at=paid.touched_at)
    t.pause(MINUTE, 20 * MINUTE)
    second = is_declined(t, paid)
    t.pause(DECLINE_LIMIT + MINUTE, 20 * MINUTE)
    paid = pay(t, second)
    t.hurts("payment_failed", second.alias, second.touched_at, DECLINE_LIMIT, ended_at=paid.touched_at)
    goes_well(t, place(t, cart, paid))


def orders_by_invoice_instead(t: Teller) -> None:
    """No payment ever came, but the shop accepts the order: that ends it."""
    cart, declined = _is_declined_once(t)
    t.pause(MINUTE, 5 * MINUTE)
    checkout = step(t, declined, "payment", payment_method="invoice")
    placed = place(t, cart, checkout)
    t.pause(HOUR, 6 * HOUR)
    approved = approve(t, placed)
    t.hurts("payment_failed", declined.alias, declined.touched_at, DECLINE_LIMIT, ended_at=approved)
    arrives(t, shipped(t, placed))


def pays_the_order_late(t: Teller) -> None:
    """An order is placed before it is paid: the decline is the order's."""
    placed = order(t)
    t.pause(HOUR, 2 * HOUR)
    declined = t.now
    t.office("storefront.payment.failed", order_id=placed.id, method="card", reason="expired_card")
    t.pause(HOUR, 5 * HOUR)
    t.office("storefront.payment.succeeded", order_id=placed.id, method="card")
    t.hurts("payment_failed", placed.alias, declined, DECLINE_LIMIT, ended_at=t.now)
    goes_well(t, placed)


def cannot_pay_the_order(t: Teller) -> None:
    """Three declines on an order within minutes, approved at last: grave enough to lose the customer."""
    placed = order(t)
    t.pause(HOUR, 2 * HOUR)
    declines = []
    for _ in range(3):
        t.pause(MINUTE, 3 * MINUTE)
        t.office("storefront.payment.failed", order_id=placed.id, method="card")
        declines.append(t.now)
    t.pause(HOUR, 5 * HOUR)
    approved = approve(t, placed)
    worst = t.hurts(
        "payment_failed", placed.alias, declines[0], DECLINE_LIMIT, ended_at=approved, severe_at=declines[2]
    )
    arrives(t, shipped(t, placed))
    stays_or_goes(t, worst)


def _is_declined_once(t: Teller) -> tuple[Cart, Checkout]:
    cart, checkout = to_checkout(t)
    checkout = up_to_payment(t, checkout)
    t.pause(SHORT, LONG)
    return cart, is_declined(t, checkout)


def _pays_and_orders(t: Teller, cart: Cart, declined: Checkout) -> None:
    goes_well(t, place(t, cart, pay(t, declined)))


ALL = (
    pays_at_the_second_try,
    pays_just_in_time,
    pays_a_moment_late,
    gives_up_paying,
    is_declined_three_times,
    is_declined_twice_on_two_days,
    orders_by_invoice_instead,
    pays_the_order_late,
    cannot_pay_the_order,
)
