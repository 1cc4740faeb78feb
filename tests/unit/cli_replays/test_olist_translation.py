"""The translation on a few orders written here, each with one of the data's traps."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.cli.replays import olist
from services.cli.replays.event import SentEvent

ORDERS = (
    "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date"
)
CUSTOMERS = "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state"
ITEMS = "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"
PAYMENTS = "order_id,payment_sequential,payment_type,payment_installments,payment_value"
REVIEWS = (
    "review_id,order_id,review_score,review_comment_title,review_comment_message,"
    "review_creation_date,review_answer_timestamp"
)
SELLERS = "seller_id,seller_zip_code_prefix,seller_city,seller_state"


def translated(directory: Path, shop: str = "olist", **tables: tuple[str, ...]) -> list[SentEvent]:
    headers = {
        "orders": ORDERS,
        "customers": CUSTOMERS,
        "order_items": ITEMS,
        "order_payments": PAYMENTS,
        "order_reviews": REVIEWS,
        "sellers": SELLERS,
    }
    for name, header in headers.items():
        path = directory / f"olist_{name}_dataset.csv"
        path.write_text("\n".join((header, *tables.get(name, ()))) + "\n", encoding="utf-8")
    return list(olist.events(directory, shop))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_an_order_becomes_what_its_shop_carrier_and_review_desk_said(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        orders=(("o1,c1,delivered,2018-06-01 10:00:00,2018-06-01 11:00:00,2018-06-03 09:00:00,2018-06-09 15:00:00,"
                "2018-06-08 00:00:00"),),
        customers=("c1,u1,18740,x,SP",),
        order_items=("o1,1,p1,s1,2018-06-04 10:00:00,10.50,2.00", "o1,2,p1,s1,2018-06-05 10:00:00,10.50,2.25"),
        order_payments=("o1,1,voucher,1,5.00", "o1,2,credit_card,2,20.25"),
        order_reviews=('r1,o1,2,Late,"two\nlines",2018-06-09 00:00:00,2018-06-11 08:00:00',),
        sellers=("s1,1,x,PR",),
    )  # fmt: skip
    own, parcel = {"order_id": "o1", "customer_id": "u1"}, {"carrier": "olist", "tracking_number": "o1"}
    assert [(e.source, e.id, e.type, e.time.astimezone(UTC), e.data) for e in events] == [
        ("olist/storefront", "o1.placed", "storefront.order.placed", utc(2018, 6, 1, 13), {
            **own, "total": "25.25", "currency": "BRL", "promised_by": "2018-06-08T23:59:59.999-03:00",
            "items": [{"sku": "p1", "quantity": 2, "unit_price": "10.50"}], "shipping_cost": "4.25",
            "ship_by": "2018-06-05T10:00:00.000-03:00", "payment_method": "credit_card"}),
        ("olist/storefront", "o1.approved", "storefront.order.approved", utc(2018, 6, 1, 14), own),
        ("olist/storefront", "o1.registered", "logistics.parcel.registered", utc(2018, 6, 3, 12),
            {"order_id": "o1", **parcel, "origin": "PR", "destination": "SP"}),
        ("olist/carrier", "o1.handed_over", "logistics.parcel.handed_over", utc(2018, 6, 3, 12),
            {"order_id": "o1", **parcel}),
        ("olist/carrier", "o1.delivered", "logistics.parcel.delivered", utc(2018, 6, 9, 18), parcel),
        ("olist/reviews", "o1.review.r1", "service.survey.answered", utc(2018, 6, 11, 11),
            {**own, "survey": "review", "score": 2, "scale": 5, "comment": "Late two\nlines"}),
    ]  # fmt: skip


def test_a_cancellation_is_as_late_as_the_last_thing_known(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        orders=(
            "o1,c1,canceled,2018-06-01 10:00:00,,,,2018-06-08 00:00:00",
            "o2,c2,unavailable,2018-06-01 10:00:00,2018-06-02 10:00:00,,,2018-06-08 00:00:00",
            (
                "o3,c3,canceled,2018-06-01 10:00:00,2018-06-02 10:00:00,2018-06-05 10:00:00,2018-06-04 10:00:00,"
                "2018-06-08 00:00:00"
            ),
        ),
    )
    cancelled = {e.data["order_id"]: e.time.astimezone(UTC) for e in events if e.type == "storefront.order.cancelled"}
    assert cancelled == {"o1": utc(2018, 6, 1, 13), "o2": utc(2018, 6, 2, 13), "o3": utc(2018, 6, 5, 13)}


def test_a_parcel_is_registered_at_the_earlier_of_hand_over_and_delivery(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        orders=(
            "o1,c1,delivered,2018-06-01 10:00:00,,2018-06-05 10:00:00,2018-06-04 10:00:00,2018-06-08 00:00:00",
            "o2,c2,delivered,2018-06-01 10:00:00,,,2018-06-06 10:00:00,2018-06-08 00:00:00",
            "o3,c3,processing,2018-06-01 10:00:00,,,,2018-06-08 00:00:00",
        ),
    )
    registered = {e.data["order_id"]: e.time.astimezone(UTC) for e in events if e.type == "logistics.parcel.registered"}
    assert registered == {"o1": utc(2018, 6, 4, 13), "o2": utc(2018, 6, 6, 13)}


def test_an_order_without_payments_totals_its_items_and_freight(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        orders=("o1,c1,created,2018-06-01 10:00:00,,,,2018-06-08 00:00:00",),
        order_items=("o1,1,p1,s1,2018-06-04 10:00:00,0.10,0.20",),
    )
    assert events[0].data["total"] == "0.30"


def test_a_customer_without_a_lasting_id_is_known_by_the_orders(tmp_path: Path) -> None:
    events = translated(tmp_path, orders=("o1,c1,created,2018-06-01 10:00:00,,,,2018-06-08 00:00:00",))
    assert events[0].data["customer_id"] == "c1"


def test_another_shop_shares_neither_sources_nor_carrier(tmp_path: Path) -> None:
    events = translated(
        tmp_path,
        "replay-a",
        orders=("o1,c1,shipped,2018-06-01 10:00:00,,2018-06-03 09:00:00,,2018-06-08 00:00:00",),
    )
    assert {(e.shop, e.source) for e in events} == {
        ("replay-a", "replay-a/storefront"),
        ("replay-a", "replay-a/carrier"),
    }
    assert {e.data["carrier"] for e in events if "carrier" in e.data} == {"replay-a"}


def test_a_promised_day_ends_where_the_shop_is(tmp_path: Path) -> None:
    summer, winter = olist.end_of_day("2018-01-10 00:00:00"), olist.end_of_day("2018-07-10 00:00:00")
    assert (summer.astimezone(UTC), winter.astimezone(UTC)) == (
        utc(2018, 1, 11, 1, 59, 59, 999000),
        utc(2018, 7, 11, 2, 59, 59, 999000),
    )


def test_a_promised_day_that_the_clock_prolongs_ends_with_its_second_last_hour() -> None:
    assert olist.end_of_day("2018-02-17 00:00:00").astimezone(UTC) == utc(2018, 2, 18, 2, 59, 59, 999000)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="olist_customers_dataset"):
        list(olist.events(tmp_path))
