"""Pain points, policies and batches for tests of alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID, uuid5

import msgspec

from schemas.batches import batches
from schemas.rows import AlertRow, PainPointRow, read_alerts
from schemas.topics import PAIN_POINTS_CHANGES
from schemas.wire import KIND_HEADER, pack_item
from services.alerts.domain.routes import Policy, Route
from services.runtime.records import Effects, Record, RecordBatch

HOUR = 3_600_000
DAY = 24 * HOUR
NOON = 1_700_000_000_000
SPACE = UUID("8f5b3e60-5d0e-4f4b-9a53-6e7b6f0c2f11")

URGENT = Route("urgent", ("default",), severity="high")


def key(name: str) -> UUID:
    return uuid5(SPACE, name)


def pain_point(name: str = "late", **changes: object) -> PainPointRow:
    """A high pain point of the live shop `main`, found when it happened."""
    row = PainPointRow(
        shop="main",
        version=1,
        pain_point_id=key(name),
        kind="delivery_late",
        entity="order:A-1",
        stage="deliver",
        severity="high",
        status="open",
        happened_at=NOON,
        detected_at=NOON,
        root_id=key("root"),
        value_at_risk=Decimal("120.50"),
        currency="EUR",
        evidence=(key("evidence"),),
        playbook="Tell the customer before they ask.",
        act_before=NOON + DAY,
        order_id="A-1",
        person_id="customer:c1",
        factors={"carrier": "dhl"},
    )
    return msgspec.structs.replace(row, **changes)


def policy(*routes: Route, unconfigured: Mapping[str, str] | None = None) -> Policy:
    """`main` is live, all other shops are replayed."""
    return Policy(routes or (URGENT,), lambda shop: shop == "main", unconfigured or {})


def record(offset: int, rows: Sequence[PainPointRow], timestamp_ms: int = NOON, kind: bytes = b"pain_points") -> Record:
    [value] = batches(pack_item(row) for row in rows)
    return Record(offset, timestamp_ms, None, value, ((KIND_HEADER, kind),))


def batch(*records: Record) -> RecordBatch:
    return RecordBatch(PAIN_POINTS_CHANGES.name, 0, records[0].offset, records)


def alerts_in(effects: Effects) -> list[AlertRow]:
    return [row for output in effects.outputs for row in read_alerts(output.value or b"")]
