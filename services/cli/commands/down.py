"""`waypost down`: stops what `waypost up` started."""

from __future__ import annotations

import typer
from rich.console import Console

from services.cli.local.settings import LocalSettings
from services.cli.local.stack import take_down

app = typer.Typer()


@app.command()
def down() -> None:
    """Stop what `waypost up` started; data stays for the next time.

    Services finish the work in hand first. Processes that were not started by `waypost up` are left alone.

    Example: waypost down
    """
    console = Console(highlight=False, soft_wrap=True)
    stopped = take_down(LocalSettings(), console.print)
    console.print("stopped" if stopped else "nothing was running")
