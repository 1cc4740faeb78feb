"""Who is who: strangers who turn out to be customers, and customers who share what they have."""

from datetime import datetime

from services.cli.simulator.aftermath import CHURN_LIMIT, stays_or_goes, turns_away
from services.cli.simulator.desk import ANSWER_LIMIT, CONTACTS_WITHIN, asks, is_settled, is_solved
from services.cli.simulator.scenarios.storefront import CART_LIMIT
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    approve,
    breaks_promise,
    delivered,
    goes_well,
    moves,
    moves_until_the_promise,
    on_its_way,
    order,
    place,
    refund,
    shipped,
)
from services.cli.simulator.shopping import (
    LONG,
    SHORT,
    browse,
    fill_cart,
    finish_checkout,
    start_checkout,
)
from services.cli.simulator.story import Finding
from services.cli.simulator.teller import Teller


def logs_in_and_orders(t: Teller) -> None:
    """Filled a cart as a stranger, and orders another one as a customer within the hour: nothing was abandoned."""
    _comes_unknown(t)
    fill_cart(t)
    t.pause(SHORT, LONG)
    _logs_in(t)
    _orders_anew(t)


def logs_in_days_later(t: Teller) -> None:
    """The stranger's cart was abandoned until, as it turns out, the same person checked out another one."""
    _comes_unknown(t)
    cart, left = fill_cart(t), t.now
    t.pause(DAY, 9 * DAY)
    _logs_in(t)
    t.hurts("cart_abandoned", cart.alias, left, CART_LIMIT, ended_at=_orders_anew(t))


def never_logs_in(t: Teller) -> None:
    """Whoever ordered meanwhile, it was not this stranger as far as anybody knows."""
    _comes_unknown(t)
    cart = fill_cart(t)
    t.hurts("cart_abandoned", cart.alias, cart.updated_at, CART_LIMIT)
    t.pause(SHORT, LONG)
    goes_well(t, order(t))


def is_known_only_afterwards(t: Teller) -> None:
    """Ordered as a customer, and only then the browser was seen to be theirs."""
    _comes_unknown(t)
    cart, left = fill_cart(t), t.now
    t.pause(CART_LIMIT + HOUR, DAY)
    t.enter(known=True)
    ended_at = _orders_anew(t)
    t.pause(HOUR, DAY)
    _logs_in(t)
    t.hurts("cart_abandoned", cart.alias, left, CART_LIMIT, ended_at=ended_at, end_known_at=t.now)


def had_logged_in(t: Teller) -> None:
    """The login is heard hours late: it was the same person all the time, and nothing was abandoned."""
    _comes_unknown(t)
    cart = fill_cart(t)
    t.pause(SHORT, LONG)
    with t.heard_late(5 * HOUR):
        _logs_in(t)
    t.seems("cart_abandoned", cart.alias, cart.updated_at, CART_LIMIT)
    t.enter(known=True)
    _orders_anew(t)


def logs_in_without_a_word(t: Teller) -> None:
    """No login is told; a page that carries both names says it as well."""
    _comes_unknown(t)
    cart, left = fill_cart(t), t.now
    t.pause(CART_LIMIT + HOUR, DAY)
    t.enter_as(customer_id=t.customer_id, anonymous_id=t.anonymous_id)
    browse(t)
    t.hurts("cart_abandoned", cart.alias, left, CART_LIMIT, ended_at=_orders_anew(t))


def orders_as_a_guest_and_logs_in(t: Teller) -> None:
    """A guest's order was late; months later a customer on the same browser turns out to be the guest."""
    _comes_unknown(t)
    late = _is_late(t)
    t.wait_until(late.happened_at + CHURN_LIMIT)
    t.pause(DAY, 9 * DAY)
    turns_away(t, late, until=t.now)
    _logs_in(t)


def was_around_all_the_time(t: Teller) -> None:
    """A guest's order was late; the customer who came a week later was the guest, as is learned after that."""
    _comes_unknown(t)
    _is_late(t)
    t.pause(DAY, 7 * DAY)
    t.enter(known=True)
    browse(t)
    t.pause(DAY, 7 * DAY)
    _logs_in(t)


def stays_a_guest(t: Teller) -> None:
    """A guest's order was late; a customer came later, and nobody learns whether it was the same."""
    _comes_unknown(t)
    late = _is_late(t)
    t.pause(DAY, 7 * DAY)
    t.enter(known=True)
    browse(t)
    turns_away(t, late)


