"""Shops as hypothesis imagines them: few names, every event type, and instants that sit on the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from support.story import SHOP, T0, told

Data = dict[str, Any]
Fields = Mapping[str, st.SearchStrategy[Any]]

MILLISECOND = timedelta(milliseconds=1)
LIMITS = [
    timedelta(0),
    *(timedelta(minutes=minutes) for minutes in (5, 10, 30, 60)),
    *(timedelta(hours=hours) for hours in (24, 48)),
    *(timedelta(days=days) for days in (3, 5, 7, 14, 30)),
]
"""How long one waits for something: the limits of the kinds of pain points, and less."""

LONG = [*LIMITS, timedelta(days=90)]

HORIZON = timedelta(days=85)
"""Events lie within the 90 days in which their order of arrival means nothing."""


@dataclass(frozen=True, slots=True)
class GeneratedShop:
    """What happened in a shop, in order of time, and when one looks at it."""

    events: list[bytes]
    now: datetime

    def read(self) -> list[dict[str, Any]]:
        """The events as a reader sees them."""
        return [msgspec.json.decode(event) for event in self.events]


def _one(*values: object) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def _may(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries({}, optional=fields)


def _data(required: Fields, *more: st.SearchStrategy[Data]) -> st.SearchStrategy[Data]:
    parts = st.tuples(st.fixed_dictionaries(dict(required)), *more)
    return parts.map(lambda found: {k: v for part in found for k, v in part.items()})


CUSTOMER = {"customer_id": _one("c1", "c1", "c2")}
VISITOR = {"anonymous_id": _one("a1", "a2")}
SESSION = {"session_id": _one("s1", "s1", "s2")}
CART = {"cart_id": _one("k1", "k1", "k2")}
CHECKOUT = {"checkout_id": _one("x1", "x1", "x2")}
ORDER = {"order_id": _one("o1", "o1", "o2")}
TICKET = {"ticket_id": _one("t1", "t1", "t2")}
PARCEL = {"carrier": st.just("dhl"), "tracking_number": _one("n1", "n1", "n2")}
RETURN = _one("r1", "r1", "r2").map(lambda name: {"return_id": name, "order_id": "o" + name[1:]})

WHO = st.one_of(_may(**CUSTOMER, **VISITOR), st.fixed_dictionaries(CUSTOMER))
BY = _may(channel=_one("web", "app"), device=_one("phone", "desktop"))
MONEY = st.fixed_dictionaries({"total": _one("20", "199.99", "200"), "currency": st.just("EUR")})
SKU = _one("A", "B")
ITEM = _data({"sku": SKU, "quantity": _one(1, 2), "unit_price": _one("10.00", "200")}, _may(in_stock=st.booleans()))
ITEMS = st.lists(ITEM, max_size=2, unique_by=lambda item: item["sku"])
CARTFUL = _data({"items": ITEMS, "currency": st.just("EUR")}, _may(total=_one("40", "20")))
MEASURES = _may(
    page=_one("product", "order_status", "account", "help"),
    lcp_ms=_one(4000, 4001),
    inp_ms=_one(500, 501),
    ttfb_ms=_one(1800, 1801),
    cls=_one(0.25, 0.26),
)
OPTIONS = _one([], ["one"])
LATER = "@"  # stands for an instant until the marks of the shop are known


def _promise(*names: str) -> st.SearchStrategy[Data]:
    return _may(**{name: st.integers(0, 63).map(lambda n: f"{LATER}{n}") for name in names})


STOREFRONT: Mapping[str, st.SearchStrategy[Data]] = {
    "storefront.page.viewed": _data({"url": st.just("/"), **SESSION}, WHO, BY, MEASURES, _may(**ORDER)),
    "storefront.search.performed": _data({"query": st.just("q"), "results": _one(0, 0, 1), **SESSION}, WHO),
    "storefront.product.viewed": _data({"sku": SKU, **SESSION}, WHO, _may(in_stock=st.booleans())),
    "storefront.cart.updated": _data(CART, CARTFUL, WHO, BY, _may(**SESSION)),
    "storefront.checkout.started": _data(CHECKOUT, MONEY, WHO, BY, _may(**CART, **SESSION)),
    "storefront.checkout.step_completed": _data(
        {**CHECKOUT, "step": _one("shipping", "payment")},
        WHO,
        _may(**SESSION, shipping_cost=_one("3.00", "3.01", "30"), shipping_options=OPTIONS, payment_options=OPTIONS),
        _promise("promised_by"),
    ),
    "storefront.payment.failed": _data({"method": st.just("card")}, WHO, st.one_of(
        st.fixed_dictionaries(CHECKOUT), st.fixed_dictionaries(ORDER), st.fixed_dictionaries({**CHECKOUT, **ORDER})
    )),
    "storefront.payment.succeeded": _data({"method": st.just("card")}, WHO, st.one_of(
        st.fixed_dictionaries(CHECKOUT), st.fixed_dictionaries(ORDER), st.fixed_dictionaries({**CHECKOUT, **ORDER})
    )),
    "storefront.error.occurred": _data({"kind": st.just("js"), "message": st.just("!")}, WHO, st.one_of(
        st.fixed_dictionaries(SESSION), st.fixed_dictionaries(CHECKOUT), st.fixed_dictionaries({**SESSION, **CHECKOUT})
    )),
    "storefront.customer.identified": _data({**VISITOR, **CUSTOMER}),
}  # fmt: skip

ORDERS: Mapping[str, st.SearchStrategy[Data]] = {
    "storefront.order.placed": _data(
        ORDER,
        MONEY,
        WHO,
        BY,
        _may(**SESSION, **CART, **CHECKOUT, items=ITEMS, payment_method=_one("card", "invoice"), replaces=_one("o1")),
        _promise("promised_by", "ship_by"),
    ),
    "storefront.order.approved": _data(ORDER),
    "storefront.order.cancelled": _data(ORDER),
    "storefront.order.refunded": st.one_of(
        _data({**ORDER, "amount": st.just("5"), "currency": st.just("EUR")}),
        _data({"amount": st.just("5"), "currency": st.just("EUR")}, RETURN),
    ),
}

LOGISTICS: Mapping[str, st.SearchStrategy[Data]] = {
    "logistics.order.packed": _data(ORDER),
    "logistics.parcel.registered": _data({**ORDER, **PARCEL}, _promise("promised_by", "ship_by"), _may(
        service_level=_one("standard", "express"), destination=_one("DE", "AT")
    )),
    "logistics.parcel.handed_over": _data(PARCEL),
    "logistics.parcel.scanned": _data(
        {**PARCEL, "status": _one("in_transit", "in_transit", "out_for_delivery", "available_for_pickup")}
    ),
    "logistics.parcel.delivery_attempted": _data(PARCEL),
    "logistics.parcel.delivered": _data(PARCEL),
    "logistics.parcel.damaged": _data(PARCEL),
    "logistics.parcel.lost": _data(PARCEL),
    "logistics.parcel.returned": _data(PARCEL),
    "logistics.return.registered": _data({}, RETURN, _may(reason=_one("damaged", "size"))),
    "logistics.return.received": _data({}, RETURN, _may(reason=_one("damaged", "size"))),
}  # fmt: skip

SERVICE: Mapping[str, st.SearchStrategy[Data]] = {
    "service.ticket.opened": _data({**TICKET, "channel": st.just("email")}, _may(
        **CUSTOMER, **ORDER, topic=_one("damaged", "other")
    )),
    "service.ticket.replied": _data({**TICKET, "by": _one("agent", "customer", "customer")}, _may(**CUSTOMER)),
    "service.ticket.solved": _data(TICKET),
    "service.ticket.reopened": _data(TICKET),
    "service.survey.answered": st.one_of(
        _data({"survey": _one("csat", "ces", "review"), "score": st.integers(1, 5), "scale": st.just(5)}, st.one_of(
            st.fixed_dictionaries(ORDER), st.fixed_dictionaries(TICKET), st.fixed_dictionaries(CUSTOMER)
        )),
        _data({"survey": st.just("nps"), "score": _one(0, 1, 6, 7), **CUSTOMER}, _may(**ORDER)),
    ),
    "service.feedback.posted": _data({"where": st.just("app"), "sentiment": _one("good", "bad")}, st.one_of(
        st.fixed_dictionaries(ORDER), st.fixed_dictionaries(TICKET), st.fixed_dictionaries(CUSTOMER)
    )),
    "service.action.taken": _data({"action": _one("called", "acknowledged"), **ORDER}),
}  # fmt: skip

PLACED, REGISTERED = "storefront.order.placed", "logistics.parcel.registered"
STARTED, UPDATED = "storefront.checkout.started", "storefront.cart.updated"
VIEWED = "storefront.page.viewed"


@dataclass(frozen=True, slots=True)
class Theme:
    """What a shop's events are mostly about: fewer types meet more often; some must be there for others to matter."""

    types: Mapping[str, st.SearchStrategy[Data]]
    needed: tuple[str, ...] = ()


