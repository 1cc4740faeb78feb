"""Reads the files of a REES46 data set: what visitors of a storefront looked at, put in a cart and bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from services.cli.replays.csv_lines import Line, decimal, lines, present

_COLUMNS = ("event_time", "event_type", "product_id", "category_code", "brand", "price", "user_id", "user_session")


class Deed(StrEnum):
    """What a visitor did with a product."""

    VIEW = "view"
    CART = "cart"
    REMOVE_FROM_CART = "remove_from_cart"
    PURCHASE = "purchase"


@dataclass(frozen=True, slots=True)
class Action:
    """One line: a visitor and a product."""

    at: datetime
    deed: Deed
    product: str
    category: str
    brand: str
    price: Decimal
    user: str
    session: str  # empty where the data has none

    @property
    def visit(self) -> str:
        """The session, or where the data has none, all that the user does without one."""
        return self.session or f"user-{self.user}"


def read(directory: Path) -> Sequence[Action]:
    """All lines in order of time; those of the same second in the order of the files.

    Raises `ValueError` naming file and line of what cannot be read, `FileNotFoundError` for a folder without files.
    """
    return sorted((_action(line) for line in lines(directory, _COLUMNS)), key=lambda action: action.at)


def _action(line: Line) -> Action:
    return Action(
        at=line.read("event_time", _utc),
        deed=line.read("event_type", _deed),
        product=line.read("product_id", present),
        category=line.texts["category_code"],
        brand=line.texts["brand"],
        price=line.read("price", _price),
        user=line.read("user_id", present),
        session=line.texts["user_session"],
    )


def _utc(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{text!r} is no time like 2019-10-01 00:02:14 UTC") from None


def _deed(text: str) -> Deed:
    try:
        return Deed(text)
    except ValueError:
        raise ValueError(f"{text!r} is none of {', '.join(Deed)}") from None


def _price(text: str) -> Decimal:
    price = decimal(text)
    if price < 0:
        raise ValueError(f"{text!r} is below zero")
    return price
