"""What an event says: about whom, and who belongs to whom.

An event goes to the cell of the thing it is about (`home`); what it says of other things goes on to theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec

from schemas import aliases
from schemas.aliases import Kind, cell_key
from schemas.wire import EventItem
from services.journey.domain import facts as f
from services.journey.domain.entity import Entity, touch
from services.journey.domain.instants import parse
from services.journey.domain.timeline import AFTER

Data = Mapping[str, Any]

CARE_PAGES = frozenset({"order_status", "account", "help"})
CARE = "care"
"""The key of care touches that name no order."""

PAGE = "storefront.page.viewed"

VISITORS = (Kind.SESSION, Kind.ORDER, Kind.ANONYMOUS, Kind.CUSTOMER, Kind.CHECKOUT, Kind.CART)
"""Whose touch an event is: the first of these that it names. One event is one touch.

A customer's own cell does not have to remember each order.
"""
VIEWERS = (Kind.SESSION, Kind.ANONYMOUS, Kind.CUSTOMER, Kind.CHECKOUT, Kind.CART, Kind.ORDER)
"""The same for a page: anybody may look at an order's."""

SHOP_DOING = frozenset({"storefront.order.approved", "storefront.order.cancelled", "storefront.order.refunded"})
"""Storefront events that are no touch: the shop's doing, not the customer's."""

POOR = {"lcp_ms": 4000, "inp_ms": 500, "ttfb_ms": 1800, "cls": 0.25}
"""A page is poor when one of its vital signs is above this (web.dev's "poor" thresholds)."""


class Link(msgspec.Struct, frozen=True, array_like=True):
    """A proposal that an alias belongs to `parent`, by the event `(time, source, id)`."""

    parent: str  # alias
    time: int
    source: str
    id: str


@dataclass(slots=True)
class Account:
    """What one event says of one alias."""

    entity: Entity = field(default_factory=Entity)
    links: list[Link] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """What one event says, by cell key; `home` is the key of the cell it is about."""

    home: str
    accounts: dict[str, Account]


def read(item: EventItem) -> Reading:
    """Turn an accepted event into what it says of each cell. Every account is non-empty but the home's may be."""
    data: Data = msgspec.json.decode(item.data)
    return _Reader(item, data).read()


