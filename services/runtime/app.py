"""Running a service: `run` from its `__main__`."""

import asyncio
import gc
import signal
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NoReturn

import structlog

from services.runtime.batching import Batching
from services.runtime.exits import FAILED, end_process, fatal, leave
from services.runtime.groups import Committing
from services.runtime.kafka.producer import KafkaProducer, OutputProducer
from services.runtime.lease import Lease
from services.runtime.metrics import RuntimeMetrics
from services.runtime.observability import ObservabilityServer
from services.runtime.offsets import Ledger, Source
from services.runtime.partition import Work
from services.runtime.partitions import Partitions
from services.runtime.restore import ChangelogReader
from services.runtime.running import Running, watch
from services.runtime.spec import Periodic, Spec, build_app, shared

if TYPE_CHECKING:
    from services.runtime.faust_app import BatchingApp

log = structlog.get_logger("waypost.app")

REBALANCE_SECONDS = 60.0
"""How long the group waits for a member that finishes its work in hand."""

COLLECT_AFTER = 2_000_000
"""By how many objects there must be more than at the last look for cyclic garbage. Journey makes none under load, and
the cells at hand are a million objects: a look among them takes a second in which nothing else is done. With 50,000 it
took an eighth of journey's CPU. What connections leave behind may grow to as many objects, some 200 MB."""

PREFLIGHT_SECONDS = 60.0
"""How long a starting service waits for the brokers."""


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
    watching = asyncio.create_task(watch(running))
    stopping = asyncio.create_task(stop.wait())
    preflight = asyncio.create_task(asyncio.to_thread(_preflight, spec, producer))
    await asyncio.wait([preflight, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        preflight.result()
        await _work(spec, running, producer, stopping)
    watching.cancel()
    server.stop()
    log.info("service stopped")
    return 0


async def _work(spec: Spec, running: Running, producer: KafkaProducer, stopping: asyncio.Task[bool]) -> None:
    """Consume until told to stop; a consumer that fails ends the process."""
    from services.runtime.faust_app import build_faust_app  # takes a second, and only workers need it

    app = build_faust_app(spec.group, spec.settings, running.batching, running.partitions.submit, REBALANCE_SECONDS)
    _collect_less()
    tasks = [asyncio.create_task(_repeat(periodic, running)) for periodic in spec.periodic]
    consuming = asyncio.create_task(app.consume())
    log.info("service started", group=spec.group, topics=sorted(spec.routes))
    await asyncio.wait([consuming, stopping], return_when=asyncio.FIRST_COMPLETED)
    if consuming.done():
        end_process(f"consumer failed: {consuming.exception()!r}", error=consuming.exception())
    for task in (*tasks, consuming):
        task.cancel()
    await _finish(app, running, producer)


def _collect_less() -> None:
    """Look for garbage seldom, and never among what lives as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


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


def _on_commit(metrics: RuntimeMetrics) -> Callable[[Mapping[Source, int], float], None]:
    def committed(offsets: Mapping[Source, int], seconds: float) -> None:
        metrics.commit_seconds.observe(seconds)
        for (topic, partition), offset in offsets.items():
            metrics.committed.labels(topic, str(partition)).set(offset)

    return committed


__all__ = ["FAILED", "Periodic", "Running", "Spec", "assemble", "build_app", "run", "serve", "shared"]
