"""`waypost up`: everything in the background, until all of it is ready."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from services.cli.failure import CommandFailedError
from services.cli.local.settings import SERVICES, LocalSettings
from services.cli.local.stack import bring_up

app = typer.Typer()


@app.command()
def up(
    services: Annotated[
        str, typer.Option(help="The services to start, with commas between; `none` starts Kafka and ClickHouse only.")
    ] = ",".join(SERVICES),
) -> None:
    """Start Kafka, ClickHouse and the services in the background and wait until all is ready.

    What runs already stays. A supervisor starts again whatever ends by itself. KAFKA_BROKERS and CLICKHOUSE_URL point
    to clusters that are there already; then none are started here.

    Example: waypost up
    """
    console = Console(highlight=False, soft_wrap=True)
    settings = LocalSettings()
    installation = bring_up(settings, console.print, _chosen(services))
    console.print(f"ready: Kafka {installation.brokers}, ClickHouse {installation.clickhouse_url}", style="green")
    console.print("→ `waypost status` shows what runs, `waypost down` stops it")


def _chosen(names: str) -> list[str]:
    chosen = [] if names == "none" else [name.strip() for name in names.split(",")]
    if unknown := set(chosen) - set(SERVICES):
        raise CommandFailedError(f"no such service: {', '.join(sorted(unknown))}", f"there are {', '.join(SERVICES)}")
    return chosen
