"""In the shop: errors, slow pages, searches without results, articles that are gone."""

from datetime import timedelta

from services.cli.simulator.shipping import Order, goes_well, place
from services.cli.simulator.shopping import (
    CURRENCY,
    LONG,
    PRICES,
    RARE,
    SHORT,
    Cart,
    abandons,
    breaks,
    come_back,
    error,
    fill_cart,
    finish_checkout,
    start_checkout,
    to_checkout,
    update_cart,
    visit,
)
from services.cli.simulator.teller import Teller

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CART_LIMIT = 60 * MINUTE

Measure = dict[str, object]
"""What a page view says of its speed."""

POOR: tuple[Measure, ...] = ({"lcp_ms": 4001}, {"inp_ms": 501}, {"ttfb_ms": 1801}, {"cls": 0.26})
JUST_GOOD: tuple[Measure, ...] = ({"lcp_ms": 4000}, {"inp_ms": 500}, {"ttfb_ms": 1800}, {"cls": 0.25})


def sees_a_checkout_break(t: Teller) -> None:
    """One error on a checkout is grave, and drives the customer away."""
    cart, checkout = to_checkout(t)
    t.pause(SHORT, LONG)
    broken = breaks(t, checkout)
    t.hurts("site_error", t.session, t.now, severe_at=t.now)
    abandons(t, cart, broken, "site_error")


def orders_despite_an_error(t: Teller) -> None:
    """An order in the session shows that it could be overcome."""
    cart, checkout = to_checkout(t)
    t.pause(SHORT, LONG)
    checkout = breaks(t, checkout)
    broken = t.now
    checkout = finish_checkout(t, checkout)
    t.pause(SHORT, LONG)
    placed = place(t, cart, checkout)
    t.hurts("site_error", t.session, broken, ended_at=t.now, severe_at=broken)
    goes_well(t, placed)


def sees_three_errors(t: Teller) -> None:
    """Three errors hurt wherever they are."""
    visit(t, known=t.rng.random() < 0.5)
    _errors(t, 3)
    t.hurts("site_error", t.session, t.now)


def sees_two_errors(t: Teller) -> None:
    """Two may be chance."""
    visit(t)
    _errors(t, 2)


def sees_three_errors_and_orders(t: Teller) -> None:
    """The order in the session ends it."""
    visit(t)
    _errors(t, 3)
    broken = t.now
    placed = _orders(t, fill_cart(t))
    t.hurts("site_error", t.session, broken, ended_at=placed.placed_at)
    goes_well(t, placed)


def sees_errors_reach_the_checkout(t: Teller) -> None:
    """Three errors in the shop, and a fourth on the checkout makes it grave."""
    visit(t)
    _errors(t, 3)
    broken = t.now
    cart = fill_cart(t)
    t.pause(SHORT, LONG)
    checkout = start_checkout(t, cart)
    t.pause(SHORT, LONG)
    checkout = breaks(t, checkout)
    t.hurts("site_error", t.session, broken, severe_at=t.now)
    abandons(t, cart, checkout, "site_error")


def sees_the_third_error_on_the_checkout(t: Teller) -> None:
    """Two errors do not hurt; the one on the checkout does, by itself."""
    visit(t)
    _errors(t, 2)
    cart = fill_cart(t)
    t.pause(SHORT, LONG)
    checkout = start_checkout(t, cart)
    t.pause(SHORT, LONG)
    checkout = breaks(t, checkout, "http")
    t.hurts("site_error", t.session, t.now, severe_at=t.now)
    abandons(t, cart, checkout, "site_error")


def sees_the_app_crash(t: Teller) -> None:
    """The app tells of the checkout and of no session: the checkout is what suffered."""
    cart, checkout = to_checkout(t)
    t.pause(SHORT, LONG)
    t.app("error.occurred", kind="app_crash", message="SIGSEGV", checkout_id=checkout.id)
    crashed = t.now
    checkout = finish_checkout(t, checkout)
    t.pause(SHORT, LONG)
    placed = place(t, cart, checkout)
    t.hurts("site_error", checkout.alias, crashed, ended_at=t.now, severe_at=crashed)
    goes_well(t, placed)


def waits_for_pages(t: Teller) -> None:
    """Two poor pages in a session, of whatever measure."""
    visit(t, known=t.rng.random() < 0.5)
    _pages(t, *t.rng.sample(POOR, 2))
    t.hurts("slow_pages", t.session, t.now)


def waits_for_one_page(t: Teller) -> None:
    """One may be chance."""
    visit(t)
    _pages(t, t.rng.choice(POOR))


def waits_as_long_as_is_fair(t: Teller) -> None:
    """Pages exactly at the limits are not poor."""
    visit(t)
    _pages(t, *JUST_GOOD)


