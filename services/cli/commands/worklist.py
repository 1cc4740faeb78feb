"""`waypost worklist`: what to act on now."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from services.cli.clickhouse.views import ClickHouseViews, Row, Views, ViewsError
from services.cli.failure import CommandFailedError
from services.cli.sql.answer import Answer, Column
from services.cli.sql.formats import Format, write

app = typer.Typer()

COLUMNS = {
    "severity": "String",
    "kind": "String",
    "shop": "String",
    "entity": "String",
    "value_at_risk": "Decimal(18, 4)",
    "currency": "String",
    "act_before": "DateTime64",
    "playbook": "String",
    "cause": "String",
    "happened_at": "DateTime64",
    "order_id": "String",
    "person_id": "String",
    "pain_point_id": "UUID",
}
ROWS_SHOWN = 20


@app.command()
def worklist(
    shop: Annotated[str, typer.Option(help="Only this shop; all without it.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="At most so many, the most pressing; 0 for all.")] = ROWS_SHOWN,
    form: Annotated[
        Format, typer.Option("--format", help="A table for people, JSON or CSV for programs.")
    ] = Format.TABLE,
) -> None:
    """List open pain points, the most pressing first: by severity, value at risk, and until when acting helps.

    Those whose feed is silent are left out: it may be news that is missing. Say what you did about one with an event
    service.action.taken that names its pain_point_id.

    Example: waypost worklist --shop main --limit 10
    """
    rows = open_pain_points(ClickHouseViews(), shop, limit)
    columns = [Column(name, kind) for name, kind in COLUMNS.items()]
    write(Answer(columns, iter([tuple(row) for row in rows])), form, sys.stdout, limit=0)


def open_pain_points(views: Views, shop: str, limit: int) -> list[Row]:
    """Open pain points in the order to act on them. Raises CommandFailedError."""
    query = (
        f"SELECT {', '.join(COLUMNS)} FROM waypost.worklist WHERE %(shop)s = '' OR shop = %(shop)s "
        "ORDER BY urgency DESC, value_at_risk DESC NULLS LAST, act_before NULLS LAST, pain_point_id"
    )
    try:
        return views.rows(f"{query} LIMIT {limit}" if limit else query, {"shop": shop})
    except ViewsError as error:
        raise CommandFailedError(str(error), "`waypost status` shows whether ClickHouse runs") from error
