"""Before the order: carts and checkouts, left and taken up again."""

from datetime import timedelta

from services.cli.simulator.shipping import goes_well, place
from services.cli.simulator.shopping import (
    CHECKOUT_LIMIT,
    LONG,
    SHORT,
    Cart,
    abandons,
    come_back,
    empty_cart,
    fill_cart,
    finish_checkout,
    start_checkout,
    step,
    to_checkout,
    visit,
)
from services.cli.simulator.teller import Teller

MINUTE, HOUR, MOMENT = timedelta(minutes=1), timedelta(hours=1), timedelta(milliseconds=1)
CART_LIMIT = 60 * MINUTE


def looks_around(t: Teller) -> None:
    """Came, saw, went."""
    visit(t, known=t.rng.random() < 0.3)


def empties_cart(t: Teller) -> None:
    """A cart that was emptied is not abandoned."""
    visit(t, known=False)
    empty_cart(t, fill_cart(t))


def leaves_cart(t: Teller) -> None:
    """A filled cart, and nobody comes back."""
    visit(t, known=t.rng.random() < 0.5)
    cart = fill_cart(t)
    for _ in range(t.rng.randint(0, 2)):
        t.pause(SHORT, LONG)
        cart = fill_cart(t, cart)
    t.hurts("cart_abandoned", cart.alias, cart.updated_at, CART_LIMIT)


def comes_back_to_cart(t: Teller) -> None:
    """Hours later the cart is changed, and ordered."""
    visit(t)
    left = fill_cart(t)
    t.pause(CART_LIMIT + 5 * MINUTE, 40 * HOUR)
    cart = _takes_up(t, left)
    t.hurts("cart_abandoned", left.alias, left.updated_at, CART_LIMIT, ended_at=t.now)
    _goes_on(t, cart)


def comes_back_to_cart_just_in_time(t: Teller) -> None:
    """Exactly at the limit is in time."""
    visit(t)
    left = fill_cart(t)
    t.wait(CART_LIMIT)
    cart = _takes_up(t, left)
    _goes_on(t, cart)


def comes_back_to_cart_a_moment_late(t: Teller) -> None:
    """A millisecond past the limit is not."""
    visit(t)
    left = fill_cart(t)
    t.wait(CART_LIMIT + MOMENT)
    cart = _takes_up(t, left)
    t.hurts("cart_abandoned", left.alias, left.updated_at, CART_LIMIT, ended_at=t.now)
    _goes_on(t, cart)


def checks_out_a_cart_that_was_left(t: Teller) -> None:
    """A checkout ends the wait of a cart as well as a change of it does."""
    visit(t)
    left = fill_cart(t)
    t.pause(CART_LIMIT + 5 * MINUTE, 20 * HOUR)
    come_back(t)
    checkout = start_checkout(t, left)
    t.hurts("cart_abandoned", left.alias, left.updated_at, CART_LIMIT, ended_at=t.now)
    checkout = finish_checkout(t, checkout)
    t.pause(SHORT, LONG)
    goes_well(t, place(t, left, checkout))


def leaves_checkout(t: Teller) -> None:
    """Was about to pay, and never came back; the cart waits for its checkout and hurts no more."""
    cart, checkout = to_checkout(t)
    if t.rng.random() < 0.7:
        t.pause(SHORT, LONG)
        checkout = step(t, checkout, "contact")
    abandons(t, cart, checkout)


def resumes_checkout(t: Teller) -> None:
    """Comes back to the same checkout and orders."""
    cart, left = to_checkout(t)
    t.pause(CHECKOUT_LIMIT + 5 * MINUTE, 30 * HOUR)
    come_back(t)
    checkout = step(t, left, "contact")
    abandons(t, cart, left, ended_at=t.now)
    checkout = finish_checkout(t, checkout)
    t.pause(SHORT, LONG)
    goes_well(t, place(t, cart, checkout))


def resumes_checkout_just_in_time(t: Teller) -> None:
    """Exactly at the limit is in time."""
    cart, left = to_checkout(t)
    t.wait(CHECKOUT_LIMIT)
    checkout = finish_checkout(t, step(t, left, "contact"))
    t.pause(SHORT, LONG)
    goes_well(t, place(t, cart, checkout))


def resumes_checkout_a_moment_late(t: Teller) -> None:
    """A millisecond past the limit is not."""
    cart, left = to_checkout(t)
    t.wait(CHECKOUT_LIMIT + MOMENT)
    checkout = step(t, left, "contact")
    abandons(t, cart, left, ended_at=t.now)
    checkout = finish_checkout(t, checkout)
    t.pause(SHORT, LONG)
    goes_well(t, place(t, cart, checkout))


def resumes_checkout_twice(t: Teller) -> None:
    """Each time it was left is a pain point of its own."""
    cart, left = to_checkout(t)
    for name in ("contact", "address"):
        t.pause(CHECKOUT_LIMIT + 5 * MINUTE, 10 * HOUR)
        come_back(t)
        again = step(t, left, name)
        abandons(t, cart, left, ended_at=t.now)
        left = again
    abandons(t, cart, left)


def orders_by_other_means(t: Teller) -> None:
    """An order of the same customer ends the wait of a checkout it does not name."""
    cart, left = to_checkout(t)
    t.pause(CHECKOUT_LIMIT + 5 * MINUTE, 20 * HOUR)
    come_back(t)
    placed = place(t, cart)
    abandons(t, cart, left, ended_at=t.now)
    goes_well(t, placed)


def _takes_up(t: Teller, left: Cart) -> Cart:
    """The customer is back and changes the cart, now."""
    come_back(t)
    return fill_cart(t, left)


def _goes_on(t: Teller, cart: Cart) -> None:
    """The cart that was taken up again is ordered, and comes."""
    t.pause(SHORT, LONG)
    checkout = finish_checkout(t, start_checkout(t, cart))
    t.pause(SHORT, LONG)
    goes_well(t, place(t, cart, checkout))


ALL = (
    looks_around,
    empties_cart,
    leaves_cart,
    comes_back_to_cart,
    comes_back_to_cart_just_in_time,
    comes_back_to_cart_a_moment_late,
    checks_out_a_cart_that_was_left,
    leaves_checkout,
    resumes_checkout,
    resumes_checkout_just_in_time,
    resumes_checkout_a_moment_late,
    resumes_checkout_twice,
    orders_by_other_means,
)
