"""All metrics of ingest."""

from prometheus_client import CollectorRegistry, Counter

OTHER = "other"
"""The label of a source that no shop declares."""


class IngestMetrics:
    """Answers given at the edge; whether an accepted event is a duplicate only the ledger knows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.answers = Counter(
            "waypost_ingest_answers_total",
            "Positions answered: accepted, late, rejected, tick or gap.",
            ["answer"],
            registry=registry,
        )
        self.rejected = Counter(
            "waypost_ingest_rejected_total",
            "Refused events by declared source and reason.",
            ["source", "reason"],
            registry=registry,
        )
        self.refused_windows = Counter(
            "waypost_ingest_refused_windows_total",
            "Runs of 1,000 consecutive events of a source of which over half were refused.",
            ["source"],
            registry=registry,
        )
