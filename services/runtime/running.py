"""A service while it runs: what it owns, how far behind it is, and whether it is healthy and ready."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from services.runtime.batching import Batching
from services.runtime.exits import fatal
from services.runtime.kafka.producer import OutputProducer
from services.runtime.lease import Lease
from services.runtime.observability import Report
from services.runtime.offsets import Ledger, Source
from services.runtime.partition import now_ms
from services.runtime.partitions import Partitions
from services.runtime.records import Output
from services.runtime.spec import Spec

BEAT_SECONDS = 1.0
BEAT_LIMIT = 30.0
"""`/healthz` fails when the event loop was busy or dead for so long."""


@dataclass(slots=True)
class Running:
    """A service while it runs: what periodic tasks and probes may ask of it."""

    spec: Spec
    ledger: Ledger
    lease: Lease
    batching: Batching
    partitions: Partitions
    producer: OutputProducer
    started: float = field(default_factory=monotonic)
    beat: float = field(default_factory=monotonic)
    measured: set[Source] = field(default_factory=set)
    """The partitions that have gauges."""

    def owned(self) -> frozenset[Source]:
        """The (topic, partition) pairs that are this worker's now; none while it cannot be sure."""
        if self.partitions.leaving or not self.lease.valid:
            return frozenset()
        return frozenset(self.partitions.workers)

    async def deliver(self, outputs: Sequence[Output]) -> None:
        """Produce and wait for confirmation; raises ProducerFailed."""
        await self.producer.deliver(outputs, self.spec.settings.confirm_seconds)

    def lag(self, source: Source) -> int:
        """Offsets of a partition that are not acknowledged, without holes at its end."""
        position = self.ledger.position(source)
        if not self.ledger.spans(source):
            position = max(position or 0, self.batching.positions.get(source, 0))
        return max(0, self.batching.ends.get(source, 0) - (position or 0))

    def healthy(self) -> Report:
        """Whether the loop lives, and moves where there is something to do."""
        now = monotonic()
        if now - self.beat > BEAT_LIMIT:
            return Report(False, f"event loop has not run for {now - self.beat:.0f} s")
        limit = self.spec.settings.stalled_seconds
        workers = dict(self.partitions.workers)
        restored_at = max((w.moved_at for w in workers.values() if not w.ready), default=now)
        for (topic, partition), worker in workers.items():
            # a restore may wait for its turn: as long as one of them moves, all do
            still = now - (worker.moved_at if worker.ready else restored_at)
            if still > limit and self.lag((topic, partition)):
                return Report(False, f"{topic}/{partition}: no progress for {still:.0f} s with lag")
        fetched = self.batching.fetched_at or self.started
        if now - fetched > limit and self.partitions.workers and not any(map(self.ledger.spans, self.ledger.sources())):
            return Report(False, f"nothing asked of the brokers for {now - fetched:.0f} s")
        return Report(True, detail={"lag": sum(map(self.lag, self.partitions.workers))})

    def ready(self) -> Report:
        """Whether the group has assigned partitions, and all of them are restored."""
        if not self.partitions.joined:
            return Report(False, "not assigned yet")
        workers = dict(self.partitions.workers)
        restoring = [w.progress.describe() for w in workers.values() if not w.ready]
        detail = {"partitions": sorted(f"{t}/{p}" for t, p in workers), "restoring": restoring}
        return Report(not restoring, "restoring" if restoring else "", detail)


async def watch(running: Running) -> None:
    """Beat for `/healthz`, and keep the gauges."""
    with fatal("measuring"):
        while True:
            running.beat = monotonic()
            measure(running)
            await asyncio.sleep(BEAT_SECONDS)


def measure(running: Running) -> None:
    """Set lag, pending and ownership gauges from what is known now; a partition that is gone has none."""
    metrics, workers = running.spec.metrics, running.partitions.workers
    for source, worker in workers.items():
        lag = running.lag(source)
        behind = worker.in_hand or lag > 0 or source not in running.batching.ends
        worker.look(caught_up=not behind)
        metrics.lag_messages.labels(*labels(source)).set(lag)
        metrics.lag_seconds.labels(*labels(source)).set(max(0, now_ms() - worker.oldest_ms) / 1000 if behind else 0)
        metrics.pending_messages.labels(*labels(source)).set(running.ledger.pending(source))
    for source in running.measured - workers.keys():
        metrics.forget(source)
    running.measured = set(workers)
    for topic in running.spec.routes:
        metrics.owned.labels(topic).set(sum(topic == owned for owned, _ in workers))


def labels(source: Source) -> tuple[str, str]:
    """A partition as values of the labels `topic` and `partition`."""
    topic, partition = source
    return topic, str(partition)
