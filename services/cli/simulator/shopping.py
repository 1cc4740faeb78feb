"""What customers do in the shop, up to the order: chapters that scenarios are made of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.cli.simulator.teller import Teller

CURRENCY = "EUR"
PRODUCTS = {f"sku-{number}": Decimal(price) / 100 for number, price in enumerate((1299, 2450, 4999, 8900, 15900), 1)}
METHODS = ("card", "invoice", "wallet")

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


def fill_cart(t: Teller, cart: Cart | None = None) -> Cart:
    """Put something into a new cart, or other things into this one."""
    if cart is None:
        t.pause(SHORT, LONG)
    chosen = t.rng.sample(list(PRODUCTS), t.rng.randint(1, 3))
    items = tuple({"sku": s, "quantity": t.rng.randint(1, 2), "unit_price": str(PRODUCTS[s])} for s in chosen)
    return _update(t, cart.id if cart else t.name("cart"), items)


def empty_cart(t: Teller, cart: Cart) -> Cart:
    """Take everything out again."""
    t.pause(SHORT, LONG)
    return _update(t, cart.id, ())


def _update(t: Teller, cart_id: str, items: tuple[dict[str, object], ...]) -> Cart:
    total = sum((PRODUCTS[str(i["sku"])] * int(str(i["quantity"])) for i in items), Decimal(0))
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


def finish_checkout(t: Teller, checkout: Checkout) -> Checkout:
    """Do all that is left, and pay."""
    for name in ("contact", "address", "shipping", "payment"):
        t.pause(SHORT, LONG)
        step(t, checkout, name)
    t.pause(SHORT, LONG)
    t.web("payment.succeeded", checkout_id=checkout.id, method=t.rng.choice(METHODS))
    return Checkout(checkout.id, t.now)


def to_checkout(t: Teller) -> tuple[Cart, Checkout]:
    """A visit that leads straight to the checkout."""
    visit(t)
    cart = fill_cart(t)
    t.pause(SHORT, LONG)
    return cart, start_checkout(t, cart)
