"""Events of a small shop, told in one line each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
from support.world import World, of

from schemas.rows import AnyRow, PainPointRow

T0 = datetime(2024, 5, 2, 10, 0, tzinfo=UTC)
SHOP = "demo"
_ids = itertools.count()


def at(**since: float) -> datetime:
    """An instant, counted from the beginning of the story."""
    return T0 + timedelta(**since)


def ms(instant: datetime) -> int:
    """Milliseconds since the epoch."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def told(
    type_: str, when: datetime, *, id: str | None = None, source: str = "/story", shop: str = SHOP, **data: object
) -> bytes:
    """One event as its source would send it; instants in the data are written as the contract wants them."""
    texts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in data.items()}
    name = id if id is not None else f"e{next(_ids)}"
    envelope = {
        "specversion": "1.0",
        "id": name,
        "source": source,
        "type": type_,
        "time": when.isoformat(),
        "data": texts,
    }
    return msgspec.json.encode({**envelope, "shop": shop} if shop else envelope)


def placed(order_id: str, when: datetime, **more: object) -> bytes:
    """An order of customer `c1` worth 50 EUR, unless told otherwise."""
    return told(
        "storefront.order.placed",
        when,
        **{"order_id": order_id, "total": "50.00", "currency": "EUR", "customer_id": "c1", **more},
    )


def order(what: str, when: datetime, order_id: str = "o1", **more: object) -> bytes:
    """A word about an order: approved, cancelled."""
    return told(f"storefront.order.{what}", when, order_id=order_id, **more)


def refunded(when: datetime, order_id: str = "o1", **more: object) -> bytes:
    """Five EUR back."""
    return order("refunded", when, order_id, **{"amount": "5.00", "currency": "EUR", **more})


def cart(when: datetime, *skus: str, cart_id: str = "k1", **more: object) -> bytes:
    """The cart of customer `c1` holds these articles, one of each for 10 EUR."""
    items = [{"sku": sku, "quantity": 1, "unit_price": "10.00"} for sku in skus]
    known = {"customer_id": "c1", "currency": "EUR", "items": items}
    return told("storefront.cart.updated", when, cart_id=cart_id, **{**known, **more})


def checkout(when: datetime, checkout_id: str = "x1", **more: object) -> bytes:
    """Customer `c1` starts a checkout worth 50 EUR, in session `s1`, unless told otherwise."""
    known = {"customer_id": "c1", "session_id": "s1", "total": "50.00", "currency": "EUR"}
    fields = {k: v for k, v in {**known, **more}.items() if v is not None}
    return told("storefront.checkout.started", when, checkout_id=checkout_id, **fields)


def step(when: datetime, name: str = "shipping", checkout_id: str = "x1", **more: object) -> bytes:
    """A step of a checkout."""
    return told("storefront.checkout.step_completed", when, checkout_id=checkout_id, step=name, **more)


def payment(what: str, when: datetime, **about: object) -> bytes:
    """A payment by card that `failed` or `succeeded`, of checkout `x1` unless told otherwise."""
    return told(f"storefront.payment.{what}", when, method="card", **(about or {"checkout_id": "x1"}))


def page(when: datetime, session_id: str = "s1", **more: object) -> bytes:
    """A page seen by customer `c1`."""
    known = {"url": "/p", "page": "product", "customer_id": "c1"}
    return told("storefront.page.viewed", when, session_id=session_id, **{**known, **more})


def search(when: datetime, results: int = 0, session_id: str = "s1", **more: object) -> bytes:
    """A search by customer `c1`."""
    known = {"query": "boots", "customer_id": "c1"}
    return told("storefront.search.performed", when, session_id=session_id, results=results, **{**known, **more})


def product(when: datetime, sku: str, session_id: str = "s1", **more: object) -> bytes:
    """A product seen by customer `c1`."""
    return told("storefront.product.viewed", when, sku=sku, session_id=session_id, customer_id="c1", **more)


