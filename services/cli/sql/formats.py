"""Writes an answer as a table for people, or as JSON or CSV for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import TextIO

import msgspec
from rich.console import Console
from rich.pager import Pager
from rich.table import Table

from services.cli.sql.answer import Answer

CELL_CHARACTERS = 80
WIDEST = 100_000
"""Characters that a line of a table may have where no terminal limits it."""

ROWS_SHOWN = 50
ROWS_PAGED = 10_000
"""Rows of a table when nobody says how many: at once, and in a pager. All of a table is held in memory."""

LINES_AROUND = 7
"""Lines of a screen that a table's rows do not get: its frame and head, the count, the prompts."""

_VISIBLE = {code: chr(0x2400 + code) for code in range(32)} | {10: "⏎", 9: "⇥", 127: "␡"}
"""Control characters as a terminal can show them, instead of what it would do."""

_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def write(answer: Answer, form: Format, out: TextIO, limit: int | None = None, pager: Pager | None = None) -> None:
    """Writes the whole answer, but of a table at most `limit` rows (0: all) and a note when there are more.

    On a terminal a table that is greater than its screen is shown by the pager.
    """
    if form is Format.JSON:
        write_json(answer, out)
    elif form is Format.CSV:
        write_csv(answer, out)
    else:
        write_table(answer, out, limit, pager)


def write_json(answer: Answer, out: TextIO) -> None:
    """One array with an object for each row; exact decimals, instants in UTC."""
    names = [column.name for column in answer.columns]
    before = "[\n"
    for row in answer.rows:
        out.write(before + _ENCODER.encode(dict(zip(names, row, strict=True))).decode())
        before = ",\n"
    out.write("[]\n" if before == "[\n" else "\n]\n")


def write_csv(answer: Answer, out: TextIO) -> None:
    """A line of column names and a line for each row; nothing for NULL, JSON for what is not one value."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.name for column in answer.columns)
    writer.writerows([plain(value) for value in row] for row in answer.rows)


def write_table(answer: Answer, out: TextIO, limit: int | None, pager: Pager | None) -> None:
    """Numbers to the right, long cells cut, and how many rows there are, as far as they were read."""
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        pager = None
    if not answer.columns:
        console.print("done")
        return
    most = limit if limit is not None else ROWS_PAGED if pager else ROWS_SHOWN
    shown = list(islice(answer.rows, most or None))
    table, count = _table(answer, shown), _count(len(shown), answer.rows)
    width = console.measure(table, options=console.options.update(width=WIDEST)).maximum
    is_paged = pager and (len(shown) > console.height - LINES_AROUND or width > console.width)
    if is_paged or not console.is_terminal:
        console.width = max(width, console.width)
    with console.pager(pager, styles=True) if is_paged else nullcontext():
        console.print(table)
        console.print(count)


def _table(answer: Answer, shown: list[tuple[object, ...]]) -> Table:
    table = Table()
    for column in answer.columns:
        table.add_column(column.name, justify="right" if column.is_number else "left", no_wrap=True)
    for row in shown:
        table.add_row(*(_cell(value) for value in row))
    return table


def plain(value: object) -> str:
    """A value as text; instants in UTC, to the millisecond."""
    match value:
        case None:
            return ""
        case str():
            return value
        case datetime():
            known = value.astimezone(UTC) if value.tzinfo else value  # without a zone it is the server's own
            return known.isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")
        case list() | tuple() | dict():
            return _ENCODER.encode(value).decode()
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


def _cell(value: object) -> str:
    text = "NULL" if value is None else plain(value).translate(_VISIBLE)
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


def _count(shown: int, rest: Iterator[tuple[object, ...]]) -> str:
    if next(rest, None) is not None:
        return f"the first {shown} rows; there are more: --limit 0 shows all, --format csv or json writes all"
    return "1 row" if shown == 1 else f"{shown} rows"
