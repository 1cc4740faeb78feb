"""Chains: which pain point brought about which, on one order of one person."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from support.naive.pain import Pain

CHAIN: tuple[tuple[str, ...], ...] = (
    ("approval_delayed",),
    ("fulfilment_delayed",),
    ("never_scanned",),
    ("parcel_stalled",),
    ("delivery_attempt_failed", "parcel_damaged", "parcel_lost"),
    ("delivery_late",),
    ("refund_delayed",),
    ("ticket_unanswered", "ticket_unresolved", "repeat_contact"),
    ("low_score",),
    ("churn_risk",),
)
PLACE = {kind: place for place, kinds in enumerate(CHAIN) for kind in kinds}


def roots(pains: list[Pain], memory: timedelta) -> dict[UUID, UUID]:
    """The first pain point of each one's chain."""
    found: dict[UUID, UUID] = {}
    for pain in sorted(pains, key=lambda p: PLACE.get(p.kind, -1)):
        if pain.kind == "churn_risk":
            behind = UUID(pain.entity.removeprefix("pain_point:"))
            found[pain.id] = found[behind]
            continue
        before = [other for other in pains if _leads_to(other, pain, memory)]
        latest = max(before, key=lambda p: (p.happened_at, PLACE[p.kind], p.id), default=None)
        found[pain.id] = found[latest.id] if latest else pain.id
    return found


def _leads_to(cause: Pain, pain: Pain, memory: timedelta) -> bool:
    """Whether one stands earlier in the chain of the other, and was open then or over not long before."""
    if cause.kind not in PLACE or pain.kind not in PLACE or not pain.order_id:
        return False
    if (cause.person, cause.order_id) != (pain.person, pain.order_id) or PLACE[cause.kind] >= PLACE[pain.kind]:
        return False
    return cause.happened_at <= pain.happened_at and (
        cause.ended_at is None or cause.ended_at >= pain.happened_at - memory
    )
