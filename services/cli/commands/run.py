"""`waypost run`: everything, with a simulated shop, shown live; Ctrl-C stops all of it."""

import shutil
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from services.cli.clickhouse.views import ClickHouseViews
from services.cli.failure import CommandFailedError
from services.cli.live.screen import line, screen
from services.cli.live.services import look
from services.cli.live.shop_thread import ShopThread
from services.cli.live.snapshot import ServiceWatch, Snapshot, ViewWatch
from services.cli.local.discovery import use_running_installation
from services.cli.local.settings import SERVICES, LocalSettings
from services.cli.local.stack import bring_up, take_down
from services.cli.local.state import read_state
from services.cli.replays.arguments import bad_input_told, duration
from services.cli.replays.shops import check_clock
from services.cli.simulator.session import Simulation, new_run, next_start
from services.runtime.config import load_shops

app = typer.Typer()

LOOK_EVERY_S = 1.0
LINE_EVERY_S = 5.0


@app.command()
def run(
    shop: Annotated[str, typer.Option(help="The simulated shop.")] = "demo",
    speed: Annotated[str, typer.Option(help="Shop time per second: 1h, 10m.")] = "1h",
    per_hour: Annotated[float, typer.Option(min=0.1, help="Customers per hour of the shop.")] = 12.0,
    seed: Annotated[int, typer.Option(help="The same seed tells the same stories.")] = 0,
    seconds: Annotated[float, typer.Option("--for", min=0, help="Stop by itself after so many seconds; 0 never.")] = 0,
) -> None:
    """Start everything with a simulated shop and show it live, until Ctrl-C stops all of it.

    What was already running is left running. On anything but a terminal a line is printed every few seconds.
    """
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    with bad_input_told():
        check_clock(load_shops(), shop)
        per_second = duration(speed)
        if not per_second:
            raise ValueError("--speed 0 has no clock to show; write for example 10m")
    settings = LocalSettings()
    mine = not _runs_already(settings)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        bring_up(settings, console.print)
        use_running_installation()
        now = datetime.now(UTC).replace(microsecond=0)
        start, notice = next_start(ClickHouseViews(), shop, now)
        if notice:
            console.print(notice)
        simulation = Simulation(shop, new_run(now), start, seed, None, per_hour, per_second)
        footer = "Ctrl-C stops everything" if mine else "Ctrl-C stops the simulated shop"
        _watch(simulation, settings, _Shown(console, shop, footer), seconds)
    except KeyboardInterrupt:
        console.print("stopping")
    finally:
        if mine:
            _stop(settings, console)


def _runs_already(settings: LocalSettings) -> bool:
    running = read_state(settings.home)
    return bool(running and running.is_supervised())


def _watch(simulation: Simulation, settings: LocalSettings, shown: "_Shown", seconds: float) -> None:
    """Show it until the time is over, the shop ends or Ctrl-C comes."""
    shop = ShopThread(simulation)
    services = ServiceWatch(lambda name: look(name, settings.metrics_port(name)), SERVICES)
    views = ViewWatch(ClickHouseViews(), simulation.shop)
    end = time.monotonic() + seconds if seconds else None
    pause = threading.Event()
    shop.start()
    try:
        with shown as display:
            while shop.alive and (end is None or time.monotonic() < end):
                display.show(Snapshot(services.look(time.monotonic()), views.look(), shop.events, shop.clock_ms))
                pause.wait(LOOK_EVERY_S)
    finally:
        shop.stop()
    if shop.problem:
        raise CommandFailedError(f"the simulated shop ended: {shop.problem}")


class _Shown:
    """A screen that renews itself on a terminal, now and then a line elsewhere."""

    def __init__(self, console: Console, shop: str, footer: str) -> None:
        self._console, self._shop, self._footer = console, shop, footer
        self._live = Live(console=console, auto_refresh=False, screen=True) if console.is_terminal else None
        self._next_line = 0.0

    def __enter__(self) -> "_Shown":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, snapshot: Snapshot) -> None:
        """Show the newest."""
        if self._live:
            self._live.update(screen(snapshot, self._shop, _program(), self._footer), refresh=True)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + LINE_EVERY_S
            self._console.print(line(snapshot, self._shop))


def _program() -> str:
    """How this command is called from here, for commands to copy."""
    return "waypost" if shutil.which("waypost") else str(Path(sys.argv[0]))


def _stop(settings: LocalSettings, console: Console) -> None:
    """Take everything down; a second Ctrl-C does not leave half of it running."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        take_down(settings, console.print)
        console.print("stopped; data stays for the next time")
    finally:
        signal.signal(signal.SIGINT, before)
