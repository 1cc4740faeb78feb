"""`waypost journey`: one person's timeline with its promises and pain points."""

import json
import sys
from typing import Annotated, Literal

import typer
from rich.console import Console

from services.cli.clickhouse.views import ClickHouseViews, ViewsError
from services.cli.failure import CommandFailedError
from services.cli.live.timeline import Person, as_json, persons, timeline
from services.cli.live.timeline_table import table

app = typer.Typer()

Format = Literal["table", "json"]
PIPED_WIDTH = 160


@app.command()
def journey(
    alias: Annotated[
        str, typer.Argument(help="customer:42, order:A-1, session:s9, parcel:dhl/0034, … or just the id.")
    ],
    shop: Annotated[str, typer.Option(help="The shop, where several know the alias.")] = "",
    format: Annotated[Format, typer.Option(help="table for people, json for programs.")] = "table",
) -> None:
    """Show what happened to the person an alias belongs to, in order of event time, and where it hurt.

    Example: waypost journey order:A-1
    """
    views = ClickHouseViews()
    try:
        person = _one(persons(views, alias, shop), alias)
        entries = timeline(views, person)
    except ViewsError as error:
        raise CommandFailedError(str(error), "`waypost status` shows whether ClickHouse runs.") from error
    if format == "json":
        typer.echo(json.dumps(as_json(person, entries), ensure_ascii=False))
    else:
        width = None if sys.stdout.isatty() else PIPED_WIDTH
        Console(highlight=False, width=width).print(table(person, entries))


def _one(found: list[Person], alias: str) -> Person:
    if not found:
        raise CommandFailedError(
            f"nobody is known by {alias}",
            "see the spelling, and that its events are stored: waypost sql "
            f"\"SELECT * FROM waypost.answers WHERE id LIKE '%{alias.rpartition(':')[2]}%'\"",
        )
    if len(found) > 1:
        names = ", ".join(f"{person.id} of {person.shop}" for person in found[:5])
        raise CommandFailedError(f"{alias} belongs to several: {names}", "say which with --shop, or name its kind")
    return found[0]
