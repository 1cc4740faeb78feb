"""All metrics of the shared runtime: what a service made of it exposes beside its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.runtime.offsets import Source

GROUP_SIZES = (1, 5, 20, 50, 100, 250, 500, 1000, 2000, 5000)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LATENCIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600)
"""Seconds: from what one event takes at rest to the backlog of an outage."""

STEPS = ("process", "outputs", "last_outputs", "changes", "last_changes")
"""The steps of a group commit, as values of the label `step`."""


class RuntimeMetrics:
    """Metrics named `waypost_<service>_…` in `registry`; a fresh registry for each app."""

    def __init__(self, service: str, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._prefix = f"waypost_{service}"
        source = ("topic", "partition")
        self.lag_messages = self._gauge("consumer_lag_messages", "Offsets not yet acknowledged", source)
        self.lag_seconds = self._gauge("consumer_lag_seconds", "Age of the oldest record not yet acknowledged", source)
        self.pending_messages = self._gauge("pending_messages", "Records fetched and not yet acknowledged", source)
        self.records = self._counter("records_total", "Records acknowledged", source)
        self.record_bytes = self._counter("record_bytes_total", "Bytes of values acknowledged", ("topic",))
        self.holes = self._counter(
            "skipped_offsets_total",
            "Offsets without a record: compaction, transactions, or retention ahead of us",
            source,
        )
        self.group_records = self._histogram("group_records", "Records in one group commit", GROUP_SIZES)
        self.step_seconds = self._histogram(
            "group_step_seconds", "Duration of a step of a group commit", SECONDS, ("step",)
        )
        self.event_latency = self._histogram(
            "event_latency_seconds", "From the brokers' first receipt of an event to its effects here", LATENCIES
        )
        self.commit_seconds = self._histogram("offset_commit_seconds", "Duration of an offset commit", SECONDS)
        self.committed = self._gauge("committed_offset", "Offset committed last", source)
        self.outputs = self._counter("outputs_total", "Records produced and confirmed", ("topic",))
        self.produce_errors = self._counter("produce_errors_total", "Records that Kafka did not confirm", ("topic",))
        self.rebalances = self._counter("rebalances_total", "Assignments received from the group")
        self.owned = self._gauge("owned_partitions", "Partitions this worker owns", ("topic",))
        self.last_progress = self._gauge("last_progress_timestamp_seconds", "When a group was last acknowledged")
        self.cells = self._gauge("cells", "Cells held", ("partition",))
        self.restored = self._counter("restored_cells_total", "Changelog records read while restoring")
        self.restore_seconds = self._histogram("restore_seconds", "Duration of the restore of a partition", SECONDS)
        self.stale_cells = self._counter("restore_stale_cells_total", "Changelog records of a fenced worker, ignored")
        self.fenced = self._counter("fence_waits_total", "Writes held back because the lease was stale")

    def forget(self, source: Source) -> None:
        """Show no gauge of a partition any more: it is another worker's."""
        topic, partition = source[0], str(source[1])
        for gauge in (self.lag_messages, self.lag_seconds, self.pending_messages, self.committed):
            gauge.remove(topic, partition)
        self.cells.remove(partition)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"{self._prefix}_{name}", text, labels, registry=self.registry)

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"{self._prefix}_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()) -> Histogram:
        return Histogram(f"{self._prefix}_{name}", text, labels, buckets=buckets, registry=self.registry)
