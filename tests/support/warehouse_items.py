"""Items and rows as other services publish them, with little to say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from schemas import rows
from schemas.wire import EventItem, Position, PositionItem, RejectedItem

TOPIC = "storefront.events.v1"
AT = 1_700_000_000_000
NAMES = UUID(int=1)


def position(
    offset: int, index: int = 0, of: int = 1, *, partition: int = 0, topic: str = TOPIC, at: int = AT
) -> Position:
    return Position(topic, partition, offset, index, of, at + offset)


def event(at: Position, id: str = "e1", **changed: Any) -> EventItem:
    values: dict[str, Any] = {
        "position": at,
        "source": "shop",
        "id": id,
        "type": "storefront.order.placed",
        "shop": "main",
        "time_us": (AT - 1000) * 1000,
        "cell": "main/order:A-1",
        "data": b'{"order_id":"A-1","customer_id":"c7","channel":"web"}',
        "extensions": b"",
        "digest": b"12345678",
        "late": False,
    }
    return EventItem(**{**values, **changed})


def rejected(at: Position, payload: bytes = b"\xff\x00{") -> RejectedItem:
    return RejectedItem(at, "not_json", "line 1: not JSON", payload)


def ticks(at: Position, offsets: int = 1) -> PositionItem:
    return PositionItem(at, "tick", offsets)


def gap(at: Position, offsets: int) -> PositionItem:
    return PositionItem(at, "gap", offsets)


def pain_point(number: int, version: int = 1, **changed: Any) -> rows.PainPointRow:
    values: dict[str, Any] = {
        "shop": "main",
        "version": version,
        "pain_point_id": uuid5(NAMES, f"pain {number}"),
        "kind": "delivery_late",
        "entity": f"order:A-{number}",
        "stage": "deliver",
        "severity": "high",
        "status": "open",
        "happened_at": AT,
        "detected_at": AT,
        "root_id": uuid5(NAMES, f"pain {number}"),
        "value_at_risk": Decimal("12.50"),
        "currency": "EUR",
        "evidence": (uuid5(NAMES, "event"),),
        "order_id": f"A-{number}",
        "person_id": "customer:c7",
        "factors": {"carrier": "dhl"},
    }
    return rows.PainPointRow(**{**values, **changed})


def one_of_each(number: int = 1, version: int = 1, shop: str = "main") -> list[rows.Row]:
    """A row of every kind that journey and alerts publish."""
    order, person, tracking = f"A-{number}", f"customer:c{number}", f"T{number}"
    key: dict[str, Any] = {"shop": shop, "version": version}
    return [
        rows.PersonRow(**key, alias=f"order:{order}", person_id=person),
        rows.OrderRow(
            **key,
            order_id=order,
            person_id=person,
            placed_at=AT,
            delivered_at=AT + 86_400_000,
            first_promise=AT + 80_000_000,
            total=Decimal("12.5"),
            currency="EUR",
            late=True,
        ),
        rows.ParcelRow(
            **key,
            parcel_id=f"dhl/{tracking}",
            order_id=order,
            carrier="dhl",
            tracking_number=tracking,
            origin="DE",
            destination="FR",
            registered_at=AT,
            handed_over_at=AT,
            delivered_at=AT + 86_400_000,
            status="delivered",
        ),
        rows.PromiseRow(
            **key,
            promise_id=uuid5(NAMES, order),
            order_id=order,
            promised_by=AT + 80_000_000,
            made_at=AT,
            source="shop",
        ),
        rows.SurveyRow(
            **key,
            survey_id=uuid5(NAMES, f"survey {number}"),
            survey="nps",
            score=3,
            scale=None,
            person_id=person,
            order_id=order,
            answered_at=AT,
        ),
        rows.ActionRow(
            **key,
            action_id=uuid5(NAMES, f"action {number}"),
            action="refund",
            person_id=person,
            order_id=order,
            taken_at=AT,
        ),
        rows.JourneyRow(
            **key,
            journey_id=uuid5(NAMES, f"journey {number}"),
            person_id=person,
            order_id=order,
            stage="deliver",
            outcome="completed",
            started_at=AT,
            ended_at=AT + 86_400_000,
            reached={"order": AT, "deliver": AT + 86_400_000},
            value=Decimal("12.5"),
            currency="EUR",
            touches=3,
            channels=("web",),
            devices=("phone", "tablet"),
            pain_points=("delivery_late",),
        ),
        pain_point(number, version, shop=shop),
        rows.AlertRow(
            **key,
            dedup_key=str(uuid5(NAMES, f"pain {number}")),
            receiver="desk",
            event="firing",
            state="sent",
            kind="delivery_late",
            severity="high",
            pain_point_version=version,
            decided_at=AT,
        ),
        rows.ClockRow(**key, partition=number, now=AT),
    ]
