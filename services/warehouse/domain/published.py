"""Whole rows as other services publish them, each to the table of its kind."""

from operator import attrgetter

import msgspec

from schemas.rows import (
    ActionRow,
    AlertRow,
    ClockRow,
    JourneyRow,
    OrderRow,
    PainPointRow,
    ParcelRow,
    PersonRow,
    PromiseRow,
    SurveyRow,
)
from services.warehouse.domain.tables import Row, Table, each, same_named

STAGES = ("discover", "consider", "checkout", "order", "fulfil", "transit", "deliver", "care")

_JOURNEY = (
    "shop",
    "version",
    "deleted",
    "journey_id",
    "person_id",
    "order_id",
    "stage",
    "outcome",
    "started_at",
    "ended_at",
    "value",
    "currency",
    "touches",
    "channels",
    "devices",
    "pain_points",
)
_CHANGE = (
    "shop",
    "version",
    "deleted",
    "pain_point_id",
    "kind",
    "entity",
    "severity",
    "status",
    "happened_at",
    "detected_at",
    "ended_at",
    "cause",
    "order_id",
    "person_id",
    "reason",
    "held_back",
)


_of_journey = attrgetter(*_JOURNEY)


def journey(row: JourneyRow) -> Row:
    """The row of a journey, with a column for the first time at each stage."""
    first_times: tuple[int | None, ...] = tuple(map(row.reached.get, STAGES))
    return (*_of_journey(row), *first_times)


def _as_published(struct: type[msgspec.Struct], table: str) -> Table:
    """The table whose columns are the fields of its struct."""
    return same_named(table, *struct.__struct_fields__)


JOURNEYS = Table("journeys", (*_JOURNEY, *(f"{stage}_at" for stage in STAGES)), each(journey))
PERSONS = _as_published(PersonRow, "persons")
ORDERS = _as_published(OrderRow, "orders")
PARCELS = _as_published(ParcelRow, "parcels")
PROMISES = _as_published(PromiseRow, "promises")
SURVEYS = _as_published(SurveyRow, "surveys")
ACTIONS = _as_published(ActionRow, "actions")
PAIN_POINTS = _as_published(PainPointRow, "pain_points")
PAIN_POINT_CHANGES = same_named("pain_point_changes", *_CHANGE)
ALERTS = _as_published(AlertRow, "alerts")
CLOCKS = _as_published(ClockRow, "clocks")
