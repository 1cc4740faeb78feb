"""All real invoices: the events hold what the files hold, counted by other means than the translation's."""

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from services.cli.replays import retail
from services.cli.replays.event import SentEvent

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def retail_dir(shared_data: Path) -> Path:
    return shared_data / "online_retail"


@pytest.fixture(scope="module")
def events(retail_dir: Path) -> list[SentEvent]:
    return list(retail.events(retail_dir))


@pytest.fixture(scope="module")
def rows(retail_dir: Path) -> Rows:
    found: Rows = []
    for path in retail_dir.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found += csv.DictReader(file)
    return found


def money(row: dict[str, str]) -> Decimal:
    return int(row["Quantity"]) * Decimal(row["UnitPrice"])


def of(events: list[SentEvent], type_: str) -> list[SentEvent]:
    return [event for event in events if event.type == f"storefront.order.{type_}"]


def test_every_invoice_with_a_customer_or_a_price_is_one_order_with_its_total(
    events: list[SentEvent], rows: Rows
) -> None:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if not row["InvoiceNo"].startswith("C") and (row["CustomerID"] or Decimal(row["UnitPrice"])):
            totals[row["InvoiceNo"]] += money(row)
    placed = of(events, "placed")
    assert {e.data["order_id"]: Decimal(str(e.data["total"])) for e in placed} == totals
    assert (len(placed), sum(totals.values())) == (1554, Decimal("745155.651"))


def test_orders_are_of_the_files_customers(events: list[SentEvent], rows: Rows) -> None:
    known = {row["InvoiceNo"]: row["CustomerID"].partition(".")[0] for row in rows}
    placed = of(events, "placed")
    assert all(event.data.get("customer_id", "") == known[str(event.data["order_id"])] for event in placed)
    assert sum("customer_id" not in event.data for event in placed) == 59


def test_every_unit_that_was_sold_is_in_an_orders_items(events: list[SentEvent], rows: Rows) -> None:
    sold: dict[str, int] = defaultdict(int)
    for row in rows:
        if int(row["Quantity"]) > 0 and (row["CustomerID"] or Decimal(row["UnitPrice"])):
            sold[row["StockCode"]] += int(row["Quantity"])
    told: dict[str, int] = defaultdict(int)
    for event in of(events, "placed"):
        for item in event.data["items"]:  # type: ignore[attr-defined]
            told[item["sku"]] += item["quantity"]
    assert told == sold


def test_every_penny_of_the_customers_credit_notes_is_refunded(events: list[SentEvent], rows: Rows) -> None:
    credited: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["InvoiceNo"].startswith("C") and row["CustomerID"]:
            credited[row["InvoiceNo"]] -= money(row)
    refunded: dict[str, Decimal] = defaultdict(Decimal)
    for event in of(events, "refunded"):
        refunded[str(event.data["credit_note"])] += Decimal(str(event.data["amount"]))
    assert refunded == credited
    assert (len(credited), sum(credited.values())) == (227, Decimal("18998.64"))


def test_no_order_is_paid_back_more_than_it_cost_or_to_somebody_else(events: list[SentEvent]) -> None:
    orders = {str(event.data["order_id"]): event for event in of(events, "placed")}
    back: dict[str, Decimal] = defaultdict(Decimal)
    for event in of(events, "refunded"):
        if order := orders.get(str(event.data["order_id"])):
            assert order.data["customer_id"] == event.data["customer_id"]
            assert order.time <= event.time
            back[str(event.data["order_id"])] += Decimal(str(event.data["amount"]))
    totals = {name: Decimal(str(orders[name].data["total"])) for name in back}
    assert all(amount <= totals[name] for name, amount in back.items())
    cancelled = {str(event.data["order_id"]) for event in of(events, "cancelled")}
    assert cancelled == {name for name, amount in back.items() if amount == totals[name]}
    assert (len(back), len(cancelled)) == (47, 5)


def test_ids_are_used_once_times_rise_and_nothing_changes_when_translated_again(
    events: list[SentEvent], retail_dir: Path
) -> None:
    assert len({event.id for event in events}) == len(events)
    assert [event.time_ms for event in events] == sorted(event.time_ms for event in events)
    assert [event.encoded() for event in retail.events(retail_dir)] == [event.encoded() for event in events]
