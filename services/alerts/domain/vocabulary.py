"""The words that conditions of a route may use, so that a misspelt one is found when the service starts."""

from schemas.pain_kinds import KINDS

__all__ = ["CAUSES", "KINDS", "SEVERITIES", "STAGES"]

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
