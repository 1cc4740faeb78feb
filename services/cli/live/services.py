"""What the services say of themselves on `/metrics`."""

import http.client
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

TIMEOUT_S = 2.0

WORK: Mapping[str, tuple[str, str]] = {
    "ingest": ("waypost_ingest_answers_total", "events"),
    "journey": ("waypost_journey_events_total", "events"),
    "alerts": ("waypost_alerts_notifications_total", "notices"),
    "warehouse": ("waypost_warehouse_rows_total", "rows"),
}
"""The counter that shows each service's work, and what it counts."""

_NO_WORK = {"tick", "gap"}
"""Values of the label `answer` that are no events."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a service."""

    done: float
    lag_messages: float
    lag_seconds: float


def parse(service: str, text: str) -> Reading:
    """The numbers that matter of a page of metrics. A series that is not there (yet) counts 0."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    prefix = f"waypost_{service}_consumer_lag"
    return Reading(
        sum(s.value for s in _named(samples, WORK[service][0]) if s.labels.get("answer") not in _NO_WORK),
        sum(s.value for s in _named(samples, f"{prefix}_messages")),
        max((s.value for s in _named(samples, f"{prefix}_seconds")), default=0.0),
    )


def look(service: str, port: int, host: str = "127.0.0.1") -> Reading | None:
    """Ask a service; None when it does not answer."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/metrics")
        return parse(service, connection.getresponse().read().decode())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _named(samples: Iterable[Sample], name: str) -> Iterable[Sample]:
    return (sample for sample in samples if sample.name == name)
