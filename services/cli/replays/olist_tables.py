"""Reads the files of the Olist data set, joined by order."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One order with all that the other files say of it."""

    order: Row
    customer: Row
    items: Sequence[Row]
    payments: Sequence[Row]
    reviews: Sequence[Row]
    seller_state: str


def read(directory: Path) -> Iterator[OrderRecord]:
    """Every order, in the order of its file. Raises `FileNotFoundError` for a missing file; sellers may be absent."""
    customers = {row["customer_id"]: row for row in _rows(directory, "customers")}
    sellers = {row["seller_id"]: row["seller_state"] for row in _rows(directory, "sellers", optional=True)}
    items = _by_order(directory, "order_items")
    payments = _by_order(directory, "order_payments")
    reviews = _by_order(directory, "order_reviews")
    for order in _rows(directory, "orders"):
        order_id = order["order_id"]
        lines = items.get(order_id, ())
        yield OrderRecord(
            order=order,
            customer=customers.get(order["customer_id"], {}),
            items=lines,
            payments=payments.get(order_id, ()),
            reviews=reviews.get(order_id, ()),
            seller_state=sellers.get(lines[0]["seller_id"], "") if lines else "",
        )


def _by_order(directory: Path, name: str) -> Mapping[str, Sequence[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(directory, name):
        grouped[row["order_id"]].append(row)
    return grouped


def _rows(directory: Path, name: str, *, optional: bool = False) -> Iterator[Row]:
    """The rows of a file. Comments span lines inside quotes, which is why line ends are left to the csv reader."""
    path = directory / f"olist_{name}_dataset.csv"
    if optional and not path.exists():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)
