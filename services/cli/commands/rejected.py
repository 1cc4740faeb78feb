"""`waypost rejected`: refused events, and sending them again after a fix."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from services.cli.clickhouse.views import ClickHouseViews, Row, Views, ViewsError
from services.cli.failure import CommandFailedError
from services.cli.kafka.resending import RefusedRecord, resend
from services.cli.kafka.sender import SendError
from services.cli.sql.answer import Answer, Column
from services.cli.sql.formats import Format, write
from services.runtime.settings import KafkaSettings

app = typer.Typer()

COLUMNS = (
    "reason",
    "message",
    "source",
    "id",
    "type",
    "topic",
    "partition",
    "offset",
    "index",
    "received_at",
    "payload",
    "attributes",
)
NUMBERS = ("partition", "offset", "index")

Reason = Annotated[str, typer.Option(help="Only those refused for this reason, as in unknown_type.")]
Source = Annotated[str, typer.Option(help="Only those of this source.")]
_CHOSEN = "(%(reason)s = '' OR reason = %(reason)s) AND (%(source)s = '' OR source = %(source)s)"


@app.command("list")
def list_(
    reason: Reason = "",
    source: Source = "",
    limit: Annotated[int, typer.Option(min=0, help="At most so many, the newest; 0 for all.")] = 50,
    form: Annotated[
        Format, typer.Option("--format", help="A table for people, JSON or CSV for programs.")
    ] = Format.TABLE,
) -> None:
    """List refused events, the newest first, with what the validator said.

    Example: waypost rejected list --reason unknown_type
    """
    rows = refused(ClickHouseViews(), reason, source, limit)
    columns = [Column(name, "UInt64" if name in NUMBERS else "String") for name in COLUMNS]
    write(Answer(columns, iter([tuple(map(_readable, row)) for row in rows])), form, sys.stdout, limit=0)


@app.command()
def replay(
    reason: Reason = "",
    source: Source = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many would be sent.")] = False,
) -> None:
    """Send refused events to their topic again, with their headers; each gets a new position and a new answer there.

    Run it after what refused them was fixed. The same bytes are sent once, however often they were refused, and events
    that have been stored since are not sent.

    Example: waypost rejected replay --reason unknown_shop
    """
    console = Console(highlight=False, soft_wrap=True)
    records = to_send(ClickHouseViews(), reason, source)
    if dry_run or not records:
        console.print(f"{len(records)} refused events to send")
        return
    try:
        resend(records, KafkaSettings())
    except SendError as error:
        raise CommandFailedError(
            str(error), "run it again: what was sent already and is stored is not sent twice"
        ) from error
    console.print(f"{len(records)} events sent; `waypost rejected list` shows what is refused again")


def refused(views: Views, reason: str, source: str, limit: int) -> list[Row]:
    """Refused events, the newest first. Raises CommandFailedError."""
    columns = ", ".join(f"`{name}`" for name in COLUMNS)
    order = "ORDER BY received_at DESC, topic, partition, `offset` DESC, `index` DESC"
    query = f"SELECT {columns} FROM waypost.rejected_events WHERE {_CHOSEN} {order}"
    return _asked(views, f"{query} LIMIT {limit}" if limit else query, reason, source)


def to_send(views: Views, reason: str, source: str) -> list[RefusedRecord]:
    """Each refused event once, in the order first received, without those that have been stored since.

    Raises CommandFailedError.
    """
    query = (
        "SELECT topic, argMin(partition, (received_at, partition)), payload, attributes FROM waypost.rejected_events "
        f"WHERE {_CHOSEN} AND (id = '' OR (source, id) NOT IN (SELECT source, id FROM waypost.events)) "
        "GROUP BY topic, payload, attributes ORDER BY min((received_at, topic, partition, `offset`, `index`))"
    )
    return [
        RefusedRecord(topic, partition, _bytes(payload), _headers(_bytes(attributes)))
        for topic, partition, payload, attributes in _asked(views, query, reason, source)
    ]


def _asked(views: Views, query: str, reason: str, source: str) -> list[Row]:
    try:
        return views.rows(query, {"reason": reason, "source": source})
    except ViewsError as error:
        raise CommandFailedError(str(error), "`waypost status` shows whether ClickHouse runs") from error


def _headers(attributes: bytes) -> tuple[tuple[str, bytes], ...]:
    """The headers of an event in binary mode; none of one in structured mode."""
    named = msgspec.json.decode(attributes, type=dict[str, str]) if attributes else {}
    return tuple((name, value.encode()) for name, value in named.items())


def _bytes(payload: object) -> bytes:
    """The driver gives text where the bytes are text."""
    return payload if isinstance(payload, bytes) else str(payload).encode()


def _readable(value: object) -> object:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
