"""Ingest's unit of work: a batch of public records in, items and ticks out."""

from collections.abc import Iterator, Sequence
from heapq import merge

import structlog

from schemas.shops import Shops
from schemas.topics import PUBLIC
from services.ingest.adapters.outputs import Packing, Routes, ticks
from services.ingest.domain.edge import Taken, take
from services.ingest.domain.feeds import Spoken, heard
from services.ingest.domain.refusals import Refusals
from services.ingest.metrics import OTHER, IngestMetrics
from services.runtime.records import Effects, Record, RecordBatch

log = structlog.get_logger("waypost.ingest")

RUN_BYTES = 256 * 1024
"""How much of a batch is in work at once: so little that it stays in the processor's cache."""


class Ingest:
    """Answers every position of a batch; keeps nothing that a restart would miss."""

    def __init__(self, shops: Shops, partitions: int, metrics: IngestMetrics) -> None:
        self._shops, self._partitions, self._metrics = shops, partitions, metrics
        self._routes, self._refusals = Routes(partitions), Refusals()
        self._declared = {source.name for shop in shops.declared for source in shop.sources}
        self._origins = {topic.name: topic.partitions(partitions) for topic in PUBLIC}

    def process(self, batch: RecordBatch) -> Effects:
        """Events, refusals and positions first; the batch's last ticks behind them."""
        packing, minutes, start = Packing(self._routes), Spoken(), batch.start
        clocks: dict[str, int] = {}
        for run in runs(batch.records):
            taken = take(batch.topic, batch.partition, start, run, self._shops)
            start = run[-1].offset + 1
            packing.add(taken)
            minutes |= taken.minutes
            clocks = {clock: max(clocks.get(clock, 0), taken.clocks.get(clock, 0)) for clock in clocks | taken.clocks}
            self._count(taken)
        packing.hear(heard(minutes))
        origin = f"{batch.topic}/{batch.partition}"
        return Effects(outputs=packing.outputs(), last_outputs=ticks(clocks, origin, self._origins, self._partitions))

    def _count(self, taken: Taken) -> None:
        answers = self._metrics.answers
        answers.labels("accepted").inc(sum(map(len, taken.runs)) - taken.late)
        answers.labels("late").inc(taken.late)
        answers.labels("rejected").inc(len(taken.rejected))
        for position in taken.positions:
            answers.labels(position.answer).inc(position.offsets)
        for refused in taken.rejected:
            self._metrics.rejected.labels(self._label(refused.source), refused.reason).inc()
        for source, share in self._judge(taken):
            self._metrics.refused_windows.labels(self._label(source)).inc()
            log.warning("most events of a source are refused", source=source[:200], share=share)

    def _judge(self, taken: Taken) -> Sequence[tuple[str, float]]:
        if not taken.rejected:
            return self._refusals.accept(taken.sources)
        return self._refusals.judge(_in_order(taken))

    def _label(self, source: str) -> str:
        return source if source in self._declared else OTHER


def runs(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Records cut into runs of at most RUN_BYTES, or one record."""
    begin, size = 0, 0
    for at, record in enumerate(records):
        size += len(record.value or b"")
        if size > RUN_BYTES and at > begin:
            yield records[begin:at]
            begin, size = at, len(record.value or b"")
    yield records[begin:]


def _in_order(taken: Taken) -> Iterator[tuple[str, bool]]:
    """(source, refused) of each event in the order in which they were read."""
    accepted = ((item.position.offset, item.position.index, item.source, False) for item in taken.events)
    refused = ((item.position.offset, item.position.index, item.source, True) for item in taken.rejected)
    return ((source, refused) for _, _, source, refused in merge(accepted, refused) if source)
