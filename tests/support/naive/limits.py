"""The limits of every kind of pain point, as its row in the table says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Limits:
    """Defaults; exactly at a limit is in time."""

    cart_abandoned: timedelta = timedelta(minutes=60)
    checkout_abandoned: timedelta = timedelta(minutes=30)
    checkout_high_value: Decimal = Decimal(200)
    payment_failed: timedelta = timedelta(minutes=10)
    payment_high_at: int = 3
    site_errors: int = 3
    slow_pages: int = 2
    lcp_ms: float = 4000
    inp_ms: float = 500
    ttfb_ms: float = 1800
    cls: float = 0.25
    empty_searches: int = 2
    approval_delayed: timedelta = timedelta(hours=48)
    fulfilment_delayed: timedelta = timedelta(days=3)
    never_scanned: timedelta = timedelta(hours=48)
    parcel_stalled: timedelta = timedelta(days=5)
    failed_between_rounds: timedelta = timedelta(days=1)
    parcel_lost: timedelta = timedelta(days=14)
    parcel_lost_after_promise: timedelta = timedelta(days=7)
    refund_delayed: timedelta = timedelta(days=14)
    ticket_unanswered: timedelta = timedelta(hours=24)
    ticket_unresolved: timedelta = timedelta(days=5)
    repeat_contact: timedelta = timedelta(days=7)
    contacts: int = 3
    low_share: Decimal = Decimal("0.40")
    low_nps: int = 6
    churn_risk: timedelta = timedelta(days=90)
    shipping_share: Decimal = Decimal("0.15")
    slow_promise: timedelta = timedelta(days=7)
    question_before: timedelta = timedelta(hours=24)
    chain_memory: timedelta = timedelta(days=30)
    silence: timedelta = timedelta(days=30)
