"""`waypost check`: what the answer to each event of a file would be, sending nothing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from schemas.contract import Answer, Event, digest, read
from schemas.contract.lines import entries
from schemas.shops import Shops
from services.cli.failure import CommandFailedError
from services.runtime.config import ConfigError, load_shops

app = typer.Typer()


class Format(StrEnum):
    """How answers are shown."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Line:
    """The answer to one event: the line of the file it begins on, and its index when that line holds several."""

    line: int
    index: int
    answer: str
    reason: str
    message: str
    source: str
    id: str
    type: str
    shop: str


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="NDJSON, a JSON array or one event; - reads standard input.")],
    format: Annotated[Format, typer.Option(help="table, or json: one object a line.")] = Format.TABLE,
) -> None:
    """Show what the answer to each event of FILE would be. Nothing is sent. Exits with 1 if any would be refused.

    Shops are those of config/shops.yaml, or of the folder that WAYPOST_CONFIG names.
    """
    try:
        shops = load_shops()
    except ConfigError as problem:
        raise CommandFailedError(str(problem)) from problem
    lines = list(judge(_bytes_of(file), shops, time.time_ns() // 1_000_000))
    if not lines:
        raise CommandFailedError(f"{file} holds no event", "write one event a line, or a JSON array of events")
    for text in _json(lines) if format is Format.JSON else _table(lines):
        typer.echo(text)
    if any(line.answer == "rejected" for line in lines):
        raise typer.Exit(1)


def judge(text: bytes, shops: Shops, received_ms: int) -> Iterator[Line]:
    """The answers to all events of a file, as if it were sent once and arrived at `received_ms`."""
    seen: dict[tuple[str, str], bytes] = {}
    for entry in entries(text):
        for index, answer in enumerate(read(entry.value, (), received_ms, shops)):
            yield _line(entry.line, index, answer, seen)


def _line(number: int, index: int, answer: Answer, seen: dict[tuple[str, str], bytes]) -> Line:
    names = (answer.source, answer.id, answer.type, answer.shop)
    if not isinstance(answer, Event):
        return Line(number, index, "rejected", answer.reason, answer.message, *names)
    content = digest(answer.type, answer.shop, answer.time_us, answer.extensions, answer.data)
    earlier = seen.setdefault((answer.source, answer.id), content)
    if earlier is not content:
        if earlier == content:
            return Line(number, index, "duplicate", "", "the same event is in this file before", *names)
        return Line(number, index, "conflict", "", "another event of this source and id is in this file before", *names)
    if answer.late:
        return Line(number, index, "late", "", "more than 90 days old: it would change no journey", *names)
    return Line(number, index, "stored", "", "", *names)


def _bytes_of(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as problem:
        raise CommandFailedError(f"{file} cannot be read: {problem.strerror}") from problem


def _json(lines: Iterable[Line]) -> Iterator[str]:
    return (json.dumps(asdict(line), ensure_ascii=False) for line in lines)


def _table(lines: list[Line]) -> Iterator[str]:
    """Columns as wide as they need to be; the message comes last and is never cut."""
    rows = [["line", "answer", "reason", "type", "id", "message"]]
    for line in lines:
        place = f"{line.line}[{line.index}]" if line.index else str(line.line)
        cells = (place, line.answer, line.reason, line.type, line.id, line.message)
        rows.append([_printable(cell) for cell in cells])
    widths = [min(max(len(row[column]) for row in rows), 40) for column in range(5)]
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]).rstrip()
    yield ""
    yield _summary(lines)


def _summary(lines: list[Line]) -> str:
    answers = [line.answer for line in lines]
    counts = ", ".join(f"{answers.count(answer)} {answer}" for answer in dict.fromkeys(answers))
    return f"{len(lines)} event{'s' if len(lines) != 1 else ''}: {counts}"


def _printable(text: str) -> str:
    """Text that cannot move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
