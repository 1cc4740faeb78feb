"""Journey's unit of work: a batch of messages through the core, and its effects."""

from dataclasses import replace

import structlog

from schemas import wire
from schemas.wire import LIVE_CLOCK, Kind
from services.journey.adapters.effects import effects
from services.journey.domain.outbox import Place
from services.journey.domain.partition import Partition
from services.journey.metrics import JourneyMetrics
from services.runtime.records import Effects, RecordBatch

log = structlog.get_logger("waypost.journey")


class Journey:
    """One partition while this worker owns it."""

    def __init__(self, partition: Partition, place: Place, metrics: JourneyMetrics) -> None:
        self._partition, self._place, self._metrics = partition, place, metrics

    def process(self, batch: RecordBatch) -> Effects:
        """Apply each message in order; what they bring about is made durable together."""
        received_ms: list[int] = []
        for record in batch.records:
            if record.value is not None:
                kind = wire.kind(record.headers)
                self._partition.apply(record.offset, kind, record.value)
                if kind == Kind.EVENTS:
                    received_ms += self._received_ms(record.value)
        outbox = self._partition.drain()
        if outbox.rules is not None:
            log.info("rules differ from those in force: announced", partition=self._place.number)
        self._measure()
        return replace(effects(outbox, self._place), received_ms=received_ms)

    def _received_ms(self, value: bytes) -> list[int]:
        """When the first event of a message was received, if it is a live shop's: one stands for its neighbours."""
        first = wire.first_event(value)
        return [first.position.received_ms] if self._partition.clock_of(first.shop) == LIVE_CLOCK else []

    def _measure(self) -> None:
        self._metrics.add(self._partition.counts.take())
        now = self._partition.clocks.now(LIVE_CLOCK)
        number = str(self._place.number)
        if now is not None:
            self._metrics.clock.labels(number).set(now / 1000)
        self._metrics.unseen.labels(number).set(self._partition.unseen)
        self._metrics.hold_back(number, self._partition.clocks.holding_back(LIVE_CLOCK))
