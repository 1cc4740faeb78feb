"""`waypost send`: a file of events into Kafka, and the answer to each."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from schemas.contract import Event
from services.cli.clickhouse.answers import GivenAnswer, answers_of
from services.cli.clickhouse.stored import Awaited, NotStoredError, awaiting, wait_until_stored
from services.cli.clickhouse.views import ClickHouseViews, ViewsError
from services.cli.failure import CommandFailedError
from services.cli.kafka.drain import KafkaGroups
from services.cli.kafka.file_events import FileEvent, file_events
from services.cli.kafka.sender import KafkaSender, SendError
from services.runtime.config import ConfigError, load_shops
from services.runtime.settings import KafkaSettings

app = typer.Typer()

STUCK_SECONDS = 60.0
NOT_SENT = "not sent"
Format = Literal["table", "json"]


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one event."""

    line: int
    index: int
    answer: str
    reason: str
    message: str
    source: str
    id: str
    type: str


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="NDJSON, a JSON array or one event; - reads standard input.")],
    force: Annotated[bool, typer.Option("--force", help="Send also what will be refused, as it is.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait for the answers; else show what they will be.")] = True,
    format: Annotated[Format, typer.Option(help="table, or json: one object a line.")] = "table",
) -> None:
    """Send the events of FILE and show the answer to each. Exits with 1 if any was refused.

    What the contract refuses is not sent, unless with --force: then Waypost keeps it and gives the answer.

    Example: waypost send events.ndjson
    """
    console = Console(highlight=False, soft_wrap=True, stderr=format == "json")
    found = _read(file)
    chosen = [event for event in found if force or isinstance(event.answer, Event)]
    given = _sent(chosen, wait, console)
    lines = [_line(event, given.get(id(event))) for event in found]
    for line in lines:
        if format == "json":
            typer.echo(json.dumps(asdict(line), ensure_ascii=False))
        else:
            console.print(_text(line))
    counts = [line.answer for line in lines]
    summary = ", ".join(f"{counts.count(answer)} {answer}" for answer in dict.fromkeys(counts))
    console.print(f"{len(lines)} events: {summary}")
    if any(line.reason for line in lines):
        raise typer.Exit(1)


def _read(file: Path) -> list[FileEvent]:
    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        found = list(file_events(text, load_shops(), time.time_ns() // 1_000_000))
    except OSError as error:
        raise CommandFailedError(f"{file} cannot be read: {error.strerror}") from error
    except ConfigError as error:
        raise CommandFailedError(str(error)) from error
    if not found:
        raise CommandFailedError(f"{file} holds no event", "write one event a line, or a JSON array of events")
    return found


def _sent(chosen: Sequence[FileEvent], wait: bool, console: Console) -> dict[int, GivenAnswer]:
    """Send the chosen events; what is known of the answers then, by the identity of the event."""
    if not chosen:
        return {}
    try:
        sender = KafkaSender(KafkaSettings())
        records = [event.record(sender.partitions) for event in chosen]
        offsets = sender.send_each(records)
    except SendError as error:
        raise CommandFailedError(str(error)) from error
    places = [(r.topic, r.partition, offset) for r, offset in zip(records, offsets, strict=True)]
    given = _answers(places, sender, console) if wait else {}
    return {id(event): given.get(place, _expected(event)) for event, place in zip(chosen, places, strict=True)}


def _answers(
    places: Sequence[tuple[str, int, int]], sender: KafkaSender, console: Console
) -> dict[tuple[str, int, int], GivenAnswer]:
    views = ClickHouseViews()
    awaited = Awaited("", 0, 0, sender.sent.offsets)
    try:
        with console.status("waiting for the answers") as status:
            groups = KafkaGroups(KafkaSettings())
            wait_until_stored(awaiting(views, groups, awaited), STUCK_SECONDS, status.update)
            return answers_of(views, places)
    except (NotStoredError, ViewsError) as error:
        raise CommandFailedError(
            f"all was sent, but the answers do not show: {error}", "`waypost status` shows what does not run."
        ) from error


def _expected(event: FileEvent) -> GivenAnswer:
    """The contract's word, as long as the ledger has none: it does not know what was sent before."""
    if isinstance(event.answer, Event):
        return GivenAnswer("late" if event.answer.late else "sent")
    return GivenAnswer("rejected", event.answer.reason, event.answer.message)


def _line(event: FileEvent, given: GivenAnswer | None) -> Line:
    answer = event.answer
    if given is None:
        expected = _expected(event)
        given = GivenAnswer(NOT_SENT, expected.reason, expected.message)
    names = (answer.source, answer.id, answer.type)
    return Line(event.line, event.index, given.answer, given.reason, given.message, *names)


def _text(line: Line) -> Text:
    return Text(" ".join(_words(line)), style="red" if line.reason else "")


def _words(line: Line) -> Iterator[str]:
    yield f"line {line.line}{f'[{line.index}]' if line.index else ''}:"
    yield line.answer
    if line.reason:
        yield f"({line.reason}) {_printable(line.message)}"
    yield _printable(f"· {line.type or 'no type'} {line.source} {line.id}".rstrip())


def _printable(text: str) -> str:
    """Text that cannot move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
