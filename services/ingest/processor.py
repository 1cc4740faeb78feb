"""Ingest's unit of work: a batch of public records in, items and ticks out."""

from collections.abc import Iterable, Iterator
from heapq import merge

import structlog

from schemas.shops import Shops
from schemas.topics import PUBLIC
from schemas.wire import EventItem, RejectedItem
from services.ingest.adapters.outputs import feeds, outputs, ticks
from services.ingest.domain.edge import Given, Taken, skip, take
from services.ingest.domain.refusals import Refusals
from services.ingest.metrics import OTHER, IngestMetrics
from services.runtime.records import Effects, RecordBatch

log = structlog.get_logger("waypost.ingest")


class Ingest:
    """Answers every position of a batch; keeps nothing that a restart would miss."""

    def __init__(self, shops: Shops, partitions: int, metrics: IngestMetrics) -> None:
        self._shops, self._partitions, self._metrics = shops, partitions, metrics
        self._refusals = Refusals()
        self._declared = {source.name for shop in shops.declared for source in shop.sources}
        self._origins = {topic.name: topic.partitions(partitions) for topic in PUBLIC}

    def process(self, batch: RecordBatch) -> Effects:
        """Events, refusals and positions first; the batch's last ticks behind them."""
        taken = Taken()
        expected = batch.start
        for record in batch.records:
            if record.offset > expected:
                skip(batch.topic, batch.partition, expected, record.offset - expected, record.timestamp_ms, taken)
            expected = record.offset + 1
            given = Given(
                batch.topic, batch.partition, record.offset, record.timestamp_ms, record.value, record.headers
            )
            take(given, self._shops, taken)
        self._count(taken)
        origin = f"{batch.topic}/{batch.partition}"
        return Effects(
            outputs=[*outputs(taken, self._partitions), *feeds(taken, self._partitions)],
            last_outputs=ticks(taken, origin, self._origins, self._partitions),
        )

    def _count(self, taken: Taken) -> None:
        answers = self._metrics.answers
        late = sum(item.late for item in taken.events)
        answers.labels("accepted").inc(len(taken.events) - late)
        answers.labels("late").inc(late)
        answers.labels("rejected").inc(len(taken.rejected))
        for position in taken.positions:
            answers.labels(position.answer).inc(position.offsets)
        for refused in taken.rejected:
            self._metrics.rejected.labels(self._label(refused.source), refused.reason).inc()
        for source, share in self._refusals.judge(self._judged(taken)):
            self._metrics.refused_windows.labels(self._label(source)).inc()
            log.warning("most events of a source are refused", source=source[:200], share=share)

    def _judged(self, taken: Taken) -> Iterator[tuple[str, bool]]:
        """(source, refused) of each event in the order in which they were read."""
        items: Iterable[EventItem | RejectedItem]
        items = merge(taken.events, taken.rejected, key=_order) if taken.rejected else taken.events
        return ((item.source, isinstance(item, RejectedItem)) for item in items if item.source)

    def _label(self, source: str) -> str:
        return source if source in self._declared else OTHER


def _order(item: EventItem | RejectedItem) -> tuple[int, int]:
    return item.position.offset, item.position.index
