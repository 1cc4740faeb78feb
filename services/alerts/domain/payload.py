"""What a receiver gets: ids to dedupe by, and a pain point with all that is needed to act on it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from schemas.rows import PainPointRow
from services.alerts.domain.announcements import Announcement, Notice
from services.alerts.domain.lifecycle import Event

_encode = msgspec.json.Encoder(decimal_format="string", uuid_format="canonical").encode


def webhook_id(dedup_key: UUID, event: Event) -> str:
    """The idempotency key: the same for every attempt at telling of this event, whoever makes it.

    Without a full stop, since the signed text is `<id>.<timestamp>.<body>`.
    """
    return f"{event.value}_{dedup_key}"


def body(known: Announcement, notice: Notice) -> bytes:
    """The JSON text of a notification."""
    return _encode(
        {
            "type": f"pain_point.{notice.event.value}",
            "timestamp": _instant(notice.decided_at),
            "data": {
                "dedup_key": known.dedup_key,
                "shop": known.shop,
                "already_over": notice.event is Event.FIRING and known.status != "open",
                "reason": notice.row.reason,
                "pain_point": _pain_point(notice.row),
            },
        }
    )


def labelled_test(receiver: str, now_ms: int) -> bytes:
    """The JSON text of a notification that says it is a test."""
    return _encode(
        {
            "type": "waypost.test",
            "timestamp": _instant(now_ms),
            "data": {"receiver": receiver, "message": "A test by `waypost alerts test`: nothing is wrong."},
        }
    )


def _pain_point(row: PainPointRow) -> Mapping[str, object]:
    return {
        "id": row.pain_point_id,
        "version": row.version,
        "kind": row.kind,
        "entity": row.entity,
        "stage": row.stage,
        "severity": row.severity,
        "status": row.status,
        "happened_at": _instant(row.happened_at),
        "detected_at": _instant(row.detected_at),
        "ended_at": _instant(row.ended_at),
        "act_before": _instant(row.act_before),
        "cause": row.cause,
        "root_id": row.root_id,
        "playbook": row.playbook,
        "evidence": row.evidence,
        "value_at_risk": row.value_at_risk,
        "currency": row.currency,
        "order_id": row.order_id,
        "journey_id": row.journey_id,
        "person_id": row.person_id,
        "factors": row.factors,
    }


def _instant(ms: int | None) -> str | None:
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
