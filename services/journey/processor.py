"""Journey's unit of work: a batch of messages through the core, and its effects."""

from dataclasses import asdict

from schemas import wire
from schemas.wire import LIVE_CLOCK
from services.journey.adapters.effects import effects
from services.journey.domain.partition import Counts, Partition, Place
from services.journey.metrics import JourneyMetrics
from services.runtime.records import Effects, RecordBatch


class Journey:
    """One partition while this worker owns it."""

    def __init__(self, partition: Partition, place: Place, metrics: JourneyMetrics) -> None:
        self._partition, self._place, self._metrics = partition, place, metrics

    def process(self, batch: RecordBatch) -> Effects:
        """Apply each message in order; what they bring about is made durable together."""
        for record in batch.records:
            if record.value is not None:
                self._partition.apply(record.offset, wire.kind(record.headers), record.value)
        outbox = self._partition.drain()
        self._measure()
        return effects(outbox, self._place)

    def _measure(self) -> None:
        self._metrics.add(asdict(self._partition.counts))
        self._partition.counts = Counts()
        now = self._partition.clocks.now(LIVE_CLOCK)
        number = str(self._place.number)
        if now is not None:
            self._metrics.clock.labels(number).set(now / 1000)
        self._metrics.hold_back(number, self._partition.clocks.holding_back(LIVE_CLOCK))
