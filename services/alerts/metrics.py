"""All metrics of the alerts service beside the runtime's."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.rows import AlertRow

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_PREFIX = "waypost_alerts"


class AlertsMetrics:
    """Metrics named `waypost_alerts_…` in a registry. The label `receiver` has the names of the routes file."""

    def __init__(self, registry: CollectorRegistry) -> None:
        by_receiver = ("receiver",)
        by_result = ("receiver", "result")
        self.notifications = Counter(
            f"{_PREFIX}_notifications_total",
            "Notifications by what became of them: pending (decided), then sent or failed; or recorded",
            by_result,
            registry=registry,
        )
        self.attempts = Counter(
            f"{_PREFIX}_attempts_total",
            "Requests to receivers: delivered, undelivered, gone",
            by_result,
            registry=registry,
        )
        self.attempt_seconds = Histogram(
            f"{_PREFIX}_attempt_seconds", "Duration of a request", by_receiver, buckets=SECONDS, registry=registry
        )
        self.pending = Gauge(
            f"{_PREFIX}_pending_pain_points", "Pain points with something left to tell", by_receiver, registry=registry
        )
        self.oldest = Gauge(
            f"{_PREFIX}_oldest_pending_age_seconds",
            "Age of the notification that waits longest, 0 if none does",
            by_receiver,
            registry=registry,
        )

    def decided(self, rows: Iterable[AlertRow]) -> None:
        """Count what was decided."""
        for row in rows:
            self.notifications.labels(row.receiver, row.state).inc()
