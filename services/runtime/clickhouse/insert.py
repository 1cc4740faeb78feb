"""Inserting rows in columns; a row that the engine refuses is found by halving and handed back, not dropped."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from clickhouse_driver import Client
from clickhouse_driver import errors as driver_errors

Row = tuple[Any, ...]

SETTINGS = {"async_insert": 0, "insert_deduplicate": 0}
"""An insert is done when it returns. A row read twice is one row by its key; dropping equal blocks would add nothing,
and could drop a row that was deleted by its retention in between."""

ROW_AT_FAULT = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        376,  # CANNOT_PARSE_UUID
        407,  # DECIMAL_OVERFLOW
        469,  # VIOLATED_CONSTRAINT
    }
)
"""Codes by which the engine refuses what a row holds. Any other is about the engine and says nothing of the rows."""

UNWRITABLE = (
    driver_errors.TypeMismatchError,
    struct.error,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
)
"""What the driver raises for a value that does not fit its column, before anything is sent."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be stored, and why."""

    row: Row
    error: str


class UnavailableError(Exception):
    """The engine cannot take rows now: gone, overloaded, or not as its migrations made it. Try again later."""


class Inserter(Protocol):
    """Takes rows of one table: all are stored when it returns, but for those it hands back.

    Raises `UnavailableError`; then any part of them may have been stored.
    """

    def __call__(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> list[Refused]:
        """Store rows."""


class ColumnarInserter:
    """`Inserter` over a clickhouse-driver client."""

    def __init__(self, client: Client, database: str) -> None:
        """Insert into the tables of a database; the client belongs to this inserter from now on."""
        self._client = client
        self._database = database

    def __call__(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> list[Refused]:
        """Store rows; see `Inserter`."""
        names = ", ".join(f"`{column}`" for column in columns)
        return list(self._store(f"INSERT INTO {self._database}.`{table}` ({names}) VALUES", rows))

    def _store(self, statement: str, rows: Sequence[Row]) -> Iterator[Refused]:
        if not rows:
            return
        if (error := self._try(statement, rows)) is None:
            return
        if len(rows) == 1:
            yield Refused(rows[0], error)
            return
        middle = len(rows) // 2
        yield from self._store(statement, rows[:middle])
        yield from self._store(statement, rows[middle:])

    def _try(self, statement: str, rows: Sequence[Row]) -> str | None:
        """None when all are stored, else what is wrong with at least one of them."""
        try:
            self._client.execute(statement, list(zip(*rows, strict=True)), columnar=True, settings=SETTINGS)
        except UNWRITABLE as error:
            self._client.disconnect()
            return f"{type(error).__name__}: {first_line(error)}"
        except driver_errors.ServerException as error:
            self._client.disconnect()
            if error.code in ROW_AT_FAULT:
                return f"code {error.code}: {first_line(error)}"
            raise UnavailableError(f"ClickHouse answered with code {error.code}: {first_line(error)}") from error
        except (driver_errors.Error, EOFError, OSError) as error:
            self._client.disconnect()
            raise UnavailableError(f"ClickHouse does not answer: {first_line(error)}") from error
        return None


def first_line(error: BaseException) -> str:
    """An error in one line, without the engine's stack."""
    text = str(getattr(error, "message", "") or error or type(error).__name__)
    return text.partition("Stack trace")[0].strip().splitlines()[0][:500]