def error(when: datetime, **more: object) -> bytes:
    """The page's script failed, in session `s1` of customer `c1` unless told otherwise."""
    about = {"session_id": "s1", "customer_id": "c1", "url": "/pay", **more}
    known = {k: v for k, v in about.items() if v is not None}
    return told("storefront.error.occurred", when, kind="js", message="boom", **known)


def ticket(what: str, when: datetime, ticket_id: str = "t1", **more: object) -> bytes:
    """A ticket of customer `c1` by e-mail: opened, solved, reopened."""
    known = {"customer_id": "c1", **({"channel": "email"} if what == "opened" else {}), **more}
    return told(f"service.ticket.{what}", when, ticket_id=ticket_id, **known)


def reply(by: str, when: datetime, ticket_id: str = "t1", **more: object) -> bytes:
    """An `agent` or the `customer` wrote in a ticket."""
    return told("service.ticket.replied", when, ticket_id=ticket_id, by=by, **more)


def return_(what: str, when: datetime, return_id: str = "r1", order_id: str = "o1", **more: object) -> bytes:
    """A return of an order: registered, received."""
    return told(f"logistics.return.{what}", when, return_id=return_id, order_id=order_id, **more)


def survey(score: float, when: datetime, kind: str = "csat", **more: object) -> bytes:
    """An answer on a scale of five about order `o1`, unless told otherwise."""
    about = {"order_id": "o1", **({} if kind == "nps" else {"scale": 5}), **more}
    known = {k: v for k, v in about.items() if v is not None}
    return told("service.survey.answered", when, survey=kind, score=score, **known)


def action(when: datetime, what: str = "called", **about: object) -> bytes:
    """Somebody did something, about order `o1` unless told otherwise."""
    return told("service.action.taken", when, action=what, **(about or {"order_id": "o1"}))


def registered(order_id: str, when: datetime, number: str = "1", **more: object) -> bytes:
    """A parcel of carrier `dhl` for an order."""
    parcel = {"order_id": order_id, "carrier": "dhl", "tracking_number": number}
    return told("logistics.parcel.registered", when, **{**parcel, **more})


def parcel(what: str, when: datetime, number: str = "1", shop: str = SHOP, **more: object) -> bytes:
    """A carrier's word: handed_over, scanned, delivery_attempted, delivered, damaged, lost, returned."""
    return told(f"logistics.parcel.{what}", when, shop=shop, **{"carrier": "dhl", "tracking_number": number, **more})


def scanned(when: datetime, number: str = "1", status: str = "in_transit", **more: object) -> bytes:
    """A scan on the way."""
    return parcel("scanned", when, number, status=status, **more)


def live(events: Iterable[bytes], now: datetime, partitions: int = 2) -> World:
    """The world after these events, when the shop's clock stands at `now`."""
    world = World(partitions)
    world.send(events)
    world.run()
    world.tick(SHOP, ms(now))
    world.run()
    return world


def pains(events: Iterable[bytes], now: datetime, kind: str) -> list[PainPointRow]:
    """The pain points of one kind that stand at `now`, in order of time."""
    found = (pain for pain in live(events, now).pain_points().values() if pain.kind == kind)
    return sorted(found, key=lambda pain: (pain.happened_at, pain.entity))


class Hurt(NamedTuple):
    """What definitions speak of: where it hurt, from when to when, how much."""

    entity: str
    happened_at: datetime
    ended_at: datetime | None
    severity: str


def hurts(events: Iterable[bytes], now: datetime, kind: str) -> list[Hurt]:
    """The pain points of one kind that stand at `now`, in order of time, in short."""
    return [
        Hurt(p.entity, instant(p.happened_at), None if p.ended_at is None else instant(p.ended_at), p.severity)
        for p in pains(events, now, kind)
    ]


def instant(time_ms: int) -> datetime:
    """The instant of milliseconds since the epoch."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)


def table(world: World, name: str) -> list[AnyRow]:
    """The rows of one table that stand."""
    return list(of(world.current(), name))
