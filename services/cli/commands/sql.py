"""`waypost sql`: asks ClickHouse a question."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from services.cli.clickhouse.analyst import AnalystSettings, as_analyst
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
    owner: Annotated[bool, typer.Option("--owner", help="Ask as who owns the tables, who may change them.")] = False,
) -> None:
    """Ask ClickHouse a question in SQL, as an analyst: of the views in `waypost`.

    `SHOW TABLES FROM waypost` lists the views, `DESCRIBE waypost.orders` the columns of one.

    Example: waypost sql "SELECT kind, count() FROM waypost.pain_points GROUP BY kind ORDER BY 2 DESC"
    """
    text = sys.stdin.read() if query == "-" else query
    settings = ClickHouseSettings()
    with asked(text, settings if owner else as_analyst(settings, AnalystSettings())) as answer:
        write(answer, form, sys.stdout, limit)
