"""What customers do in the shop, up to the order: chapters that scenarios are made of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.cli.simulator.story import Finding
from services.cli.simulator.teller import Teller

CURRENCY = "EUR"
PRODUCTS = {f"sku-{number}": Decimal(price) / 100 for number, price in enumerate((1299, 2450, 4999, 8900, 15900), 1)}
RARE = "sku-rare"
"""An article that nobody gets by chance."""
PRICES = {**PRODUCTS, RARE: Decimal("64.50")}
METHODS = ("card", "invoice", "wallet")

CHECKOUT_LIMIT, DEAR = timedelta(minutes=30), Decimal(200)

SHORT, LONG = timedelta(seconds=5), timedelta(minutes=6)
"""Between two clicks: far below every limit, so that only what a scenario says can hurt."""


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart as last updated."""

    id: str
    items: tuple[dict[str, object], ...]
    total: Decimal
    updated_at: datetime

    @property
    def alias(self) -> str:
        """Its name as an entity."""
        return f"cart:{self.id}"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout as last touched."""

    id: str
    touched_at: datetime

    @property
    def alias(self) -> str:
        """Its name as an entity."""
        return f"checkout:{self.id}"


def visit(t: Teller, *, known: bool = True) -> None:
    """Somebody comes and looks around."""
    t.enter(known=known)
    browse(t)


def browse(t: Teller) -> None:
    """Whoever is here looks around."""
    t.web("page.viewed", url="https://demo.example/", page="home", lcp_ms=t.rng.randint(600, 2400))
    if t.rng.random() < 0.5:
        t.pause(SHORT, LONG)
        t.web("search.performed", query=t.rng.choice(("lamp", "desk", "chair")), results=t.rng.randint(1, 40))
    for _ in range(t.rng.randint(1, 3)):
        t.pause(SHORT, LONG)
        sku = t.rng.choice(list(PRODUCTS))
        t.web("product.viewed", sku=sku, price=str(PRODUCTS[sku]), currency=CURRENCY, in_stock=True)


def come_back(t: Teller) -> None:
    """The customer is here again, without looking around."""
    t.enter(known=True)


def fill_cart(t: Teller, cart: Cart | None = None, *skus: str) -> Cart:
    """Put something, or just these articles, into a new cart, or in the place of what is in this one."""
    if cart is None:
        t.pause(SHORT, LONG)
    chosen = skus or t.rng.sample(list(PRODUCTS), t.rng.randint(1, 3))
    items = tuple({"sku": s, "quantity": t.rng.randint(1, 2), "unit_price": str(PRICES[s])} for s in chosen)
    return update_cart(t, cart.id if cart else t.name("cart"), items)


def empty_cart(t: Teller, cart: Cart) -> Cart:
    """Take everything out again."""
    t.pause(SHORT, LONG)
    return update_cart(t, cart.id, ())


def update_cart(t: Teller, cart_id: str, items: tuple[dict[str, object], ...]) -> Cart:
    """The cart holds these, now."""
    total = sum((PRICES[str(i["sku"])] * int(str(i["quantity"])) for i in items), Decimal(0))
    t.web("cart.updated", cart_id=cart_id, items=list(items), currency=CURRENCY, total=str(total))
    return Cart(cart_id, items, total, t.now)


def start_checkout(t: Teller, cart: Cart) -> Checkout:
    """Go to the checkout, now."""
    checkout_id = t.name("checkout")
    t.web("checkout.started", checkout_id=checkout_id, cart_id=cart.id, total=str(cart.total), currency=CURRENCY)
    return Checkout(checkout_id, t.now)


def step(t: Teller, checkout: Checkout, name: str, **data: object) -> Checkout:
    """Complete a step of it, now."""
    t.web("checkout.step_completed", checkout_id=checkout.id, step=name, **data)
    return Checkout(checkout.id, t.now)


def up_to_payment(t: Teller, checkout: Checkout) -> Checkout:
    """Do all but pay."""
    for name in ("contact", "address", "shipping", "payment"):
        t.pause(SHORT, LONG)
        checkout = step(t, checkout, name)
    return checkout


def pay(t: Teller, checkout: Checkout) -> Checkout:
    """The payment goes through, now."""
    t.web("payment.succeeded", checkout_id=checkout.id, method=t.rng.choice(METHODS))
    return Checkout(checkout.id, t.now)


def is_declined(t: Teller, checkout: Checkout) -> Checkout:
    """The payment is refused, now."""
    reason = t.rng.choice(("insufficient_funds", "expired_card", "3ds_failed"))
    t.web("payment.failed", checkout_id=checkout.id, method="card", reason=reason)
    return Checkout(checkout.id, t.now)


def finish_checkout(t: Teller, checkout: Checkout) -> Checkout:
    """Do all that is left, and pay."""
    checkout = up_to_payment(t, checkout)
    t.pause(SHORT, LONG)
    return pay(t, checkout)


def breaks(t: Teller, checkout: Checkout, kind: str = "js") -> Checkout:
    """The site fails on a checkout, now."""
    error(t, kind, checkout_id=checkout.id)
    return Checkout(checkout.id, t.now)


def error(t: Teller, kind: str = "js", **about: str) -> None:
    """The site fails, now."""
    t.web("error.occurred", kind=kind, message="x is undefined", url="https://demo.example/buy", **about)


def abandons(
    t: Teller, cart: Cart, checkout: Checkout, cause: str = "unknown", ended_at: datetime | None = None
) -> Finding:
    """The checkout was left when it was last touched: dear ones hurt more."""
    return t.hurts(
        "checkout_abandoned",
        checkout.alias,
        checkout.touched_at,
        CHECKOUT_LIMIT,
        ended_at=ended_at,
        cause=cause,
        severe_at=checkout.touched_at if cart.total >= DEAR else None,
    )


def to_checkout(t: Teller) -> tuple[Cart, Checkout]:
    """A visit that leads straight to the checkout."""
    visit(t)
    cart = fill_cart(t)
    t.pause(SHORT, LONG)
    return cart, start_checkout(t, cart)
