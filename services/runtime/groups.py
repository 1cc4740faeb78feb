"""Group commit: the effects of a batch, each step confirmed before the next begins."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, time
from typing import Protocol

from services.runtime.kafka.producer import OutputProducer
from services.runtime.lease import Lease
from services.runtime.metrics import RuntimeMetrics
from services.runtime.records import Change, Output, Processor, RecordBatch

LEASE_POLL = 0.1
"""Seconds between looks at a lease that is stale."""

FAULT_POINTS = (
    "processed",
    "outputs_confirmed",
    "last_outputs_confirmed",
    "changes_confirmed",
    "last_changes_confirmed",
    "acked",
)
"""Where a test may kill the process: after each step of a group commit."""

FaultHook = Callable[[str, RecordBatch], None]
"""Called with a fault point's name; does nothing outside tests."""


def no_faults(_point: str, _batch: RecordBatch) -> None:
    """The hook of a worker that nobody is trying to break."""


class LeaseLost(Exception):  # noqa: N818
    """The partitions are being taken away, and the lease on them is stale: nothing more may be written for them."""


class CellWriter(Protocol):
    """Where a partition's confirmed cells go."""

    def records(self, changes: Sequence[Change]) -> Sequence[Output]:
        """The changelog records of these changes."""
        ...

    def apply(self, changes: Sequence[Change], last: int) -> None:
        """Take over changes that the changelog has confirmed, the last of them at the offset `last`."""
        ...


@dataclass(frozen=True, slots=True)
class Committing:
    """What a group commit needs beside the batch and its processor."""

    producer: OutputProducer
    lease: Lease
    metrics: RuntimeMetrics
    confirm_seconds: float
    leaving: Callable[[], bool] = lambda: False
    """Whether a rebalance waits for the work in hand."""
    faults: FaultHook = no_faults


async def commit_group(batch: RecordBatch, processor: Processor, cells: CellWriter | None, to: Committing) -> None:
    """Process a batch and make its effects durable; afterwards the caller acks it.

    Order: outputs, last outputs, changes, last changes. Before each write the lease must be valid; while it is not,
    this waits. Raises whatever the processor raises, ProducerFailed, and LeaseLost.
    """
    with to.metrics.step_seconds.labels("process").time():
        effects = processor.process(batch)
    if cells is None and (effects.changes or effects.last_changes):
        raise TypeError(f"{batch.topic}: the processor changes cells, but the app was built without a table")
    to.faults("processed", batch)
    await _write("outputs", effects.outputs, batch, to)
    await _write("last_outputs", effects.last_outputs, batch, to)
    if cells is not None:
        await _change("changes", effects.changes, cells, batch, to)
        await _change("last_changes", effects.last_changes, cells, batch, to)
    for received_ms in effects.received_ms:
        to.metrics.event_latency.observe(max(0.0, time() - received_ms / 1000))


async def _write(step: str, outputs: Sequence[Output], batch: RecordBatch, to: Committing) -> int:
    """Returns the offset of the last record, -1 when there is none."""
    last = -1
    if outputs:
        await hold(to)
        started = perf_counter()
        last = await to.producer.deliver(outputs, to.confirm_seconds)
        to.metrics.step_seconds.labels(step).observe(perf_counter() - started)
    to.faults(f"{step}_confirmed", batch)
    return last


async def _change(step: str, changes: Sequence[Change], cells: CellWriter, batch: RecordBatch, to: Committing) -> None:
    last = await _write(step, cells.records(changes) if changes else (), batch, to)
    if changes:
        cells.apply(changes, last)


async def hold(to: Committing) -> None:
    """Return when the lease is valid. Raises LeaseLost when it is not and a rebalance waits."""
    if to.lease.valid:
        return
    to.metrics.fenced.inc()
    while not to.lease.valid:
        if to.leaving():
            raise LeaseLost
        await asyncio.sleep(LEASE_POLL)
