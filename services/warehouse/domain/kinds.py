"""The kinds of pain points: a closed set, so that they can be a metric's label."""

from collections.abc import Iterable

KINDS = (
    "cart_abandoned",
    "checkout_abandoned",
    "payment_failed",
    "site_error",
    "slow_pages",
    "search_dead_end",
    "out_of_stock",
    "approval_delayed",
    "fulfilment_delayed",
    "never_scanned",
    "parcel_stalled",
    "delivery_at_risk",
    "delivery_late",
    "delivery_attempt_failed",
    "parcel_lost",
    "parcel_damaged",
    "refund_delayed",
    "ticket_unanswered",
    "ticket_unresolved",
    "repeat_contact",
    "low_score",
    "churn_risk",
    "feed_silent",
)
OTHER = "other"


def counted(found: Iterable[tuple[str, int]]) -> dict[str, int]:
    """A number for each kind, 0 where none was found; kinds that are not known here are `other` together."""
    counts = dict.fromkeys((*KINDS, OTHER), 0)
    for kind, count in found:
        counts[kind if kind in counts else OTHER] += count
    return counts