class _Reader:
    def __init__(self, item: EventItem, data: Data) -> None:
        self.item, self.data = item, data
        self.named = aliases.named(data)
        self.accounts: dict[str, Account] = {item.cell: Account()}
        self.name = (item.time_ms, item.source, item.id)

    def read(self) -> Reading:
        teller = _TELLERS.get(self.item.type)
        if teller is not None:
            teller(self)
        self.checkout_activity()
        if self.item.type.startswith("storefront."):
            self.visit()
            self.kinship()
        return Reading(self.item.cell, self.accounts)

    def about(self, alias: str) -> Account:
        key = cell_key(self.item.shop, alias)
        account = self.accounts.get(key)
        if account is None:
            account = self.accounts[key] = Account()
        return account

    def home(self) -> Account:
        return self.accounts[self.item.cell]

    def tell(self, kind: Kind, *told: f.AnyFact) -> None:
        """Facts about the alias of this kind, if the event names one."""
        if kind in self.named:
            self.about(self.named[kind]).entity.facts.extend(told)

    def tell_visit(self, *told: f.AnyFact) -> None:
        self.tell(Kind.SESSION, *told)

    def text(self, name: str) -> str:
        value = self.data.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def money(self, name: str) -> Decimal | None:
        return _money(self.data.get(name))

    def instant(self, name: str) -> int | None:
        value = self.data.get(name)
        return parse(value) if isinstance(value, str) else None

    def count(self, name: str) -> int | None:
        value = self.data.get(name)
        return len(value) if isinstance(value, list) else None

    def visit(self) -> None:
        """The touch, where the event is one: of the visitor that it names, else of what was touched."""
        kinds = VIEWERS if self.item.type == PAGE else VISITORS
        visitor = next((self.named[kind] for kind in kinds if kind in self.named), None)
        if visitor is None or self.item.type in SHOP_DOING:
            return
        entity = self.about(visitor).entity
        entity.touches[self._concern()] = [touch(*self.name)]
        entity.channels.extend(filter(None, [self.text("channel")]))
        entity.devices.extend(filter(None, [self.text("device")]))

    def _concern(self) -> str:
        order = self.named.get(Kind.ORDER, "")
        if self.item.type != PAGE:
            return f"{AFTER}{order}" if order else ""
        if order:
            return order
        return CARE if self.text("page") in CARE_PAGES else ""

    def kinship(self) -> None:
        """Who belongs to whom, as storefront events say it."""
        people = [self.named[k] for k in (Kind.CUSTOMER, Kind.ANONYMOUS) if k in self.named]
        children: list[Kind] = [k for k in (Kind.SESSION, Kind.CART, Kind.CHECKOUT) if k in self.named]
        if Kind.ORDER in self.named and self.item.type.startswith(_ORDER_LINKING):
            children.append(Kind.ORDER)
        for kind in children:
            self.link(self.named[kind], *people)
        if len(people) == 2:
            self.link(people[1], people[0])

    def link(self, child: str, *parents: str) -> None:
        self.about(child).links.extend(Link(parent, *self.name) for parent in parents)

    # One method a family of events; the names follow the event types.

    def page_viewed(self) -> None:
        if any(float(self.data.get(sign) or 0) > limit for sign, limit in POOR.items()):
            self.tell_visit(f.PageWasPoor(*self.name, page=self.text("page") or self.text("url")))

    def search_performed(self) -> None:
        if self.data.get("results") == 0:
            self.tell_visit(f.SearchFoundNothing(*self.name))

    def product_viewed(self) -> None:
        if self.data.get("in_stock") is False:
            self.tell_visit(f.ItemOutOfStock(*self.name, sku=self.text("sku")))

    def cart_updated(self) -> None:
        items = [item for item in self.data.get("items") or () if isinstance(item, Mapping)]
        value = self.money("total")
        if value is None:
            prices = [(_money(i.get("unit_price")), _money(i.get("quantity"))) for i in items]
            value = sum((p * q for p, q in prices if p is not None and q is not None), Decimal(0))
        pieces: dict[str, Decimal] = {}
        for item in items:
            sku = str(item.get("sku", ""))
            pieces[sku] = pieces.get(sku, Decimal(0)) + (_money(item.get("quantity")) or Decimal(0))
        updated = f.CartUpdated(*self.name, empty=not items, value=value, currency=self.text("currency"), pieces=pieces)
        self.tell(Kind.CART, updated)
        if items:
            self.tell_visit(f.ItemAdded(*self.name, cart_id=self.text("cart_id")))
        for item in items:
            if item.get("in_stock") is False:
                self.tell_visit(f.ItemOutOfStock(*self.name, sku=str(item.get("sku", ""))))

    def checkout_started(self) -> None:
        started = f.CheckoutStarted(
            *self.name,
            cart_id=self.text("cart_id"),
            session_id=self.text("session_id"),
            total=self.money("total"),
            currency=self.text("currency"),
        )
        self.tell(Kind.CHECKOUT, started)

    def checkout_step(self) -> None:
        step = f.CheckoutStepCompleted(
            *self.name,
            step=self.text("step"),
            session_id=self.text("session_id"),
            shipping_cost=self.money("shipping_cost"),
            shipping_options=self.count("shipping_options"),
            promised_by=self.instant("promised_by"),
            payment_options=self.count("payment_options"),
            payment_method=self.text("payment_method"),
        )
        self.tell(Kind.CHECKOUT, step)

    def checkout_activity(self) -> None:
        """Any event that carries a checkout is activity of it, and of the cart that it names beside it."""
        if Kind.CHECKOUT not in self.named or not self.item.shop:
            return
        known = self.about(self.named[Kind.CHECKOUT]).entity.facts
        if not known:
            known.append(f.CheckoutWasActive(*self.name, session_id=self.text("session_id")))
        if self.item.type != "storefront.order.placed":
            self.tell(Kind.CART, f.CheckoutTouchedCart(*self.name, checkout_id=self.text("checkout_id")))

    def payment_failed(self) -> None:
        failed = f.PaymentFailed(
            *self.name,
            method=self.text("method"),
            reason=self.text("reason"),
            amount=self.money("amount"),
            currency=self.text("currency"),
            checkout_id=self.text("checkout_id"),
            session_id=self.text("session_id"),
            order_id=self.text("order_id"),
        )
        for kind in (Kind.CHECKOUT, Kind.ORDER):
            self.tell(kind, failed)

    def payment_succeeded(self) -> None:
        succeeded = f.PaymentSucceeded(*self.name, method=self.text("method"), session_id=self.text("session_id"))
        for kind in (Kind.CHECKOUT, Kind.ORDER):
            self.tell(kind, succeeded)

    def order_placed(self) -> None:
        order_id = self.text("order_id")
        skus = (str(i["sku"]) for i in self.data.get("items") or () if isinstance(i, Mapping) and i.get("sku"))
        placed = f.OrderPlaced(
            *self.name,
            total=self.money("total"),
            currency=self.text("currency"),
            checkout_id=self.text("checkout_id"),
            cart_id=self.text("cart_id"),
            session_id=self.text("session_id"),
            promised_by=self.instant("promised_by"),
            ship_by=self.instant("ship_by"),
            payment_method=self.text("payment_method"),
            replaces=self.text("replaces"),
            skus=tuple(dict.fromkeys(skus)),
        )
        self.tell(Kind.ORDER, placed)
        for kind in (Kind.CHECKOUT, Kind.CART, Kind.SESSION):
            self.tell(kind, f.Ordered(*self.name, order_id=order_id, session_id=placed.session_id))
        if placed.replaces:
            replaced = aliases.alias(Kind.ORDER, placed.replaces)
            self.about(replaced).entity.facts.append(f.OrderReplaced(*self.name, by=order_id))

    def order_approved(self) -> None:
        self.tell(Kind.ORDER, f.OrderApproved(*self.name))

    def order_cancelled(self) -> None:
        self.tell(Kind.ORDER, f.OrderCancelled(*self.name, reason=self.text("reason"), by=self.text("by")))

    def order_refunded(self) -> None:
        refunded = f.OrderRefunded(
            *self.name, amount=self.money("amount"), currency=self.text("currency"), return_id=self.text("return_id")
        )
        self.tell(Kind.ORDER, refunded)

    def order_packed(self) -> None:
        self.tell(Kind.ORDER, f.OrderPacked(*self.name))

    def error_occurred(self) -> None:
        error = f.ErrorOccurred(
            *self.name,
            kind=self.text("kind"),
            checkout_id=self.text("checkout_id"),
            page=self.text("url"),
            session_id=self.text("session_id"),
        )
        for kind in (Kind.SESSION, Kind.CHECKOUT):
            self.tell(kind, error)

    def parcel_registered(self) -> None:
        registered = f.ParcelRegistered(
            *self.name,
            shop=self.item.shop,
            order_id=self.text("order_id"),
            service_level=self.text("service_level"),
            origin=self.text("origin"),
            destination=self.text("destination"),
            promised_by=self.instant("promised_by"),
            ship_by=self.instant("ship_by"),
        )
        self.tell(Kind.PARCEL, registered)

    def parcel_scanned(self) -> None:
        scanned = f.ParcelScanned(
            *self.name,
            status=self.text("status"),
            location=self.text("location"),
            estimated_delivery=self.instant("estimated_delivery"),
        )
        self.tell(Kind.PARCEL, scanned)

    def delivery_attempted(self) -> None:
        self.tell(Kind.PARCEL, f.DeliveryAttempted(*self.name, reason=self.text("reason")))

    def return_registered(self) -> None:
        returned = f.ReturnRegistered(*self.name, return_id=self.text("return_id"), reason=self.text("reason"))
        self.tell(Kind.ORDER, returned)

    def return_received(self) -> None:
        received = f.ReturnReceived(*self.name, return_id=self.text("return_id"), reason=self.text("reason"))
        self.tell(Kind.ORDER, received)

    def ticket_opened(self) -> None:
        opened = f.TicketOpened(
            *self.name, channel=self.text("channel"), topic=self.text("topic"), order_id=self.text("order_id")
        )
        self.tell(Kind.TICKET, opened)
        self.tell(Kind.ORDER, f.TicketNamedOrder(*self.name, ticket_id=self.text("ticket_id"), topic=opened.topic))
        self.ticket_kinship()

    def ticket_replied(self) -> None:
        self.tell(Kind.TICKET, f.TicketReplied(*self.name, by=self.text("by")))
        self.ticket_kinship()

    def ticket_solved(self) -> None:
        self.tell(Kind.TICKET, f.TicketSolved(*self.name))
        self.ticket_kinship()

    def ticket_reopened(self) -> None:
        self.tell(Kind.TICKET, f.TicketReopened(*self.name))
        self.ticket_kinship()

    def ticket_kinship(self) -> None:
        parents = [self.named[k] for k in (Kind.CUSTOMER, Kind.ORDER) if k in self.named]
        if Kind.TICKET in self.named:
            self.link(self.named[Kind.TICKET], *parents)

    def survey_answered(self) -> None:
        scale = self.data.get("scale")
        answered = f.SurveyAnswered(
            *self.name,
            survey=self.text("survey"),
            score=float(self.data.get("score") or 0),
            scale=None if scale is None else float(scale),
            order_id=self.text("order_id"),
            ticket_id=self.text("ticket_id"),
        )
        self.home().entity.facts.append(answered)

    def feedback_posted(self) -> None:
        posted = f.FeedbackPosted(
            *self.name,
            where=self.text("where"),
            sentiment=self.text("sentiment"),
            order_id=self.text("order_id"),
            ticket_id=self.text("ticket_id"),
        )
        self.home().entity.facts.append(posted)

    def action_taken(self) -> None:
        taken = f.ActionTaken(
            *self.name,
            action=self.text("action"),
            pain_point_id=_uuid(self.text("pain_point_id")),
            plan=self.text("plan"),
            by=self.text("by"),
            note=self.text("note"),
            order_id=self.text("order_id"),
        )
        self.home().entity.facts.append(taken)


