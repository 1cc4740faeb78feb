"""A storage table as data: its name, its columns, and how items become rows of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

Row = tuple[Any, ...]
"""The values of one row, in the order of its table's columns; instants are UTC milliseconds."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of `waypost_storage`: `rows` gives what items leave in it, in their order."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[Sequence[Any]], list[Row]]


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows of one table, as they are inserted."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row]


def each(row: Callable[[Any], Row]) -> Callable[[Sequence[Any]], list[Row]]:
    """One row for each item."""

    def rows(items: Sequence[Any]) -> list[Row]:
        return list(map(row, items))

    return rows


def same_named(name: str, *columns: str) -> Table:
    """A table whose columns are attributes of the items, by the same names."""
    return Table(name, columns, each(attrgetter(*columns)))
