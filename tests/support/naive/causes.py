"""Why a checkout was abandoned: the first of a list that its facts and its session's show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from support.naive.events import Event
from support.naive.limits import Limits
from support.naive.shop import Shop

from schemas.aliases import Kind


class Visit:
    """What is known of a checkout and its session up to an instant."""

    def __init__(self, shop: Shop, checkout: str, until: datetime) -> None:
        self.shop, self.checkout, self.until = shop, checkout, until
        seen = {n for e in shop.naming(checkout) if e.time <= until and (n := e.name(Kind.SESSION))}
        self.sessions = seen & shop.of_same_person(checkout, Kind.SESSION)
        self.carts = shop.of_same_person(checkout, Kind.CART)

    def about(self, *types: str) -> list[Event]:
        """Events of the checkout."""
        return [e for e in self.shop.of(*types) if e.name(Kind.CHECKOUT) == self.checkout and e.time <= self.until]

    def around(self, *types: str) -> list[Event]:
        """Events of the checkout or its session."""
        names = {self.checkout, *self.sessions}
        kinds = (Kind.CHECKOUT, Kind.SESSION)
        return [e for e in self.shop.of(*types) if names & {e.name(k) for k in kinds} and e.time <= self.until]

    def in_one_session(self, events: list[Event], n: int) -> bool:
        """Whether so many of them were in one session."""
        return any(sum(e.name(Kind.SESSION) == session for e in events) >= n for session in self.sessions)

    def said(self, field: str) -> Any:
        """The last word of the checkout's steps about a field; None where they are silent."""
        said = [e.data[field] for e in self.about("storefront.checkout.") if field in e.data]
        return said[-1] if said else None

    def value(self) -> Decimal | None:
        """The basket: the checkout's total, else the cart's."""
        if (total := self.said("total")) is not None:
            return Decimal(str(total))
        carts = [e for e in self.shop.of("storefront.cart.updated") if e.name(Kind.CART) in self.carts]
        known = [e for e in carts if e.time <= self.until]
        return cart_value(known[-1]) if known else None


def cart_value(cart: Event) -> Decimal:
    """A cart's total, else the sum of its lines."""
    if "total" in cart.data:
        return Decimal(str(cart.data["total"]))
    return sum((Decimal(str(i["quantity"])) * Decimal(str(i["unit_price"])) for i in cart.data["items"]), Decimal(0))


def out_of_stock(event: Event) -> list[str]:
    """What was viewed or put into a cart and could not be had."""
    if event.type == "storefront.product.viewed":
        return [str(event.data["sku"])] if event.data.get("in_stock") is False else []
    items = event.data.get("items", []) if event.type == "storefront.cart.updated" else []
    return [str(item["sku"]) for item in items if item.get("in_stock") is False]


def poor(event: Event, limits: Limits) -> bool:
    """Whether a page was slow or jumpy."""
    worst = {"lcp_ms": limits.lcp_ms, "inp_ms": limits.inp_ms, "ttfb_ms": limits.ttfb_ms, "cls": limits.cls}
    return any(event.data.get(measure, 0) > limit for measure, limit in worst.items())


def _declined(visit: Visit) -> bool:
    declined = [e.time for e in visit.about("storefront.payment.failed")]
    paid = [e.time for e in visit.about("storefront.payment.succeeded")]
    return bool(declined) and not any(at >= declined[-1] for at in paid)


def _site_error(visit: Visit) -> bool:
    errors = visit.around("storefront.error.occurred")
    many = visit.in_one_session(errors, visit.shop.limits.site_errors)
    return any(e.name(Kind.CHECKOUT) for e in errors) or many


def _out_of_stock(visit: Visit) -> bool:
    return any(out_of_stock(e) for e in visit.around("storefront.product.viewed", "storefront.cart.updated"))


def _shipping_cost(visit: Visit) -> bool:
    cost, basket = visit.said("shipping_cost"), visit.value()
    return cost is not None and basket is not None and Decimal(str(cost)) > visit.shop.limits.shipping_share * basket


def _too_slow(visit: Visit) -> bool:
    made = [(e.time, by) for e in visit.about("storefront.checkout.step_completed") if (by := e.instant("promised_by"))]
    return bool(made) and made[-1][1] - made[-1][0] > visit.shop.limits.slow_promise


def _slow_pages(visit: Visit) -> bool:
    pages = [e for e in visit.around("storefront.page.viewed") if poor(e, visit.shop.limits)]
    return visit.in_one_session(pages, visit.shop.limits.slow_pages)


def _unanswered(visit: Visit) -> bool:
    person = visit.shop.persons[visit.checkout]
    began = min(e.time for e in visit.around("storefront."))
    for ticket in visit.shop.names(Kind.TICKET):
        words = [e for e in visit.shop.naming(ticket) if e.time <= visit.until]
        opened = [e.time for e in words if e.type == "service.ticket.opened"]
        replies = [e.time for e in words if e.type == "service.ticket.solved" or e.data.get("by") == "agent"]
        asked = opened and opened[0] >= began - visit.shop.limits.question_before
        if asked and not any(at >= opened[0] for at in replies) and visit.shop.persons[ticket] == person:
            return True
    return False


CAUSES: Mapping[str, Callable[[Visit], bool]] = {
    "payment_failed": _declined,
    "no_payment_option": lambda visit: visit.said("payment_options") == [],
    "site_error": _site_error,
    "out_of_stock": _out_of_stock,
    "no_delivery_option": lambda visit: visit.said("shipping_options") == [],
    "shipping_cost": _shipping_cost,
    "delivery_too_slow": _too_slow,
    "slow_pages": _slow_pages,
    "unanswered_question": _unanswered,
}


def cause(visit: Visit) -> str:
    """The most likely cause."""
    return next((name for name, shown in CAUSES.items() if shown(visit)), "unknown")