def shares_a_tablet(t: Teller) -> None:
    """Two customers on one tablet: the order of one does not end the wait of the other's cart."""
    tablet, other = t.anonymous_id, t.name("partner")
    t.enter_as(customer_id=t.customer_id, anonymous_id=tablet)
    cart = fill_cart(t)
    t.hurts("cart_abandoned", cart.alias, cart.updated_at, CART_LIMIT)
    t.pause(SHORT, LONG)
    t.enter_as(customer_id=other, anonymous_id=tablet)
    ordered = fill_cart(t)
    t.pause(SHORT, LONG)
    checkout = finish_checkout(t, start_checkout(t, ordered))
    goes_well(t, place(t, ordered, checkout))


def loses_one_of_two_on_a_tablet(t: Teller) -> None:
    """One customer is gone; that the other one still comes is no comfort."""
    tablet, other = t.anonymous_id, t.name("partner")
    t.enter_as(customer_id=t.customer_id, anonymous_id=tablet)
    browse(t)
    late = _is_late(t)
    turns_away(t, late)
    for _ in range(3):
        t.pause(5 * DAY, 20 * DAY)
        t.enter_as(customer_id=other, anonymous_id=tablet)
        browse(t)


def is_given_a_present(t: Teller) -> None:
    """Whom a late gift was for asks where it is: their question follows from nothing of their own."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    moves_until_the_promise(t, placed, parcel)
    t.pause(HOUR, DAY)
    ticket = asks(t, placed, customer_id=t.name("recipient"))
    t.wait(ANSWER_LIMIT + HOUR)
    t.hurts("ticket_unanswered", ticket.alias, ticket.opened_at, ANSWER_LIMIT, ended_at=is_solved(t, ticket))
    moves(t, parcel, "delivered")
    turns_away(t, breaks_promise(t, placed, ended_at=t.now))


def complains_of_a_broken_present(t: Teller) -> None:
    """Whoever says that it is broken, the order suffered."""
    placed = delivered(t)
    t.pause(HOUR, DAY)
    recipient = t.name("recipient")
    ticket = asks(t, placed, "damaged", customer_id=recipient)
    is_settled(t, ticket)
    t.pause(HOUR, DAY)
    turns_away(t, t.hurts("parcel_damaged", placed.alias, ticket.opened_at, ended_at=refund(t, placed)))


def asks_on_the_telephone(t: Teller) -> None:
    """A ticket that names nobody but the order is its customer's: three contacts are three."""
    placed = delivered(t)
    first = asks(t, placed)
    is_settled(t, first)
    for _ in range(2):
        t.pause(HOUR, DAY)
        last = asks(t, placed, customer_id=None)
        is_settled(t, last)
    lapses_at = last.opened_at + CONTACTS_WITHIN
    stays_or_goes(t, t.hurts("repeat_contact", first.alias, last.opened_at, lapses_at=lapses_at))


def _comes_unknown(t: Teller) -> None:
    t.enter(known=False)
    browse(t)


def _logs_in(t: Teller) -> None:
    """The stranger of before says who they are, now."""
    t.enter_as(customer_id=t.customer_id, anonymous_id=t.anonymous_id)
    t.web("customer.identified")


def _orders_anew(t: Teller) -> datetime:
    """Another cart is filled and ordered, and comes; returns when its checkout began."""
    cart = fill_cart(t)
    t.pause(SHORT, LONG)
    checkout = start_checkout(t, cart)
    began = t.now
    checkout = finish_checkout(t, checkout)
    t.pause(SHORT, LONG)
    goes_well(t, place(t, cart, checkout))
    return began


def _is_late(t: Teller) -> Finding:
    """Whoever is here orders, and it comes after the promise."""
    cart = fill_cart(t)
    t.pause(SHORT, LONG)
    checkout = finish_checkout(t, start_checkout(t, cart))
    t.pause(SHORT, LONG)
    placed = place(t, cart, checkout, promise=5 * DAY)
    t.pause(HOUR / 10, 6 * HOUR)
    approve(t, placed)
    parcel = shipped(t, placed)
    moves_until_the_promise(t, placed, parcel)
    t.pause(HOUR, DAY)
    moves(t, parcel, "delivered")
    return breaks_promise(t, placed, ended_at=t.now)


ALL = (
    logs_in_and_orders,
    logs_in_days_later,
    never_logs_in,
    is_known_only_afterwards,
    had_logged_in,
    logs_in_without_a_word,
    orders_as_a_guest_and_logs_in,
    was_around_all_the_time,
    stays_a_guest,
    shares_a_tablet,
    loses_one_of_two_on_a_tablet,
    is_given_a_present,
    complains_of_a_broken_present,
    asks_on_the_telephone,
)
