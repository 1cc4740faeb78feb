"""The warehouse's metrics, all of them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
VIEW_SECONDS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600)
ITEMS = (1, 10, 100, 1000, 5000, 10_000, 25_000, 50_000, 100_000)


class WarehouseMetrics:
    """Metrics named `waypost_warehouse_…` in `registry`; a fresh registry for each app."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register them."""
        self.registry = registry
        source = ["topic", "partition"]
        self.rows = Counter("waypost_warehouse_rows_total", "Rows stored", ["table"], registry=registry)
        self.put_aside = Counter(
            "waypost_warehouse_put_aside_rows_total",
            "Rows refused by ClickHouse and put aside",
            ["table"],
            registry=registry,
        )
        self.insert_seconds = Histogram(
            "waypost_warehouse_insert_seconds", "Duration of an insert", ["table"], buckets=SECONDS, registry=registry
        )
        self.retries = Counter("waypost_warehouse_insert_retries_total", "Batches tried again", registry=registry)
        self.unavailable = Gauge(
            "waypost_warehouse_clickhouse_unavailable", "1 while ClickHouse takes no rows", registry=registry
        )
        self.batch_items = Histogram(
            "waypost_warehouse_batch_items", "Items in a stored batch", buckets=ITEMS, registry=registry
        )
        self.records = Counter("waypost_warehouse_records_total", "Records acknowledged", source, registry=registry)
        self.lag_messages = Gauge(
            "waypost_warehouse_consumer_lag_messages", "Offsets not yet acknowledged", source, registry=registry
        )
        self.lag_seconds = Gauge(
            "waypost_warehouse_consumer_lag_seconds",
            "Age of the oldest record not yet acknowledged",
            source,
            registry=registry,
        )
        self.committed = Gauge("waypost_warehouse_committed_offset", "Offset committed last", source, registry=registry)
        self.rebalances = Counter("waypost_warehouse_rebalances_total", "Assignments received", registry=registry)
        self.owned = Gauge(
            "waypost_warehouse_owned_partitions", "Partitions this worker owns", ["topic"], registry=registry
        )
        self.open_pain_points = Gauge(
            "waypost_warehouse_open_pain_points",
            "Open pain points as the view shows them; each worker says the same",
            ["kind"],
            registry=registry,
        )
        self.pain_point_seconds = Histogram(
            "waypost_warehouse_pain_point_stored_seconds",
            "From the record of a pain point's change to the view",
            buckets=VIEW_SECONDS,
            registry=registry,
        )
        self.event_seconds = Histogram(
            "waypost_warehouse_event_stored_seconds",
            "From the receipt of an event by the broker to the view; of each message the event received first",
            buckets=VIEW_SECONDS,
            registry=registry,
        )
        self.last_progress = Gauge(
            "waypost_warehouse_last_progress_timestamp_seconds", "When a batch was last stored", registry=registry
        )
