"""Building and running a service: `build_app`, then `run` from its `__main__`."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic, time
from typing import TYPE_CHECKING, NoReturn

import structlog

from services.runtime.batching import Batching
from services.runtime.cells import CellTable
from services.runtime.exits import FAILED, end_process, fatal, leave
from services.runtime.groups import Committing, FaultHook, no_faults
from services.runtime.kafka.producer import KafkaProducer, OutputProducer
from services.runtime.lease import Lease
from services.runtime.metrics import RuntimeMetrics
from services.runtime.observability import ObservabilityServer, Report
from services.runtime.offsets import Ledger, Source
from services.runtime.partitions import Closer, Opener, Partitions, Work
from services.runtime.records import Output, Processor
from services.runtime.restore import ChangelogReader
from services.runtime.settings import ServiceSettings

if TYPE_CHECKING:
    from services.runtime.faust_app import BatchingApp

log = structlog.get_logger("waypost.app")

BEAT_SECONDS = 1.0
BEAT_LIMIT = 30.0
"""`/healthz` fails when the event loop was busy or dead for so long."""

REBALANCE_SECONDS = 60.0
"""How long the group waits for a member that finishes its work in hand."""

PREFLIGHT_SECONDS = 60.0
"""How long a starting service waits for the brokers."""


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task beside the stream, called every `seconds` while the service runs; an exception ends the process."""

    seconds: float
    run: Callable[["Running"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Spec:
    """A service as `build_app` was told."""

    name: str
    settings: ServiceSettings
    metrics: RuntimeMetrics
    routes: Mapping[str, Opener]
    table: CellTable | None = None
    on_revoked: Closer = lambda partition: None
    periodic: Sequence[Periodic] = ()
    faults: FaultHook = no_faults

    @property
    def group(self) -> str:
        """The consumer group, and the prefix of client ids."""
        return f"waypost-{self.name}"


def build_app(
    name: str,
    settings: ServiceSettings,
    metrics: RuntimeMetrics,
    routes: Mapping[str, Opener],
    table: CellTable | None = None,
    *,
    on_revoked: Closer = lambda partition: None,
    periodic: Sequence[Periodic] = (),
    faults: FaultHook = no_faults,
) -> Spec:
    """Describe a service; nothing is connected before `run`.

    `routes` has for each topic read what makes a partition's processor (`shared` for one that serves all). With a
    `table` there must be one topic: cells live in the changelog partition of their source partition's number.
    """
    if not routes:
        raise ValueError(f"{name}: no topic to read")
    if table and len(routes) != 1:
        raise ValueError(f"{name}: a table belongs to one topic, but these are read: {sorted(routes)}")
    return Spec(name, settings, metrics, routes, table, on_revoked, tuple(periodic), faults)


def shared(processor: Processor) -> Opener:
    """An opener that uses one stateless processor for every partition."""
    return lambda partition: processor


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
        for (topic, partition), worker in list(self.partitions.workers.items()):
            if self.lag((topic, partition)) and now - worker.moved_at > limit:
                return Report(False, f"{topic}/{partition}: no progress for {now - worker.moved_at:.0f} s with lag")
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


def assemble(spec: Spec, producer: OutputProducer) -> Running:
    """Wire the parts of a service around its producer."""
    settings, ledger = spec.settings, Ledger()
    lease = Lease(settings.session_seconds)
    committing = Committing(
        producer, lease, spec.metrics, settings.confirm_seconds, lambda: partitions.leaving, spec.faults
    )
    work = Work(
        routes=spec.routes,
        ledger=ledger,
        committing=committing,
        group_records=settings.group_records,
        group_bytes=settings.group_bytes,
        table=spec.table,
        restorer=ChangelogReader(settings.kafka, spec.group) if spec.table else None,
        on_revoked=spec.on_revoked,
    )
    partitions = Partitions(work, quiesce_seconds=REBALANCE_SECONDS * 0.75)
    batching = Batching(
        topics=frozenset(spec.routes),
        connection=settings.kafka.aiokafka(),
        ledger=ledger,
        lease=lease,
        hooks=partitions,
        group_records=settings.group_records,
        group_bytes=settings.group_bytes,
        on_commit=_on_commit(spec.metrics),
    )
    return Running(spec, ledger, lease, batching, partitions, producer)


def run(spec: Spec) -> NoReturn:
    """Run a service until SIGTERM or SIGINT, then finish the work in hand, commit, and end the process.

    Exit code 0 after a clean stop, 70 when the service ended itself.
    """
    with fatal(f"running {spec.name}"):
        asyncio.run(_serve_and_leave(spec))
    raise AssertionError("a service that ran has left")


async def _serve_and_leave(spec: Spec) -> NoReturn:
    leave(await serve(spec))  # at once: a loop that closes waits for threads, and these may wait for Kafka


async def serve(spec: Spec) -> int:
    """Run a service on this event loop until it is told to stop; returns the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stopping, stop, spec.settings.stop_seconds)
    producer = KafkaProducer(spec.settings.kafka, spec.group, spec.metrics)
    running = assemble(spec, producer)
    server = ObservabilityServer(spec.metrics.registry, running.healthy, running.ready)
    server.start(spec.settings.bind, spec.settings.metrics_port)
    stopping = asyncio.create_task(stop.wait())
    preflight = asyncio.create_task(asyncio.to_thread(_preflight, spec, producer))
    await asyncio.wait([preflight, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        preflight.result()
        await _work(spec, running, producer, stopping)
    server.stop()
    log.info("service stopped")
    return 0


async def _work(spec: Spec, running: Running, producer: KafkaProducer, stopping: asyncio.Task[bool]) -> None:
    """Consume until told to stop; a consumer that fails ends the process."""
    from services.runtime.faust_app import build_faust_app  # takes a second, and only workers need it

    app = build_faust_app(spec.group, spec.settings, running.batching, running.partitions.submit, REBALANCE_SECONDS)
    tasks = [asyncio.create_task(_watch(running)), *(asyncio.create_task(_repeat(p, running)) for p in spec.periodic)]
    consuming = asyncio.create_task(app.consume())
    log.info("service started", group=spec.group, topics=sorted(spec.routes))
    await asyncio.wait([consuming, stopping], return_when=asyncio.FIRST_COMPLETED)
    if consuming.done():
        end_process(f"consumer failed: {consuming.exception()!r}", error=consuming.exception())
    for task in (*tasks, consuming):
        task.cancel()
    await _finish(app, running, producer)


async def _finish(app: "BatchingApp", running: Running, producer: KafkaProducer) -> None:
    """Finish the work in hand, commit, leave the group."""
    consumer = app.batch_consumer
    consumer.stop_flow()
    await running.partitions.quiesce()
    if running.partitions.joined:
        await consumer.commit_all()
    running.partitions.close()
    try:
        async with asyncio.timeout(5):
            await app.stop()
    except TimeoutError:
        log.warning("faust did not stop in time; leaving without it")
    producer.close(1.0)


def _stopping(stop: asyncio.Event, seconds: float) -> None:
    """Begin to stop, with a deadline that holds whatever the event loop does."""
    if not stop.is_set():
        log.info("stopping", deadline_seconds=seconds)
        timer = threading.Timer(seconds, end_process, args=(f"not stopped within {seconds:.0f} s of the signal",))
        timer.daemon = True
        timer.start()
    stop.set()


def _preflight(spec: Spec, producer: KafkaProducer) -> None:
    """Check that the topics exist and that a changelog has its topic's partitions. Raises RuntimeError."""
    counts = producer.partition_counts(PREFLIGHT_SECONDS)
    wanted = [*spec.routes, *([spec.table.changelog] if spec.table else [])]
    if missing := [topic for topic in wanted if topic not in counts]:
        raise RuntimeError(f"topics missing: {', '.join(missing)}; create them with: waypost topics create")
    if spec.table:
        [source] = spec.routes
        if counts[source] != counts[spec.table.changelog]:
            raise RuntimeError(
                f"{source} has {counts[source]} partitions and its changelog {spec.table.changelog} "
                f"{counts[spec.table.changelog]}; they must be equal"
            )


async def _repeat(periodic: Periodic, running: Running) -> None:
    with fatal("a periodic task"):
        while True:
            await asyncio.sleep(periodic.seconds)
            await periodic.run(running)


async def _watch(running: Running) -> None:
    """Beat for `/healthz`, and keep the gauges."""
    while True:
        running.beat = monotonic()
        measure(running)
        await asyncio.sleep(BEAT_SECONDS)


def measure(running: Running) -> None:
    """Set lag, pending and ownership gauges from what is known now."""
    metrics, owned = running.spec.metrics, dict.fromkeys(running.spec.routes, 0)
    for gauge in (metrics.lag_messages, metrics.lag_seconds, metrics.pending_messages):
        gauge.clear()
    for source, worker in running.partitions.workers.items():
        topic, labels = source[0], (source[0], str(source[1]))
        owned[topic] += 1
        lag = running.lag(source)
        worker.look()
        if not lag:
            worker.moved_at = monotonic()
        oldest = worker.oldest_ms
        metrics.lag_messages.labels(*labels).set(lag)
        metrics.lag_seconds.labels(*labels).set(max(0.0, time() - oldest / 1000) if lag and oldest else 0.0)
        metrics.pending_messages.labels(*labels).set(running.ledger.pending(source))
    for topic, n in owned.items():
        metrics.owned.labels(topic).set(n)


def _on_commit(metrics: RuntimeMetrics) -> Callable[[Mapping[Source, int], float], None]:
    def committed(offsets: Mapping[Source, int], seconds: float) -> None:
        metrics.commit_seconds.observe(seconds)
        for (topic, partition), offset in offsets.items():
            metrics.committed.labels(topic, str(partition)).set(offset)

    return committed


__all__ = ["FAILED", "Periodic", "Running", "Spec", "assemble", "build_app", "run", "serve", "shared"]
