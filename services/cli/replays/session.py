"""One run of a replay: sends it, shows how it goes, and waits for it to be stored if asked."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli.clickhouse.clocks import shop_clock
from services.cli.clickhouse.stored import Awaited, NotStoredError, awaiting, wait_until_stored
from services.cli.clickhouse.views import ClickHouseViews, Views, ViewsError
from services.cli.failure import CommandFailedError
from services.cli.kafka.drain import KafkaGroups
from services.cli.kafka.sender import KafkaSender, SendError
from services.cli.replays.arguments import shown
from services.cli.replays.disturbance import Disturbance, disturbed
from services.cli.replays.event import SentEvent, epoch_ms, from_epoch_ms
from services.cli.replays.feeding import feed
from services.cli.replays.portions import Portion, portions, up_to
from services.runtime.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Replay:
    """What is to be replayed, and how."""

    shop: str
    until: datetime | None
    disturbance: Disturbance
    seed: int
    wait: bool
    array: int


def replay(events: Sequence[SentEvent], how: Replay, console: Console) -> None:
    """Send all of it in order. Raises `CommandFailedError`."""
    until_ms = epoch_ms(how.until) if how.until else None
    kept = list(up_to(events, until_ms))
    releases = list(disturbed(kept, how.disturbance, Random(how.seed)))
    cut = list(portions((release.event for release in releases), until_ms))
    if not cut:
        raise CommandFailedError("there is nothing to replay", "See that the data has events at or before --until.")
    views = ClickHouseViews()
    _say_when_ahead(views, how.shop, cut[-1].tick_ms, console)
    try:
        sender = KafkaSender(KafkaSettings(), how.array)
        _send(sender, how.shop, cut, len(releases), console)
        if how.wait:
            awaited = Awaited(how.shop, cut[-1].tick_ms, sender.partitions, sender.sent.offsets)
            wait(views, awaited, console)
    except SendError as error:
        raise CommandFailedError(str(error)) from error


def wait(views: Views, awaited: Awaited, console: Console) -> None:
    """Wait until the views hold what was sent. Raises `CommandFailedError`."""
    started = time.monotonic()
    try:
        with console.status("waiting") as status:
            wait_until_stored(awaiting(views, KafkaGroups(KafkaSettings()), awaited), report=status.update)
    except NotStoredError as error:
        raise CommandFailedError(
            str(error), "`waypost status` shows which part stands still; sending it all again changes nothing."
        ) from error
    console.print(f"stored: everything shows in ClickHouse {time.monotonic() - started:.1f} s after the last event")


def _send(sender: KafkaSender, shop: str, cut: Sequence[Portion], events: int, console: Console) -> None:
    started = time.monotonic()
    with _bar(console, "{task.fields[rate]:>8,.0f} events/s · clock {task.fields[clock]}") as progress:
        task = progress.add_task("sent", total=events, rate=0.0, clock="…")

        def moved(count: int, tick_ms: int) -> None:
            rate = sender.sent.events / max(time.monotonic() - started, 1e-6)
            progress.update(task, advance=count, rate=rate, clock=shown(from_epoch_ms(tick_ms)))

        feed(sender, shop, cut, moved)
    took, sent = time.monotonic() - started, sender.sent
    console.print(
        f"sent {sent.events:,} events and {sent.ticks:,} ticks of shop {shop} in {took:.1f} s "
        f"({sent.events / max(took, 1e-6):,.0f} events/s); its clock is at {shown(from_epoch_ms(cut[-1].tick_ms))}"
    )


def _bar(console: Console, text: str) -> Progress:
    """A live bar on a terminal, nothing elsewhere."""
    columns = (
        TextColumn("{task.description:>7}"),
        BarColumn(),
        MofNCompleteColumn() if "rate" in text else TextColumn(""),
        TextColumn(text),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _say_when_ahead(views: Views, shop: str, last_ms: int, console: Console) -> None:
    """A clock never goes back: a replay behind it is a repeat, or comes late."""
    try:
        clock = shop_clock(views, shop)
    except ViewsError:
        return  # nothing is known of the clock; sending needs Kafka only
    if clock is not None and clock > last_ms:
        console.print(
            f"the clock of shop {shop} is at {shown(from_epoch_ms(clock))}, ahead of this data's end "
            f"{shown(from_epoch_ms(last_ms))}: it stays there, and what is new in the data is judged as of it"
        )
