"""Kafka records to pain points' rows, and alerts' rows to Kafka records."""

from collections.abc import Iterable, Sequence

from schemas.batches import batches
from schemas.rows import AlertRow, PainPointRow, read_pain_points
from schemas.topics import ALERTS_CHANGES
from schemas.wire import KIND_HEADER, Kind, kind, pack_item
from services.runtime.records import Output, Record

_HEADERS = ((KIND_HEADER, Kind.ALERTS.value.encode()),)


def pain_points(record: Record) -> Sequence[PainPointRow]:
    """The rows that a record carries; none if it carries something else."""
    if record.value is None or kind(record.headers) != Kind.PAIN_POINTS:
        return ()
    return read_pain_points(record.value)


def alert_outputs(rows: Iterable[AlertRow]) -> list[Output]:
    """The records that publish rows, in order."""
    return [Output(ALERTS_CHANGES.name, 0, value, _HEADERS) for value in batches(pack_item(row) for row in rows)]
