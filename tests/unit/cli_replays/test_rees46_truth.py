"""All real visits: the events hold what the file holds, counted by other means than the translation's."""

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from services.cli.replays import rees46
from services.cli.replays.event import SentEvent

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def events(shared_data: Path) -> list[SentEvent]:
    return list(rees46.events(shared_data / "rees46"))


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> Rows:
    (path,) = (shared_data / "rees46").glob("*.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_line_is_one_event_but_those_of_one_order(events: list[SentEvent], rows: Rows) -> None:
    orders = {(row["user_session"], row["event_time"]) for row in rows if row["event_type"] == "purchase"}
    assert Counter(event.type for event in events) == {
        "storefront.product.viewed": sum(row["event_type"] == "view" for row in rows),
        "storefront.cart.updated": sum(row["event_type"] == "cart" for row in rows),
        "storefront.order.placed": len(orders),
    }
    assert (len(rows), len(events), len(orders)) == (1000, 1000, 10)


def test_each_view_is_where_and_when_the_file_says(events: list[SentEvent], rows: Rows) -> None:
    told = Counter(
        (f"{e.time:%Y-%m-%d %H:%M:%S} UTC", e.data["sku"], e.data["price"], e.data["customer_id"], e.data["session_id"])
        for e in events
        if e.type == "storefront.product.viewed"
    )
    columns = ("event_time", "product_id", "price", "user_id", "user_session")
    assert told == Counter(tuple(row[c] for c in columns) for row in rows if row["event_type"] == "view")


def test_what_was_bought_is_what_was_paid(events: list[SentEvent], rows: Rows) -> None:
    paid = sum(Decimal(row["price"]) for row in rows if row["event_type"] == "purchase")
    orders = [event for event in events if event.type == "storefront.order.placed"]
    assert sum(Decimal(str(order.data["total"])) for order in orders) == paid == Decimal("2387.84")


def test_ids_are_used_once_times_rise_and_nothing_changes_when_translated_again(
    events: list[SentEvent], shared_data: Path
) -> None:
    assert len({event.id for event in events}) == len(events)
    assert [event.time_ms for event in events] == sorted(event.time_ms for event in events)
    assert [e.encoded() for e in rees46.events(shared_data / "rees46")] == [e.encoded() for e in events]