def _only(types: Mapping[str, st.SearchStrategy[Data]], *beginnings: str) -> Mapping[str, st.SearchStrategy[Data]]:
    return {type_: data for type_, data in types.items() if type_.startswith(beginnings)}


EVERYTHING = {**STOREFRONT, **ORDERS, **LOGISTICS, **SERVICE}
THEMES = (
    Theme(EVERYTHING),
    Theme(_only(EVERYTHING, "storefront.page", "storefront.search", "storefront.product", UPDATED, PLACED), (VIEWED,)),
    Theme(_only(EVERYTHING, "storefront.checkout", "storefront.payment", "storefront.error", PLACED), (STARTED,)),
    Theme({**STOREFRONT, **_only(SERVICE, "service.ticket")}, (UPDATED, STARTED)),
    Theme({**STOREFRONT, **ORDERS}, (PLACED,)),
    Theme(ORDERS, (PLACED,)),
    Theme(_only(LOGISTICS, "logistics.parcel"), (PLACED, REGISTERED)),
    Theme({**ORDERS, **_only(LOGISTICS, "logistics.parcel")}, (PLACED, REGISTERED)),
    Theme({**ORDERS, **_only(LOGISTICS, "logistics.return"), **SERVICE}, (PLACED,)),
    Theme({**_only(SERVICE, "service.ticket"), **_only(STOREFRONT, VIEWED)}, (PLACED, "service.ticket.opened")),
    Theme({**ORDERS, **LOGISTICS, **SERVICE}, (PLACED, REGISTERED)),
    Theme(
        _only(EVERYTHING, "storefront.checkout", VIEWED, "service.ticket.opened", "service.ticket.replied"), (STARTED,)
    ),
    Theme(
        _only(EVERYTHING, "logistics.return", "storefront.order.refunded", "service.survey", "service.action", VIEWED)
    ),
)