def waits_for_pages_and_orders(t: Teller) -> None:
    """The order in the session ends it."""
    visit(t)
    _pages(t, *t.rng.sample(POOR, 2))
    slow = t.now
    placed = _orders(t, fill_cart(t))
    t.hurts("slow_pages", t.session, slow, ended_at=placed.placed_at)
    goes_well(t, placed)


def finds_nothing(t: Teller) -> None:
    """Two searches without results; more of them change nothing."""
    visit(t, known=t.rng.random() < 0.5)
    _searches(t, 2)
    t.hurts("search_dead_end", t.session, t.now)
    _searches(t, t.rng.randint(0, 2))


def finds_nothing_once(t: Teller) -> None:
    """Another word, and there it is."""
    visit(t)
    _searches(t, 1)
    t.pause(SHORT, LONG)
    t.web("search.performed", query="lamp", results=3)


def finds_it_at_last(t: Teller) -> None:
    """An item added to the cart ends it."""
    visit(t)
    _searches(t, 2)
    stuck = t.now
    cart = fill_cart(t)
    t.hurts("search_dead_end", t.session, stuck, ended_at=t.now)
    goes_well(t, _orders(t, cart))


def finds_nothing_before_and_after(t: Teller) -> None:
    """What was found between begins the count anew."""
    visit(t)
    _searches(t, 1)
    cart = fill_cart(t)
    _searches(t, 1)
    goes_well(t, _orders(t, cart))


def wants_what_is_gone(t: Teller) -> None:
    """Looked at, out of stock; a second look is no second pain point."""
    visit(t, known=t.rng.random() < 0.5)
    _looks_at_rare(t)
    t.hurts("out_of_stock", t.session, t.now)
    _looks_at_rare(t)


def wants_two_things_that_are_gone(t: Teller) -> None:
    """Each article is a disappointment of its own."""
    visit(t)
    for sku in (RARE, "sku-gone"):
        t.pause(SHORT, LONG)
        t.web("product.viewed", sku=sku, in_stock=False)
        t.hurts("out_of_stock", t.session, t.now)


def gets_it_later(t: Teller) -> None:
    """Ordered days later, in another session."""
    visit(t)
    _looks_at_rare(t)
    missed, session = t.now, t.session
    t.pause(DAY, 9 * DAY)
    come_back(t)
    placed = _orders(t, fill_cart(t, None, RARE))
    t.hurts("out_of_stock", session, missed, ended_at=placed.placed_at)
    goes_well(t, placed)


def has_it_vanish_from_the_cart(t: Teller) -> None:
    """In the cart and out of stock; the cart is left."""
    visit(t)
    item = {"sku": RARE, "quantity": 1, "unit_price": str(PRICES[RARE]), "in_stock": False}
    t.pause(SHORT, LONG)
    cart = update_cart(t, t.name("cart"), (item,))
    t.hurts("out_of_stock", t.session, t.now)
    t.hurts("cart_abandoned", cart.alias, cart.updated_at, CART_LIMIT)


def _errors(t: Teller, number: int) -> None:
    for _ in range(number):
        t.pause(SHORT, LONG)
        error(t, t.rng.choice(("js", "http")))


def _pages(t: Teller, *measures: Measure) -> None:
    for measure in measures:
        t.pause(SHORT, LONG)
        t.web("page.viewed", url="https://demo.example/list", page="list", **measure)


def _searches(t: Teller, number: int) -> None:
    for _ in range(number):
        t.pause(SHORT, LONG)
        t.web("search.performed", query="unobtainium", results=0)


def _looks_at_rare(t: Teller) -> None:
    t.pause(SHORT, LONG)
    t.web("product.viewed", sku=RARE, price=str(PRICES[RARE]), currency=CURRENCY, in_stock=False)


def _orders(t: Teller, cart: Cart) -> Order:
    t.pause(SHORT, LONG)
    checkout = finish_checkout(t, start_checkout(t, cart))
    t.pause(SHORT, LONG)
    return place(t, cart, checkout)


ALL = (
    sees_a_checkout_break,
    orders_despite_an_error,
    sees_three_errors,
    sees_two_errors,
    sees_three_errors_and_orders,
    sees_errors_reach_the_checkout,
    sees_the_third_error_on_the_checkout,
    sees_the_app_crash,
    waits_for_pages,
    waits_for_one_page,
    waits_as_long_as_is_fair,
    waits_for_pages_and_orders,
    finds_nothing,
    finds_nothing_once,
    finds_it_at_last,
    finds_nothing_before_and_after,
    wants_what_is_gone,
    wants_two_things_that_are_gone,
    gets_it_later,
    has_it_vanish_from_the_cart,
)
