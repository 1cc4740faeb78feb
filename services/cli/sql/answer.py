"""Asks ClickHouse one query and hands the answer on while it arrives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from clickhouse_driver import errors

from services.cli.failure import CommandFailedError
from services.runtime.clickhouse.client import connected
from services.runtime.clickhouse.settings import ClickHouseSettings

NEXT = {
    497: "analysts read the views in `waypost`; what is behind them: --owner",
    516: "`waypost migrate` makes the analysts' account when CLICKHOUSE_ANALYST_PASSWORD is set; without one: --owner",
}
"""What to do about a refusal, by its code."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer with its ClickHouse type."""

    name: str
    type: str

    @property
    def is_number(self) -> bool:
        """Whether values read best aligned to the right."""
        inner = self.type
        for wrapper in ("LowCardinality(", "Nullable("):
            inner = inner.removeprefix(wrapper)
        return inner.startswith(("Int", "UInt", "Float", "Decimal"))


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns, and rows that are read from the server as they are taken; a statement has no columns."""

    columns: Sequence[Column]
    rows: Iterator[tuple[object, ...]]


@contextmanager
def refusals(settings: ClickHouseSettings) -> Iterator[None]:
    """Turns what the server or the network refuses into a CommandFailedError that says what to do."""
    try:
        yield
    except errors.ServerException as error:
        said = str(error.message).partition("Stack trace")[0].strip()
        raise CommandFailedError(f"ClickHouse refused (code {error.code}): {said}", NEXT.get(error.code, "")) from error
    except (errors.Error, EOFError, OSError) as error:
        raise CommandFailedError(
            f"ClickHouse at {settings.where()} does not answer: {error}",
            "start it with `waypost up`, or set CLICKHOUSE_URL to where it is",
        ) from error


@contextmanager
def asked(query: str, settings: ClickHouseSettings) -> Iterator[Answer]:
    """The answer to a query or statement, for the length of a block; see `refusals` for what can go wrong."""
    with refusals(settings), connected(settings) as client:
        rows = iter(client.execute_iter(query, with_column_types=True))
        columns = [Column(name, kind) for name, kind in next(rows, ())]
        yield Answer(columns, rows)
