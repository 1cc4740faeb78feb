"""`waypost sql`: asks ClickHouse a question."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from services.cli.sql.answer import asked
from services.cli.sql.formats import Format, write
from services.runtime.clickhouse.settings import ClickHouseSettings

app = typer.Typer()

ROWS_SHOWN = 50


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="The question; `-` reads it from standard input.")],
    form: Annotated[Format, typer.Option("--format", help="A table for people; JSON or CSV write all.")] = Format.TABLE,
    limit: Annotated[int, typer.Option(min=0, help="Rows that a table shows; 0 for all.")] = ROWS_SHOWN,
) -> None:
    """Ask ClickHouse a question in SQL.

    `SHOW TABLES FROM waypost` lists the views, `DESCRIBE waypost.orders` the columns of one.

    Example: waypost sql "SELECT kind, count() FROM waypost.pain_points GROUP BY kind ORDER BY 2 DESC"
    """
    text = sys.stdin.read() if query == "-" else query
    with asked(text, ClickHouseSettings()) as answer:
        write(answer, form, sys.stdout, limit)
