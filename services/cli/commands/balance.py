"""`waypost balance`: every position that was written has exactly one answer."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import typer
from confluent_kafka import Consumer, KafkaException, TopicPartition
from rich.console import Console
from rich.table import Table

from schemas.topics import PUBLIC
from services.cli.clickhouse.views import ClickHouseViews, Views, ViewsError
from services.cli.failure import CommandFailedError
from services.runtime.settings import KafkaSettings

app = typer.Typer()

Format = Literal["table", "json"]
Place = tuple[str, int]
ANSWERS = ("stored", "late", "duplicate", "conflict", "rejected", "tick", "gap")
POLL_SECONDS = 0.5
KAFKA_TIMEOUT_S = 10.0
PIPED_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Line:
    """What the ledger has of one partition, and what the broker has."""

    topic: str
    partition: int
    counts: Mapping[str, int]
    complete_offset: int
    complete_until: str
    end_offset: int

    @property
    def unanswered(self) -> int:
        """Offsets from the first one without an answer to the end."""
        return max(0, self.end_offset - self.complete_offset)


@app.command()
def balance(
    wait: Annotated[float, typer.Option(min=0, help="Seconds to give to what was written just now.")] = 15.0,
    form: Annotated[Format, typer.Option("--format", help="table for people, json for programs.")] = "table",
) -> None:
    """Compare what the public topics hold with the ledger of answers. Exits with 1 if a position has none.

    What is written after the command began is not asked for.

    Example: waypost balance
    """
    ends = end_offsets(KafkaSettings())
    views = ClickHouseViews()
    lines = settled(lambda: balanced(views, ends), wait)
    if form == "json":
        typer.echo(json.dumps([{**asdict(line), "unanswered": line.unanswered} for line in lines]))
    else:
        _show(lines)
    if open_ := [line for line in lines if line.unanswered]:
        worst = max(open_, key=lambda line: line.unanswered)
        raise CommandFailedError(
            f"{len(open_)} of {len(lines)} partitions have positions without an answer, "
            f"as {worst.topic}/{worst.partition} from offset {worst.complete_offset}",
            "see the lag of ingest and warehouse with `waypost status`, or give them time with --wait",
        )


def settled(look: Callable[[], Sequence[Line]], wait: float) -> Sequence[Line]:
    """The lines as soon as all have their answers, at the latest after `wait` seconds."""
    deadline = time.monotonic() + wait
    while True:
        lines = look()
        if not any(line.unanswered for line in lines) or time.monotonic() >= deadline:
            return lines
        time.sleep(POLL_SECONDS)


def balanced(views: Views, ends: Mapping[Place, int]) -> list[Line]:
    """A line for each partition that the broker or the ledger knows. Raises CommandFailedError."""
    query = (
        f"SELECT topic, partition, complete_offset, toString(complete_until), {', '.join(ANSWERS)} FROM waypost.balance"
    )
    try:
        known = {(row[0], row[1]): row[2:] for row in views.rows(query)}
    except ViewsError as error:
        raise CommandFailedError(str(error), "`waypost status` shows whether ClickHouse runs") from error
    nothing = (0, None, *(0 for _ in ANSWERS))
    found = []
    for topic, partition in sorted({*known, *ends}):
        offset, until, *counts = known.get((topic, partition), nothing)
        line = Line(
            topic,
            partition,
            dict(zip(ANSWERS, counts, strict=True)),
            offset,
            until or "",
            ends.get((topic, partition), 0),
        )
        found.append(line)
    return found


def end_offsets(settings: KafkaSettings) -> dict[Place, int]:
    """The offset behind the last record of each public partition. Raises CommandFailedError."""
    consumer = Consumer({**settings.librdkafka(), "group.id": "waypost-cli", "log_level": 0})
    try:
        known = consumer.list_topics(timeout=KAFKA_TIMEOUT_S).topics
        places = [
            TopicPartition(topic.name, partition)
            for topic in PUBLIC
            if topic.name in known
            for partition in known[topic.name].partitions
        ]
        return {
            (place.topic, place.partition): consumer.get_watermark_offsets(place, timeout=KAFKA_TIMEOUT_S)[1]
            for place in places
        }
    except KafkaException as error:
        raise CommandFailedError(
            f"no Kafka at {settings.bootstrap} ({error.args[0].str()})",
            "start it with `waypost up`, or set KAFKA_BROKERS to where it is",
        ) from error
    finally:
        consumer.close()


def _show(lines: Sequence[Line]) -> None:
    table = Table()
    for name in ("topic", "partition", "positions", *ANSWERS, "unanswered", "complete until"):
        table.add_column(name, justify="left" if name in ("topic", "complete until") else "right", no_wrap=True)
    for line in lines:
        counts = [line.counts[answer] for answer in ANSWERS]
        numbers = [line.partition, sum(counts), *counts, line.unanswered]
        table.add_row(line.topic, *map(str, numbers), line.complete_until)
    total = [sum(line.counts[answer] for line in lines) for answer in ANSWERS]
    table.add_section()
    table.add_row("all", "", *map(str, [sum(total), *total, sum(line.unanswered for line in lines)]), "")
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    Console(highlight=False, width=width).print(table)
