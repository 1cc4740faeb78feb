"""The kinds of pain points: a closed set, which conditions may name and metrics may have as a label."""

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
"""Along the journey."""
