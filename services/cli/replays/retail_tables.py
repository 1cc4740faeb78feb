"""Reads the files of the Online Retail data set: invoices, credit notes and corrections of the books."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from services.cli.replays.csv_lines import Line, decimal, lines, present

ZONE = ZoneInfo("Europe/London")
_COLUMNS = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
_NUMBER = re.compile(r"([CA]?)[0-9]+")
_CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


class Kind(StrEnum):
    """What the letter before an invoice's number says."""

    SALE = ""
    CREDIT = "C"
    ADJUSTMENT = "A"


@dataclass(frozen=True, slots=True)
class Item:
    """So many of an article at a price; the quantity of a credit note is negative."""

    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(slots=True)
class Invoice:
    """An invoice with all its lines; `at` is the earliest time of its lines, which may differ by a minute."""

    number: str
    kind: Kind
    customer_id: str
    country: str
    at: datetime
    items: list[Item] = field(default_factory=list)


def read(directory: Path) -> Sequence[Invoice]:
    """All invoices in order of time; those of the same minute in the order of the files.

    Raises `ValueError` naming file and line of what cannot be read, `FileNotFoundError` for a folder without files.
    """
    found: dict[str, Invoice] = {}
    for line in lines(directory, _COLUMNS):
        _add(found, line)
    return sorted(found.values(), key=lambda invoice: invoice.at)


def _add(found: dict[str, Invoice], line: Line) -> None:
    number, kind = line.read("InvoiceNo", _number)
    at = line.read("InvoiceDate", local)
    customer_id = line.read("CustomerID", _customer)
    invoice = found.setdefault(number, Invoice(number, kind, customer_id, line.texts["Country"], at))
    if invoice.customer_id != customer_id:
        raise line.refused(f"CustomerID: invoice {number} is of {invoice.customer_id or 'nobody'}, not {customer_id}")
    item = Item(line.read("StockCode", present), line.read("Quantity", _quantity), line.read("UnitPrice", decimal))
    if complaint := _complaint(kind, item):
        raise line.refused(complaint)
    invoice.items.append(item)
    invoice.at = min(invoice.at, at)


def _complaint(kind: Kind, item: Item) -> str:
    """What is wrong with a line for this kind of invoice, if anything."""
    if kind is Kind.ADJUSTMENT:
        return ""
    if item.unit_price < 0:
        return "UnitPrice: below zero, which only an adjustment (A…) may be"
    if kind is Kind.CREDIT and item.quantity >= 0:
        return "Quantity: a credit note (C…) takes back, so its quantities are below zero"
    if kind is Kind.SALE and item.quantity < 0 < item.unit_price:
        return "Quantity: below zero with a price, which only a credit note (C…) may be"
    return ""


def local(text: str) -> datetime:
    """A time of the shop's clock; of an hour that came twice, the first."""
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is no time like 2010-12-01 08:26:00")
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def _number(text: str) -> tuple[str, Kind]:
    found = _NUMBER.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no invoice number like 536365, C536379 or A563185")
    return text, Kind(found[1])


def _customer(text: str) -> str:
    """The files write whole numbers as `17850.0`."""
    return text.removesuffix(".0")


def _quantity(text: str) -> int:
    quantity = decimal(text)
    if quantity != int(quantity):
        raise ValueError(f"{text!r} is no whole number")
    return int(quantity)