@st.composite
def marks(draw: st.DrawFn, span: timedelta) -> list[datetime]:
    """Instants a limit apart from one another, or a millisecond beside it."""
    found = [T0]
    for _ in range(draw(st.integers(0, 12))):
        at = found[-1 - draw(st.integers(0, 3)) % len(found)] + draw(
            st.sampled_from(LIMITS if span == HORIZON else LONG)
        )
        at += draw(st.sampled_from([0, 0, 1, -1])) * MILLISECOND
        found.append(min(max(at, T0), T0 + span))
    return found


@st.composite
def shops(draw: st.DrawFn, max_events: int = 16, span: timedelta = HORIZON) -> GeneratedShop:
    """A shop: its events in order of time, and a last look at it."""
    instants, theme = draw(marks(span)), draw(st.sampled_from(THEMES))
    kinds = sorted(theme.types)
    chosen = [draw(st.sampled_from(kinds)) for _ in range(draw(st.integers(1, max_events)))]
    happened = [(draw(st.integers(0, len(instants) - 1)), type_) for type_ in chosen]
    if draw(st.booleans()):
        happened += [(0, type_) for type_ in theme.needed]
    timed = sorted(((instants[n], type_) for n, type_ in happened), key=lambda found: found[0])
    events = []
    for n, (when, type_) in enumerate(timed):
        data = {k: _instant(v, instants) for k, v in draw(EVERYTHING[type_]).items()}
        events.append(told(type_, when, id=f"e{n:02}", source=draw(_one("/a", "/b")), shop=_shop(draw, type_), **data))
    end = draw(st.sampled_from([timedelta(0), MILLISECOND, *LIMITS, timedelta(days=90), timedelta(days=120)]))
    return GeneratedShop(events, timed[-1][0] + end)


def _shop(draw: st.DrawFn, type_: str) -> str:
    """A carrier need not know the shop."""
    knows = not type_.startswith("logistics.parcel.") or type_.endswith("registered") or draw(st.booleans())
    return SHOP if knows else ""


def _instant(value: Any, instants: list[datetime]) -> Any:
    """A promise: one of the marks, or a limit after it."""
    if not isinstance(value, str) or not value.startswith(LATER):
        return value
    n = int(value.removeprefix(LATER))
    return instants[n % len(instants)] + LIMITS[n // 6]
