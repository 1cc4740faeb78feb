"""Topics as data: the one place that knows their names, shapes, and who writes and reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

MAX_MESSAGE_BYTES = 2 * 1024 * 1024
"""What broker and topics allow for one record."""

BATCH_ITEMS = 500
BATCH_BYTES = 512 * 1024
BATCH_WAIT = timedelta(milliseconds=50)
"""An internal message is closed by whichever of the three comes first; a larger item travels alone."""


class Shape(StrEnum):
    """How a topic's partition count is found."""

    KEYED = "keyed"  # the installation's shared count, fixed for life
    SINGLE = "single"  # always one


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: what it carries, how long, from whom, to whom."""

    name: str
    contract: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    shape: Shape = Shape.KEYED
    retention: timedelta | None = timedelta(days=14)
    compacted: bool = False
    config: Mapping[str, str] = field(default_factory=dict)

    def partitions(self, shared: int) -> int:
        """The number of partitions, given the installation's shared count."""
        return 1 if self.shape is Shape.SINGLE else shared

    def settings(self) -> dict[str, str]:
        """The broker's topic settings, all spelled out."""
        retention = -1 if self.retention is None else int(self.retention.total_seconds() * 1000)
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
            "message.timestamp.type": "LogAppendTime",
            "retention.ms": str(retention),
            **self.config,
        }


STOREFRONT_EVENTS = Topic("storefront.events.v1", "event contract", ("shops",), ("ingest",))
LOGISTICS_EVENTS = Topic("logistics.events.v1", "event contract", ("carriers",), ("ingest",))
SERVICE_EVENTS = Topic("service.events.v1", "event contract", ("help desks",), ("ingest",))
JOURNEY_EVENTS = Topic(
    "journey.events.v1",
    "schemas.wire: events, heard, letters, ticks, positions",
    ("ingest", "journey"),
    ("journey", "warehouse"),
)
INGEST_REJECTED = Topic("ingest.rejected.v1", "schemas.wire: rejected", ("ingest",), ("warehouse",))
JOURNEY_CHANGES = Topic("journey.changes.v1", "schemas.rows", ("journey",), ("warehouse",))
PAIN_POINTS_CHANGES = Topic(
    "pain_points.changes.v1", "schemas.rows.PainPointRow", ("journey",), ("alerts", "warehouse"), shape=Shape.SINGLE
)
ALERTS_CHANGES = Topic("alerts.changes.v1", "schemas.rows.AlertRow", ("alerts",), ("warehouse",), shape=Shape.SINGLE)
_CHANGELOG: Mapping[str, str] = {
    "segment.bytes": str(64 * 1024 * 1024),  # the open segment is never compacted: the default of 1 GiB is all of it
    "min.compaction.lag.ms": str(60 * 60 * 1000),  # until then every write of a paused worker's successor can be told
}

JOURNEY_CELLS = Topic(
    "waypost-journey-cells-changelog",
    "packed cells",
    ("journey",),
    ("journey",),
    retention=None,
    compacted=True,
    config=_CHANGELOG,
)
ALERTS_CELLS = Topic(
    "waypost-alerts-cells-changelog",
    "packed notification state",
    ("alerts",),
    ("alerts",),
    shape=Shape.SINGLE,
    retention=None,
    compacted=True,
    config=_CHANGELOG,
)

PUBLIC = (STOREFRONT_EVENTS, LOGISTICS_EVENTS, SERVICE_EVENTS)
INTERNAL = (JOURNEY_EVENTS, INGEST_REJECTED, JOURNEY_CHANGES, PAIN_POINTS_CHANGES, ALERTS_CHANGES)
CHANGELOGS = (JOURNEY_CELLS, ALERTS_CELLS)
ALL = (*PUBLIC, *INTERNAL, *CHANGELOGS)
