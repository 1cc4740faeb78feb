"""Olist's Brazilian marketplace as the events that its shop, carrier and review desk would have sent.

The data gives local times without an offset, calendar days for promises, and no time for cancellations: what is made
of that is said at each function. `olist_tables` reads the files.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from services.cli.replays.event import SentEvent
from services.cli.replays.olist_tables import OrderRecord, Row, read

ZONE = ZoneInfo("America/Sao_Paulo")
CURRENCY = "BRL"
_CANCELLED = frozenset({"canceled", "unavailable"})


def events(directory: Path, shop: str = "olist") -> Iterator[SentEvent]:
    """All events in order of their time; those of the same instant in the order of an order's life.

    `shop` names the sources and the carrier, too: two shops that replay the same data share nothing.
    Raises `FileNotFoundError` naming the missing file.
    """
    found = [event for order in read(directory) for event in _OrderEvents(order, shop).all()]
    yield from sorted(found, key=lambda event: event.time_ms)


class _OrderEvents:
    """The events of one order."""

    def __init__(self, record: OrderRecord, shop: str) -> None:
        self._record = record
        self._order = record.order
        self._shop = shop
        self._order_id = record.order["order_id"]
        self._customer_id = record.customer.get("customer_unique_id") or record.order["customer_id"]

    def all(self) -> Iterator[SentEvent]:
        purchased = local(self._order["order_purchase_timestamp"])
        approved = local(self._order["order_approved_at"])
        handed_over = local(self._order["order_delivered_carrier_date"])
        delivered = local(self._order["order_delivered_customer_date"])
        assert purchased is not None
        yield self._event("storefront", "storefront.order.placed", "placed", purchased, self._placed())
        if approved:
            yield self._event("storefront", "storefront.order.approved", "approved", approved, self._of_order())
        yield from self._parcel(handed_over, delivered)
        if self._order["order_status"] in _CANCELLED:
            # The data gives no time: by then all that is known to have happened had happened.
            at = max(t for t in (purchased, approved, handed_over, delivered) if t)
            data = {**self._of_order(), "reason": self._order["order_status"]}
            yield self._event("storefront", "storefront.order.cancelled", "cancelled", at, data)
        for review in self._record.reviews:
            yield from self._review(review)

    def _parcel(self, handed_over: datetime | None, delivered: datetime | None) -> Iterator[SentEvent]:
        """Registered at the earlier of hand-over and delivery: two orders were delivered before their hand-over."""
        known = [t for t in (handed_over, delivered) if t]
        if not known:
            return
        parcel = {"carrier": self._shop, "tracking_number": self._order_id}
        lane = {"origin": self._record.seller_state, "destination": self._record.customer.get("customer_state", "")}
        registered = {"order_id": self._order_id, **parcel, **{k: v for k, v in lane.items() if v}}
        yield self._event("storefront", "logistics.parcel.registered", "registered", min(known), registered)
        if handed_over:
            data = {"order_id": self._order_id, **parcel}
            yield self._event("carrier", "logistics.parcel.handed_over", "handed_over", handed_over, data)
        if delivered:
            yield self._event("carrier", "logistics.parcel.delivered", "delivered", delivered, parcel)

    def _review(self, review: Row) -> Iterator[SentEvent]:
        """Answered at its answer timestamp; a review id may repeat across orders, so the order is part of its id."""
        at = local(review["review_answer_timestamp"])
        if not at:
            return
        comment = " ".join(filter(None, (review["review_comment_title"], review["review_comment_message"])))
        data = {**self._of_order(), "survey": "review", "score": int(review["review_score"]), "scale": 5}
        if comment:
            data["comment"] = comment
        yield self._event("reviews", "service.survey.answered", f"review.{review['review_id']}", at, data)

    def _placed(self) -> Mapping[str, object]:
        items, payments = self._record.items, self._record.payments
        data = {
            **self._of_order(),
            "total": str(total(items, payments)),
            "currency": CURRENCY,
            "promised_by": end_of_day(self._order["order_estimated_delivery_date"]).isoformat(timespec="milliseconds"),
        }
        if items:
            data["items"] = _lines(items)
            data["shipping_cost"] = str(sum(Decimal(item["freight_value"]) for item in items))
            ship_by = max(t for item in items if (t := local(item["shipping_limit_date"])))
            data["ship_by"] = ship_by.isoformat(timespec="milliseconds")
        if payments:
            data["payment_method"] = max(payments, key=lambda p: Decimal(p["payment_value"]))["payment_type"]
        return data

    def _of_order(self) -> dict[str, object]:
        return {"order_id": self._order_id, "customer_id": self._customer_id}

    def _event(self, source: str, type_: str, name: str, at: datetime, data: Mapping[str, object]) -> SentEvent:
        return SentEvent(
            id=f"{self._order_id}.{name}",
            source=f"{self._shop}/{source}",
            type=type_,
            time=at,
            shop=self._shop,
            data=data,
        )


def total(items: Sequence[Row], payments: Sequence[Row]) -> Decimal:
    """What the customer paid: the payments, or items and freight where no payment is known."""
    if payments:
        return sum((Decimal(p["payment_value"]) for p in payments), Decimal(0))
    return sum((Decimal(i["price"]) + Decimal(i["freight_value"]) for i in items), Decimal(0))


def local(text: str) -> datetime | None:
    """A time of the shop's clock, None where the field is empty; of an hour that came twice, the first."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE) if text else None


def end_of_day(text: str) -> datetime:
    """The last millisecond of a promised day; where the clock was set back at midnight, the later one."""
    return datetime.combine(datetime.fromisoformat(text), time(23, 59, 59, 999000), ZONE).replace(fold=1)


def _lines(items: Sequence[Row]) -> list[dict[str, object]]:
    """Order lines: the data has a row for each unit."""
    units: dict[tuple[str, str], int] = {}
    for item in items:
        key = (item["product_id"], item["price"])
        units[key] = units.get(key, 0) + 1
    return [{"sku": sku, "quantity": n, "unit_price": price} for (sku, price), n in units.items()]
