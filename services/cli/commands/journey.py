"""`waypost journey`: one person's timeline with its promises and pain points."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.text import Text

from services.cli.clickhouse.stories import persons, similar, story
from services.cli.clickhouse.views import ClickHouseViews, Views, ViewsError
from services.cli.failure import CommandFailedError
from services.cli.journeys.export import plain
from services.cli.journeys.lines import Look, lines
from services.cli.journeys.story import Person
from services.runtime.config import ConfigError, load_shops

app = typer.Typer()

Format = Literal["table", "json"]
PIPED_WIDTH = 100
WIDEST = 140
NARROWEST = 60

_STYLES = {
    "title": "bold",
    "heading": "bold cyan",
    "day": "bold",
    "stage": "blue",
    "promise": "cyan",
    "relief": "green",
    "pain": "bold red",
    "retracted": "dim",
    "more": "dim",
}


@app.command()
def journey(
    alias: Annotated[
        str, typer.Argument(help="customer:42, order:A-1, session:s9, parcel:dhl/0034, … or just the id.")
    ],
    shop: Annotated[str, typer.Option(help="The shop, where several know the alias.")] = "",
    time_zone: Annotated[
        str, typer.Option(help="IANA name, as in Europe/Berlin; without it the shop's.", show_default=False)
    ] = "",
    retracted: Annotated[bool, typer.Option("--retracted", help="Also what turned out never to have been.")] = False,
    whole: Annotated[bool, typer.Option("--all", help="Every event on a line of its own, all names and ids.")] = False,
    form: Annotated[Format, typer.Option("--format", help="table for people; json, in UTC, for programs.")] = "table",
) -> None:
    """Show what happened to the person an alias belongs to, in order of event time, and where it hurt.

    Example: waypost journey order:A-1 --retracted
    """
    views = ClickHouseViews()
    try:
        person = find(views, alias, shop)
        told = story(views, person)
    except ViewsError as error:
        raise CommandFailedError(str(error), "`waypost status` shows whether ClickHouse runs.") from error
    if form == "json":
        typer.echo(json.dumps(plain(told, retracted=retracted), ensure_ascii=False))
        return
    name = time_zone or zone_of(person.shop)
    console = Console(highlight=False, soft_wrap=True)
    for line in lines(told, Look(_zone(name), name, _width(), whole, retracted)):
        console.print(Text(line.text, style=_STYLES.get(line.role, "")))


def find(views: Views, alias: str, shop: str = "") -> Person:
    """The one person an alias belongs to. Raises `CommandFailedError`, saying what to try, and `ViewsError`."""
    found = persons(views, alias, shop)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{person.id} of shop {person.shop}" for person in found[:5])
        try_ = "say which with --shop" if len({person.shop for person in found}) > 1 else "name its kind, as in order:…"
        raise CommandFailedError(f"{alias} belongs to several: {names}", try_)
    if shop and (elsewhere := persons(views, alias)):
        shops = " or ".join(dict.fromkeys(f"--shop {person.shop}" for person in elsewhere))
        raise CommandFailedError(f"nobody of shop {shop} is known by {alias}", f"it is known with {shops}")
    near = ", ".join(f"{name} (shop {where})" for where, name in similar(views, alias))
    raise CommandFailedError(
        f"nobody is known by {alias}",
        (f"is it {near}? " if near else "")
        + "See the spelling, and what became of its events: waypost sql "
        + f"\"SELECT * FROM waypost.answers WHERE id LIKE '%{alias.rpartition(':')[2]}%'\"",
    )


def zone_of(shop: str) -> str:
    """The name of the shop's time zone; UTC where the configuration is not at hand."""
    try:
        known = load_shops().find(shop)
    except ConfigError:
        return "UTC"
    return known.time_zone if known else "UTC"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CommandFailedError(
            f"no time zone is called {name}", "an IANA name is meant, as in --time-zone Europe/Berlin"
        ) from error


def _width() -> int:
    if not sys.stdout.isatty():
        return PIPED_WIDTH
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))
