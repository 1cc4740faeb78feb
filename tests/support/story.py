"""Events of a small shop, told in one line each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from schemas.rows import AnyRow, PainPointRow
from support.world import World, of

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
    return sorted(found, key=lambda pain: pain.happened_at)


def table(world: World, name: str) -> list[AnyRow]:
    """The rows of one table that stand."""
    return list(of(world.current(), name))
