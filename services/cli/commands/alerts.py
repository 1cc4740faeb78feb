"""`waypost alerts test`: a labelled notification to each receiver, and what came back."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from services.cli.failure import CommandFailedError
from services.cli.local.settings import CHECKOUT

TRIAL = "services.alerts.trial"
"""Run as a process of its own: the command line imports no service."""

TIMEOUT_S = 300.0

app = typer.Typer()


@app.callback()
def alerts() -> None:
    """Try where alerts would go."""


@app.command("test")
def try_receivers(
    receiver: Annotated[
        str, typer.Option(help="The receiver to try, by its name in the routes file; without it, all.")
    ] = "",
) -> None:
    """Send a labelled test notification and show what came back. Exits with 1 when a receiver did not take it.

    Receivers are those of `config/routes.yaml`, with the variables that it names taken from this shell. Nothing is
    recorded, and a test has the type `waypost.test`, so that nobody mistakes it for a pain point.

    Example: waypost alerts test --receiver default
    """
    console = Console(highlight=False, soft_wrap=True)
    code, lines, problem = _run([receiver] if receiver else [])
    for line in lines:
        _show(console, line)
    if problem:
        raise CommandFailedError(problem, "correct the routes file, or name another folder in WAYPOST_CONFIG")
    if not lines:
        raise CommandFailedError("there are no receivers", "add one to config/routes.yaml")
    if code:
        refused = ", ".join(str(line["receiver"]) for line in lines if not line["delivered"])
        raise CommandFailedError(f"not delivered: {refused}", "docs/alerts.md says what each answer means")


def _run(arguments: list[str]) -> tuple[int, list[dict[str, object]], str]:
    """Exit code, a line for each receiver, and what was wrong with the configuration."""
    command = [sys.executable, "-m", TRIAL, *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, lines, done.stderr.strip() if done.returncode not in (0, 1) or not lines else ""


def _show(console: Console, line: dict[str, object]) -> None:
    style, word = ("green", "delivered") if line["delivered"] else ("red", "not delivered")
    took = f" in {line['seconds']} s" if "seconds" in line else ""
    console.print(f"{line['receiver']}: [{style}]{word}[/{style}]{took}: {escape(str(line['answer']))}")
    if excerpt := str(line.get("excerpt") or "").strip():
        console.print(f"  it answered: {escape(excerpt)}")
