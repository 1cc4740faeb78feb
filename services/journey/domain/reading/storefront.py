"""What storefront events say."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from schemas import aliases
from schemas.aliases import Kind
from services.journey.domain import facts as f
from services.journey.domain.reading.reader import PAGE, Reader, money

POOR = {"lcp_ms": 4000, "inp_ms": 500, "ttfb_ms": 1800, "cls": 0.25}
"""A page is poor when one of its vital signs is above this (web.dev's "poor" thresholds)."""


def _page_viewed(event: Reader) -> None:
    if any(float(event.data.get(sign) or 0) > limit for sign, limit in POOR.items()):
        event.tell_visit(f.PageWasPoor(*event.name, page=event.text("page") or event.text("url")))


def _search_performed(event: Reader) -> None:
    if event.data.get("results") == 0:
        event.tell_visit(f.SearchFoundNothing(*event.name))


def _product_viewed(event: Reader) -> None:
    if event.data.get("in_stock") is False:
        event.tell_visit(f.ItemOutOfStock(*event.name, sku=event.text("sku")))


def _cart_updated(event: Reader) -> None:
    items = [item for item in event.data.get("items") or () if isinstance(item, Mapping)]
    value = event.money("total")
    if value is None:
        prices = [(money(i.get("unit_price")), money(i.get("quantity"))) for i in items]
        value = sum((p * q for p, q in prices if p is not None and q is not None), Decimal(0))
    pieces: dict[str, Decimal] = {}
    for item in items:
        sku = str(item.get("sku", ""))
        pieces[sku] = pieces.get(sku, Decimal(0)) + (money(item.get("quantity")) or Decimal(0))
    updated = f.CartUpdated(*event.name, empty=not items, value=value, currency=event.text("currency"), pieces=pieces)
    event.tell(Kind.CART, updated)
    if items:
        event.tell_visit(f.ItemAdded(*event.name, cart_id=event.text("cart_id")))
    for item in items:
        if item.get("in_stock") is False:
            event.tell_visit(f.ItemOutOfStock(*event.name, sku=str(item.get("sku", ""))))


def _checkout_started(event: Reader) -> None:
    started = f.CheckoutStarted(
        *event.name,
        cart_id=event.text("cart_id"),
        session_id=event.text("session_id"),
        total=event.money("total"),
        currency=event.text("currency"),
    )
    event.tell(Kind.CHECKOUT, started)


def _checkout_step(event: Reader) -> None:
    step = f.CheckoutStepCompleted(
        *event.name,
        step=event.text("step"),
        session_id=event.text("session_id"),
        shipping_cost=event.money("shipping_cost"),
        shipping_options=event.count("shipping_options"),
        promised_by=event.instant("promised_by"),
        payment_options=event.count("payment_options"),
        payment_method=event.text("payment_method"),
    )
    event.tell(Kind.CHECKOUT, step)


def _payment_failed(event: Reader) -> None:
    failed = f.PaymentFailed(
        *event.name,
        method=event.text("method"),
        reason=event.text("reason"),
        amount=event.money("amount"),
        currency=event.text("currency"),
        checkout_id=event.text("checkout_id"),
        session_id=event.text("session_id"),
        order_id=event.text("order_id"),
    )
    for kind in (Kind.CHECKOUT, Kind.ORDER):
        event.tell(kind, failed)


def _payment_succeeded(event: Reader) -> None:
    succeeded = f.PaymentSucceeded(*event.name, method=event.text("method"), session_id=event.text("session_id"))
    for kind in (Kind.CHECKOUT, Kind.ORDER):
        event.tell(kind, succeeded)


def _order_placed(event: Reader) -> None:
    order_id = event.text("order_id")
    skus = (str(i["sku"]) for i in event.data.get("items") or () if isinstance(i, Mapping) and i.get("sku"))
    placed = f.OrderPlaced(
        *event.name,
        total=event.money("total"),
        currency=event.text("currency"),
        checkout_id=event.text("checkout_id"),
        cart_id=event.text("cart_id"),
        session_id=event.text("session_id"),
        promised_by=event.instant("promised_by"),
        ship_by=event.instant("ship_by"),
        payment_method=event.text("payment_method"),
        replaces=event.text("replaces"),
        skus=tuple(dict.fromkeys(skus)),
    )
    event.tell(Kind.ORDER, placed)
    for kind in (Kind.CHECKOUT, Kind.CART, Kind.SESSION):
        event.tell(kind, f.Ordered(*event.name, order_id=order_id, session_id=placed.session_id))
    if placed.replaces:
        replaced = aliases.alias(Kind.ORDER, placed.replaces)
        event.about(replaced).entity.facts.append(f.OrderReplaced(*event.name, by=order_id))


def _order_approved(event: Reader) -> None:
    event.tell(Kind.ORDER, f.OrderApproved(*event.name))


def _order_cancelled(event: Reader) -> None:
    event.tell(Kind.ORDER, f.OrderCancelled(*event.name, reason=event.text("reason"), by=event.text("by")))


def _order_refunded(event: Reader) -> None:
    refunded = f.OrderRefunded(
        *event.name, amount=event.money("amount"), currency=event.text("currency"), return_id=event.text("return_id")
    )
    event.tell(Kind.ORDER, refunded)


def _error_occurred(event: Reader) -> None:
    error = f.ErrorOccurred(
        *event.name,
        kind=event.text("kind"),
        checkout_id=event.text("checkout_id"),
        page=event.text("url"),
        session_id=event.text("session_id"),
    )
    for kind in (Kind.SESSION, Kind.CHECKOUT):
        event.tell(kind, error)


TELLERS: Mapping[str, Callable[[Reader], None]] = {
    PAGE: _page_viewed,
    "storefront.search.performed": _search_performed,
    "storefront.product.viewed": _product_viewed,
    "storefront.cart.updated": _cart_updated,
    "storefront.checkout.started": _checkout_started,
    "storefront.checkout.step_completed": _checkout_step,
    "storefront.payment.failed": _payment_failed,
    "storefront.payment.succeeded": _payment_succeeded,
    "storefront.order.placed": _order_placed,
    "storefront.order.approved": _order_approved,
    "storefront.order.cancelled": _order_cancelled,
    "storefront.order.refunded": _order_refunded,
    "storefront.error.occurred": _error_occurred,
}
"""What each type of event tells; `storefront.customer.identified` tells kinship alone."""
