"""How far what is stored is behind what was written, also while nothing can be stored."""

from time import monotonic, time

from services.warehouse.adapters.kafka import Messages, Source
from services.warehouse.domain.batch import Batch
from services.warehouse.metrics import WarehouseMetrics

EVERY_SECONDS = 2.0


class Lag:
    """Keeps the lag gauges and the counters of acknowledged records."""

    def __init__(self, messages: Messages, metrics: WarehouseMetrics) -> None:
        """Measure the lag of what `messages` reads."""
        self._messages = messages
        self._metrics = metrics
        self._next_at = 0.0
        self._acknowledged: dict[Source, int] = {}
        self._behind_since: dict[Source, float] = {}

    def acknowledged(self, batch: Batch) -> None:
        """A batch was stored and committed."""
        for source, span in batch.spans.items():
            self._acknowledged[source] = span.next_offset
            self._behind_since.pop(source, None)
            self._metrics.records.labels(*source).inc(span.messages)
            self._metrics.committed.labels(*source).set(span.next_offset)

    def measure(self, batch: Batch) -> None:
        """Set the gauges, given what is in hand; every two seconds at most, since it asks the broker."""
        if monotonic() < self._next_at:
            return
        self._next_at = monotonic() + EVERY_SECONDS
        if not (ends := self._messages.ends()):
            return
        for gone in self._acknowledged.keys() - ends.keys():
            self._forget(gone)
        for source, end in ends.items():
            self._measure(source, end, batch)

    def _measure(self, source: Source, end: int, batch: Batch) -> None:
        if source not in self._acknowledged:
            if (committed := self._messages.committed(source)) is None:
                return
            self._acknowledged[source] = committed
        behind = max(0, end - self._acknowledged[source])
        now = time()
        since = self._behind_since.setdefault(source, now) if behind else now
        if span := batch.spans.get(source):
            since = min(since, span.first_ms / 1000)
        self._metrics.lag_messages.labels(*source).set(behind)
        self._metrics.lag_seconds.labels(*source).set(now - since)

    def _forget(self, source: Source) -> None:
        """A partition that is another worker's now."""
        del self._acknowledged[source]
        self._behind_since.pop(source, None)
        for gauge in (self._metrics.lag_messages, self._metrics.lag_seconds, self._metrics.committed):
            gauge.remove(*source)