_ORDER_LINKING = ("storefront.order.", "storefront.payment.", "storefront.checkout.")

_TELLERS: Mapping[str, Callable[[_Reader], None]] = {
    PAGE: _Reader.page_viewed,
    "storefront.search.performed": _Reader.search_performed,
    "storefront.product.viewed": _Reader.product_viewed,
    "storefront.cart.updated": _Reader.cart_updated,
    "storefront.checkout.started": _Reader.checkout_started,
    "storefront.checkout.step_completed": _Reader.checkout_step,
    "storefront.payment.failed": _Reader.payment_failed,
    "storefront.payment.succeeded": _Reader.payment_succeeded,
    "storefront.order.placed": _Reader.order_placed,
    "storefront.order.approved": _Reader.order_approved,
    "storefront.order.cancelled": _Reader.order_cancelled,
    "storefront.order.refunded": _Reader.order_refunded,
    "storefront.error.occurred": _Reader.error_occurred,
    "logistics.order.packed": _Reader.order_packed,
    "logistics.parcel.registered": _Reader.parcel_registered,
    "logistics.parcel.handed_over": lambda r: r.tell(Kind.PARCEL, f.ParcelHandedOver(*r.name)),
    "logistics.parcel.scanned": _Reader.parcel_scanned,
    "logistics.parcel.delivery_attempted": _Reader.delivery_attempted,
    "logistics.parcel.delivered": lambda r: r.tell(Kind.PARCEL, f.ParcelDelivered(*r.name)),
    "logistics.parcel.damaged": lambda r: r.tell(Kind.PARCEL, f.ParcelDamaged(*r.name)),
    "logistics.parcel.lost": lambda r: r.tell(Kind.PARCEL, f.ParcelLost(*r.name)),
    "logistics.parcel.returned": lambda r: r.tell(Kind.PARCEL, f.ParcelReturned(*r.name)),
    "logistics.return.registered": _Reader.return_registered,
    "logistics.return.received": _Reader.return_received,
    "service.ticket.opened": _Reader.ticket_opened,
    "service.ticket.replied": _Reader.ticket_replied,
    "service.ticket.solved": _Reader.ticket_solved,
    "service.ticket.reopened": _Reader.ticket_reopened,
    "service.survey.answered": _Reader.survey_answered,
    "service.feedback.posted": _Reader.feedback_posted,
    "service.action.taken": _Reader.action_taken,
}
"""What each type of event tells; `storefront.customer.identified` tells kinship alone."""


def _uuid(text: str) -> str:
    """However it was written; "" when it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _money(value: object) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
