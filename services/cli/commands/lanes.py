"""`waypost lanes`: how long parcels take, learned from those that were delivered."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import ceil
from pathlib import Path
from typing import Annotated

import typer
import yaml

from services.cli.clickhouse.views import ClickHouseViews, Views, ViewsError
from services.cli.failure import CommandFailedError
from services.cli.sql.answer import Answer, Column
from services.cli.sql.formats import Format, write
from services.runtime.config import config_folder

app = typer.Typer()

COLUMNS = {
    "carrier": "String",
    "service_level": "String",
    "origin": "String",
    "destination": "String",
    "parcels": "UInt64",
    "hours_p50": "Float64",
    "hours_p80": "Float64",
    "hours_p95": "Float64",
}

_QUERY = """
SELECT
    carrier, service_level, origin, destination, count() AS parcels,
    quantileExact(0.5)(hours) AS p50, quantileExact(0.8)(hours) AS p80, quantileExact(0.95)(hours) AS p95
FROM
(
    SELECT
        shop, carrier, service_level, origin, destination, delivered_at,
        dateDiff('millisecond', handed_over_at, delivered_at) / 3600000 AS hours
    FROM waypost.parcels
    WHERE handed_over_at < delivered_at AND (%(shop)s = '' OR shop = %(shop)s)
) AS delivered
INNER JOIN (SELECT shop, max(delivered_at) AS last FROM waypost.parcels GROUP BY shop) AS shops USING (shop)
WHERE delivered_at > last - toIntervalDay(%(days)s)
GROUP BY carrier, service_level, origin, destination
HAVING parcels >= %(least)s
ORDER BY carrier, service_level, origin, destination
"""

_HEAD = """\
# How long parcels take: four of five that the carrier got were delivered within `transit_p80`, in whole hours.
# Written by `{command}`, which writes all of it anew.
#
# An order whose parcel would come after the first promise by this is `delivery_at_risk`, until the carrier estimates a
# date itself. It counts from the next start of journey.
lanes:
"""


@dataclass(frozen=True, slots=True)
class Lane:
    """How long delivered parcels took from hand-over to delivery, in hours: median, 80th and 95th percentile."""

    carrier: str
    service_level: str
    origin: str
    destination: str
    parcels: int
    p50: float
    p80: float
    p95: float


@app.command()
def lanes(
    shop: Annotated[str, typer.Option(help="Only parcels of this shop; of all without it.")] = "",
    days: Annotated[int, typer.Option(min=1, help="Look back so far from each shop's latest delivery.")] = 90,
    least: Annotated[int, typer.Option("--min", min=1, help="Leave out lanes with fewer delivered parcels.")] = 20,
    write_file: Annotated[
        bool, typer.Option("--write", help="Write them to lanes.yaml, in place of all in it.")
    ] = False,
    form: Annotated[
        Format, typer.Option("--format", help="A table for people, JSON or CSV for programs.")
    ] = Format.TABLE,
) -> None:
    """Show how long parcels take by carrier, service level, origin and destination, from hand-over to delivery.

    Written to lanes.yaml, the 80th percentile tells early which orders will miss their promise (delivery_at_risk).
    Parcels of which nothing but the delivery was heard are left out.

    Example: waypost lanes --shop main --days 60 --write
    """
    found = delivered_lanes(ClickHouseViews(), shop, days, least)
    columns = [Column(name, kind) for name, kind in COLUMNS.items()]
    write(Answer(columns, iter([_rounded(lane) for lane in found])), form, sys.stdout, limit=0)
    path = config_folder() / "lanes.yaml"
    if not write_file:
        typer.echo(f"→ --write puts them in {path}", err=True)
        return
    save(path, lanes_file(found, command(shop, days, least)))
    typer.echo(
        f"wrote {len(found)} lanes to {path}\n→ restart journey to use them: `waypost down`, then `waypost up`; "
        "on Kubernetes, apply the configuration again",
        err=True,
    )


def delivered_lanes(views: Views, shop: str, days: int, least: int) -> Sequence[Lane]:
    """The lanes in the order of their words. Raises CommandFailedError, also when there are none."""
    try:
        rows = views.rows(_QUERY, {"shop": shop, "days": days, "least": least})
    except ViewsError as error:
        raise CommandFailedError(str(error), "`waypost status` shows whether ClickHouse runs") from error
    if not rows:
        whose = f" of shop {shop}" if shop else ""
        raise CommandFailedError(
            f"no lane has {least} parcels{whose} that were delivered in the last {days} days",
            "look back further with --days, or trust fewer parcels with --min",
        )
    return [Lane(*row) for row in rows]


def lanes_file(found: Sequence[Lane], command: str) -> str:
    """The text of lanes.yaml: the same for the same lanes. Raises nothing; journey reads it at its start."""
    return _HEAD.format(command=command) + "".join(f"  - {_entry(lane)}\n" for lane in found)


def command(shop: str, days: int, least: int) -> str:
    """How to write the same file again."""
    return " ".join(["waypost lanes", *([f"--shop {shop}"] if shop else []), f"--days {days} --min {least} --write"])


def save(path: Path, text: str) -> None:
    """Replace a file as a whole. Raises CommandFailedError when it cannot be written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CommandFailedError(
            f"{path} cannot be written: {error.strerror}", "WAYPOST_CONFIG names the folder of the configuration"
        ) from error


def _entry(lane: Lane) -> str:
    values = {
        "carrier": lane.carrier,
        "service_level": lane.service_level,
        "origin": lane.origin,
        "destination": lane.destination,
        "parcels": lane.parcels,
        "transit_p80": f"{max(1, ceil(lane.p80))}h",
    }
    flow: str = yaml.safe_dump(values, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000)
    return flow.strip()


def _rounded(lane: Lane) -> tuple[object, ...]:
    return tuple(round(value, 1) if isinstance(value, float) else value for value in astuple(lane))
