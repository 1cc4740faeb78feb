"""`waypost migrate`: brings ClickHouse's tables and views up to date."""

from __future__ import annotations

import typer
from rich.console import Console

from services.cli.clickhouse.access import grant_views
from services.cli.clickhouse.analyst import AnalystSettings
from services.cli.failure import CommandFailedError
from services.cli.sql.answer import refusals
from services.runtime.clickhouse.migrate import ChangedMigrationError
from services.runtime.clickhouse.migrate import migrate as apply_migrations
from services.runtime.clickhouse.settings import ClickHouseSettings

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Apply the migrations that ClickHouse has not had yet, in order, and grant analysts the views.

    Example: waypost migrate
    """
    settings = ClickHouseSettings()
    console = Console(highlight=False, soft_wrap=True)
    with refusals(settings):
        try:
            names = apply_migrations(settings)
        except ChangedMigrationError as error:
            raise CommandFailedError(str(error), "nothing was changed") from error
    with refusals(settings):
        access = grant_views(settings, AnalystSettings())
    for name in names:
        console.print(f"applied {name}")
    console.print(f"{settings.where()} is up to date; {access}")
