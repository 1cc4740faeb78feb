"""`waypost simulate`: a shop whose journeys are known, so that what Waypost finds can be scored."""

import json
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Annotated, Literal

import typer
from rich.console import Console

from services.cli.clickhouse.stored import Awaited
from services.cli.clickhouse.views import ClickHouseViews, ViewsError
from services.cli.failure import CommandFailedError
from services.cli.kafka.sender import KafkaSender, SendError
from services.cli.replays.arguments import bad_input_told, duration, instant, shown
from services.cli.replays.disturbance import Disturbance
from services.cli.replays.event import epoch_ms, from_epoch_ms
from services.cli.replays.session import wait
from services.cli.replays.shops import check_clock
from services.cli.simulator.forecast import WARNING, forecast
from services.cli.simulator.report import as_json, differences, forecast_line, tables
from services.cli.simulator.score import KINDS, Scores, expected, scores
from services.cli.simulator.session import Simulation, Stage, found_by_waypost, new_run, next_start, send
from services.runtime.config import load_shops
from services.runtime.settings import KafkaSettings

app = typer.Typer(help="Send the events of a simulated shop that knows which journeys hurt.")

Format = Literal["table", "json"]


@app.command()
def simulate(
    shop: Annotated[str, typer.Option(help="Shop to simulate; its clock must be a replay clock.")] = "demo",
    journeys: Annotated[int, typer.Option(min=0, help="How many customers; 0 for no end.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed tells the same stories.")] = 0,
    speed: Annotated[str, typer.Option(help="Shop time per second: 1h, 10m; 0 as fast as Kafka takes it.")] = "",
    per_hour: Annotated[float, typer.Option(min=0.1, help="Customers per hour of the shop.")] = 12.0,
    until: Annotated[str, typer.Option(help="End with the shop's clock at exactly this instant.")] = "",
    disorder: Annotated[str, typer.Option(help="Send events up to this much behind their place.")] = "0",
    duplicates: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of events that is sent twice.")] = 0.0,
    wait_stored: Annotated[bool, typer.Option("--wait", help="Return when everything is in ClickHouse.")] = False,
    score: Annotated[
        bool, typer.Option("--score", help="Compare what is found with what is true; implies --wait.")
    ] = False,
    kind: Annotated[list[str] | None, typer.Option(help="Score only this kind; may be repeated.")] = None,
    format: Annotated[Format, typer.Option(help="How the score is shown.")] = "table",
) -> None:
    """Send the events of a simulated shop that knows which journeys hurt.

    The shop's time goes on where its clock is. Without an end it runs until Ctrl-C, an hour of the shop a second.
    """
    console = Console(highlight=False, soft_wrap=True, stderr=format == "json")
    kinds = _known(kind or list(KINDS))
    with bad_input_told():
        check_clock(load_shops(), shop)
    views = ClickHouseViews()
    now = datetime.now(UTC).replace(microsecond=0)
    start, notice = next_start(views, shop, now)
    if notice:
        console.print(notice)
    with bad_input_told():
        simulation = Simulation(
            shop,
            new_run(now),
            start,
            seed,
            journeys or None,
            per_hour,
            duration(speed or ("0" if journeys else "1h")),
            instant(until) if until else None,
            Disturbance(duration(disorder), duplicates),
        )
        _check(simulation, score)
    stage = Stage(simulation)
    last = _send(stage, console, lambda awaited: wait(views, awaited, console) if wait_stored or score else None)
    if score:
        _judge(views, stage, from_epoch_ms(last), kinds, format, console)


def _send(stage: Stage, console: Console, afterwards: Callable[[Awaited], None]) -> int:
    """Send all of it, and return where the clock is."""
    stop, begin, last = Event(), time.monotonic(), epoch_ms(stage.simulation.start)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        sender = KafkaSender(KafkaSettings())
        with console.status("") as status:

            def moved(count: int, tick_ms: int) -> None:
                nonlocal last
                last = tick_ms
                rate = sender.sent.events / max(time.monotonic() - begin, 1e-6)
                status.update(f"{sender.sent.events:,} events, {rate:,.0f}/s · clock {shown(from_epoch_ms(tick_ms))}")

            send(sender, stage, moved, stop.wait)
    except SendError as error:
        raise CommandFailedError(str(error)) from error
    shop, sent = stage.simulation.shop, sender.sent
    console.print(
        f"sent {sent.events:,} events and {sent.ticks:,} ticks of shop {shop}, run {stage.simulation.run}, "
        f"in {time.monotonic() - begin:.1f} s; its clock is at {shown(from_epoch_ms(last))}"
    )
    if not stop.is_set():
        afterwards(Awaited(shop, last, sender.partitions, sent.offsets))
    return last


def _judge(
    views: ClickHouseViews, stage: Stage, now: datetime, kinds: list[str], format: Format, console: Console
) -> None:
    """Show the score; anything below 1.0 fails the command."""
    shop, run = stage.simulation.shop, stage.simulation.run
    try:
        found = found_by_waypost(views, shop, run, stage.told)
    except ViewsError as error:
        raise CommandFailedError(str(error), "`waypost status` shows whether ClickHouse runs.") from error
    result, told = scores(expected(stage.told, shop, now), found, kinds), forecast(found)
    if format == "json":
        typer.echo(json.dumps({"shop": shop, "run": run, "clock": now.isoformat(), **as_json(result, told)}))
    else:
        for table in tables(result, f"{len(stage.told)} journeys of {shop} as of {shown(now)}"):
            console.print(table)
        if WARNING in kinds:
            console.print(forecast_line(told))
        for line in differences(result):
            console.print(line)
    _fail_below_one(result)


def _fail_below_one(result: Scores) -> None:
    if result.imperfect:
        raise CommandFailedError(f"not all that is true was found, or more than that: {', '.join(result.imperfect)}")


def _known(kinds: list[str]) -> list[str]:
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise CommandFailedError(f"the stories know nothing of {', '.join(unknown)}", f"Choose of {', '.join(KINDS)}.")
    return kinds


def _check(simulation: Simulation, score: bool) -> None:
    if score and simulation.journeys is None:
        raise ValueError("--score needs an end to judge at; add --journeys 200")
    if not simulation.speed and simulation.journeys is None and simulation.until is None:
        raise ValueError("with --speed 0 and no end Kafka would be filled up; add --journeys or --until")
    if simulation.until and simulation.until <= simulation.start:
        raise ValueError(f"--until is not after the shop's clock, {shown(simulation.start)}")
    if simulation.speed < timedelta(0):
        raise ValueError("time does not run backwards")
