"""`waypost status`: what runs, since when, and whether it is ready."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer
from rich.console import Console
from rich.table import Table

from services.cli.failure import CommandFailedError
from services.cli.local.probes import readiness
from services.cli.local.processes import is_alive
from services.cli.local.settings import SERVICES, LocalSettings
from services.cli.local.state import Installation, ProcessState, read_state

app = typer.Typer()


@app.command()
def status() -> None:
    """Show each process with its id, how long it is up, whether it is ready, and its port. Exits with 1 if any is not.

    Example: waypost status
    """
    settings = LocalSettings()
    installation = read_state(settings.home)
    if not installation or not (installation.is_supervised() or installation.alive()):
        raise CommandFailedError(f"nothing runs from {settings.home}", "start it: waypost up")
    console = Console(highlight=False, soft_wrap=True)
    answers = {process.name: _ready(process) for process in installation.processes}
    console.print(_table(installation, answers, datetime.now(UTC)))
    console.print(f"Kafka {installation.brokers}, ClickHouse {installation.clickhouse_url}, logs {settings.logs}")
    if not installation.is_supervised():
        raise CommandFailedError("the supervisor is gone, so nothing is restarted", "repair it: waypost up")
    if waiting := [name for name, answer in answers.items() if answer != "yes"]:
        raise CommandFailedError(f"not ready: {', '.join(waiting)}", f"see the logs in {settings.logs}")


def _ready(process: ProcessState) -> str:
    """`yes`, or what is missing."""
    if not (process.process and is_alive(process.process)):
        return process.problem or str(process.phase)
    if process.name not in SERVICES:
        return "yes"  # its start ends only when it answers
    probe = readiness(process.port)
    return "yes" if probe.ready else probe.reason


def _table(installation: Installation, answers: dict[str, str], now: datetime) -> Table:
    table = Table("process", "pid", "up", "restarts", "port", "ready")
    for process in installation.processes:
        pid = str(process.process.pid) if process.process else "-"
        up = age(now - process.since) if process.since else "-"
        table.add_row(process.name, pid, up, str(process.restarts), str(process.port), answers[process.name])
    return table


def age(span: timedelta) -> str:
    """A span in its largest two units: `45s`, `3m 10s`, `2h 5m`, `4d 1h`."""
    seconds = int(span.total_seconds())
    units = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    parts: list[str] = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count or parts or name == "s":
            parts.append(f"{count}{name}")
    return " ".join(parts[:2])
