"""`waypost sql`: asks ClickHouse a question."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.pager import SystemPager

from services.cli.clickhouse.analyst import AnalystSettings, as_analyst
from services.cli.sql.answer import asked
from services.cli.sql.formats import ROWS_PAGED, ROWS_SHOWN, Format, write
from services.runtime.clickhouse.settings import ClickHouseSettings

app = typer.Typer()

LESS = "-FRSX"
"""Unless LESS says otherwise, wide tables are moved sideways instead of folded, and stay on the screen."""


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="The question; `-` reads it from standard input.")],
    form: Annotated[Format, typer.Option("--format", help="A table for people; JSON or CSV write all.")] = Format.TABLE,
    limit: Annotated[
        int | None,
        typer.Option(
            min=0, help=f"Rows of a table, 0 for all; {ROWS_SHOWN}, in a pager {ROWS_PAGED}.", show_default=False
        ),
    ] = None,
    pager: Annotated[bool, typer.Option(help="On a terminal, page a table that is greater than the screen.")] = True,
    owner: Annotated[bool, typer.Option("--owner", help="Ask as who owns the tables, who may change them.")] = False,
) -> None:
    """Ask ClickHouse a question in SQL, as an analyst: of the views in `waypost`.

    `SHOW TABLES FROM waypost` lists the views, `DESCRIBE waypost.orders` the columns of one.

    Example: waypost sql "SELECT kind, count() FROM waypost.pain_points GROUP BY kind ORDER BY 2 DESC"
    """
    text = sys.stdin.read() if query == "-" else query
    os.environ.setdefault("LESS", LESS)
    settings = ClickHouseSettings()
    with asked(text, settings if owner else as_analyst(settings, AnalystSettings())) as answer:
        write(answer, form, sys.stdout, limit, SystemPager() if pager else None)
