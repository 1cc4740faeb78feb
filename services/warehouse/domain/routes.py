"""Which messages are read and what their items leave in which tables: all of it as data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas import rows
from schemas.topics import ALERTS_CHANGES, INGEST_REJECTED, JOURNEY_CHANGES, JOURNEY_EVENTS, PAIN_POINTS_CHANGES
from schemas.wire import EventItem, Kind, PositionItem, RejectedItem, read_positions, read_rejected
from services.warehouse.domain import published
from services.warehouse.domain.events import EVENTS, read_with_digests
from services.warehouse.domain.positions import ACCEPTED, EVENTLESS, REJECTED
from services.warehouse.domain.tables import Table, TableRows

TOPICS = tuple(
    topic.name for topic in (JOURNEY_EVENTS, INGEST_REJECTED, JOURNEY_CHANGES, PAIN_POINTS_CHANGES, ALERTS_CHANGES)
)

READERS: Mapping[str, Callable[[bytes], Sequence[Any]]] = {
    Kind.EVENTS: read_with_digests,
    Kind.POSITIONS: read_positions,
    Kind.REJECTED: read_rejected,
    Kind.ROWS: rows.read_rows,
    Kind.PAIN_POINTS: rows.read_pain_points,
    Kind.ALERTS: rows.read_alerts,
}
"""How to read the items of a message of a kind; other kinds are not for the warehouse."""

TABLES: Mapping[type, tuple[Table, ...]] = {
    rows.PainPointRow: (published.PAIN_POINTS, published.PAIN_POINT_CHANGES),
    EventItem: (EVENTS, ACCEPTED),
    RejectedItem: (REJECTED,),
    PositionItem: (EVENTLESS,),
    rows.PersonRow: (published.PERSONS,),
    rows.OrderRow: (published.ORDERS,),
    rows.ParcelRow: (published.PARCELS,),
    rows.PromiseRow: (published.PROMISES,),
    rows.SurveyRow: (published.SURVEYS,),
    rows.ActionRow: (published.ACTIONS,),
    rows.JourneyRow: (published.JOURNEYS,),
    rows.AlertRow: (published.ALERTS,),
    rows.ClockRow: (published.CLOCKS,),
}
"""The tables that an item leaves rows in.

They are inserted in this order. Pain points come first: somebody waits for them. Events come before the ledger, so that
whoever sees a position also sees its event, and clocks last: whoever sees a clock also sees the rows before it.
"""


def rows_of(items: Sequence[Any]) -> list[TableRows]:
    """The rows that items leave, by table, in the order in which they are inserted."""
    by_type: dict[type, list[Any]] = {}
    for item in items:
        by_type.setdefault(type(item), []).append(item)
    found: dict[str, TableRows] = {}
    for type_, tables in TABLES.items():
        if same := by_type.get(type_):
            for table in tables:
                place = found.setdefault(table.name, TableRows(table.name, table.columns, []))
                place.rows.extend(table.rows(same))
    return list(found.values())
