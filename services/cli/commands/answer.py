"""`waypost answer`: what became of one event."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from services.cli.clickhouse.views import ClickHouseViews, Views, ViewsError
from services.cli.failure import CommandFailedError
from services.cli.sql.answer import Answer, Column
from services.cli.sql.formats import Format, write

app = typer.Typer()

COLUMNS = {
    "answer": "String",
    "reason": "String",
    "message": "String",
    "shop": "String",
    "type": "String",
    "topic": "String",
    "partition": "UInt32",
    "offset": "UInt64",
    "index": "UInt32",
    "received_at": "DateTime64",
}
QUERY = (
    f"SELECT {', '.join(f'`{name}`' for name in COLUMNS)} FROM waypost.answers "
    "WHERE source = %(source)s AND id = %(id)s ORDER BY received_at, topic, partition, `offset`, `index`"
)


@app.command()
def answer(
    source: Annotated[str, typer.Argument(help="The event's source.")],
    id: Annotated[str, typer.Argument(help="The event's id.")],
    form: Annotated[
        Format, typer.Option("--format", help="A table for people, JSON or CSV for programs.")
    ] = Format.TABLE,
) -> None:
    """Show the answer to an event at each position it was read at, the earliest first. Exits with 1 if there is none.

    Example: waypost answer https://shop.example/checkout 6f1c89b1
    """
    rows = answers(ClickHouseViews(), source, id)
    if not rows:
        raise CommandFailedError(
            f"no event {id} of {source} was read",
            "if it was just sent, wait a second; one that was refused before its id could be read is in: "
            "waypost rejected list",
        )
    columns = [Column(name, kind) for name, kind in COLUMNS.items()]
    write(Answer(columns, iter(rows)), form, sys.stdout, limit=0)


def answers(views: Views, source: str, id: str) -> list[tuple[object, ...]]:
    """The positions of an event with their answers, by the order that decides. Raises CommandFailedError."""
    try:
        return [tuple(row) for row in views.rows(QUERY, {"source": source, "id": id})]
    except ViewsError as error:
        raise CommandFailedError(str(error), "`waypost status` shows whether ClickHouse runs") from error
