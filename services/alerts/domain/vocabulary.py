"""The words that conditions of a route may use, so that a misspelt one is found when the service starts."""

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
"""Kinds of pain points, along the journey."""

STAGES = ("discover", "consider", "checkout", "order", "fulfil", "transit", "deliver", "care")
"""Stages of a journey, in order."""

SEVERITIES = ("low", "medium", "high", "critical")
"""From the mildest on."""

CAUSES = (
    "payment_failed",
    "no_payment_option",
    "site_error",
    "out_of_stock",
    "no_delivery_option",
    "shipping_cost",
    "delivery_too_slow",
    "slow_pages",
    "unanswered_question",
    "unknown",
)
"""Causes of an abandoned checkout, the most likely first."""
