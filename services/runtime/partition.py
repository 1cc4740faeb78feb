"""One partition while a worker owns it: opened, restored, and worked through in order."""

import asyncio
import inspect
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, time
from typing import Protocol

from services.runtime.batching import Delivered
from services.runtime.cells import CellStore, CellTable, Mark, PartitionCells
from services.runtime.exits import fatal
from services.runtime.groups import Committing, LeaseLost, commit_group
from services.runtime.offsets import Ledger, Source
from services.runtime.records import Processor, RecordBatch
from services.runtime.restore import Hold, Progress

log = logging.getLogger("waypost.partition")


@dataclass(frozen=True, slots=True)
class OwnedPartition:
    """A partition that this worker has been given, and its restored cells where the app has a table."""

    topic: str
    partition: int
    cells: CellStore | None = None


Opener = Callable[[OwnedPartition], Processor | Awaitable[Processor]]
"""Makes the processor of a partition, when its cells are restored and before its first batch."""

Closer = Callable[[OwnedPartition], None]
"""Told that a partition is not this worker's any more; what was made for it is to be dropped."""


class Restorer(Protocol):
    """Reads a changelog partition into a store; see `restore.ChangelogReader`."""

    def restore(self, progress: Progress, store: CellStore, cancelled: threading.Event) -> Mark:
        """Blocking; returns the place in the changelog that the store has come to."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """What all partitions of a worker share."""

    routes: Mapping[str, Opener]
    ledger: Ledger
    committing: Committing
    group_records: int
    group_bytes: int
    table: CellTable | None = None
    restorer: Restorer | None = None
    on_revoked: Closer = lambda partition: None


class PartitionWorker:
    """Works through one partition's batches, strictly in order, from its opening to its closing."""

    def __init__(self, source: Source, work: Work) -> None:
        self.source = source
        self.owned = OwnedPartition(*source)
        self.ready = False
        self.clean = True
        """Whether the processor's state is what was confirmed: false from processing to the last confirmation."""
        self.progress = Progress("", source[1])
        self.moved_at = monotonic()
        self._restored = 0  # the restore's position at the last look
        self._counted = 0  # records of it that the metrics know of
        self._in_work_ms: int | None = None  # broker timestamp of the first record of the group in work
        self._since_ms = now_ms()  # what is in the log and not in hand is not older
        self._work = work
        self._queue: deque[Delivered] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._paused = False
        self._hold = Hold()
        self._cells: PartitionCells | None = None
        self._task = asyncio.create_task(self._run(), name=f"{source[0]}/{source[1]}")

    def submit(self, delivered: Delivered) -> None:
        """Take a batch in hand, behind those before it."""
        self._queue.append(delivered)
        self._wake.set()

    def pause(self) -> None:
        """Begin no more groups, and forget the batches that wait."""
        self._paused = True
        self._queue.clear()
        self._wake.set()

    def resume(self) -> None:
        """Go on with what is submitted from now."""
        self._paused = False

    @property
    def in_hand(self) -> bool:
        """Whether there are records here that are not acknowledged."""
        return self._in_work_ms is not None or bool(self._queue)

    @property
    def oldest_ms(self) -> int:
        """Broker timestamp of the oldest record in hand; with none in hand, what waits in the log is not older."""
        if self._in_work_ms is not None:
            return self._in_work_ms
        return self._queue[0].batch.records[0].timestamp_ms if self._queue else self._since_ms

    def look(self, caught_up: bool) -> None:
        """Note whether a restore has come further, and that there is no lag; to be called every second or so."""
        if caught_up:
            self.moved_at = monotonic()
            self._since_ms = now_ms()
        elif not self.ready and self.progress.position != self._restored:
            self._restored = self.progress.position
            self.moved_at = monotonic()
        self._count_restored()

    def _count_restored(self) -> None:
        records = self.progress.records
        self._work.committing.metrics.restored.inc(records - self._counted)
        self._counted = records

    async def idle(self) -> None:
        """Return when no group is in hand."""
        await self._idle.wait()

    def close(self) -> None:
        """Stop at once; the partition is another's."""
        self._task.cancel()
        self._hold.give_up()
        if self.ready:
            self._work.on_revoked(self.owned)

    async def _run(self) -> None:
        with fatal("work on a partition", self._place):
            processor = await self._open()
            while True:
                group = await self._next()
                await self._commit(group, processor)

    async def _open(self) -> Processor:
        topic, partition = self.source
        if self._work.table:
            self._cells = await self._restore(self._work.table)
            self.owned = OwnedPartition(topic, partition, self._cells.store)
        made = self._work.routes[topic](self.owned)
        processor = await made if inspect.isawaitable(made) else made
        self.ready = True
        self.moved_at = monotonic()
        return processor

    async def _restore(self, table: CellTable) -> PartitionCells:
        committing, restorer = self._work.committing, self._work.restorer
        assert restorer is not None, "an app with a table has a restorer"
        self.progress = Progress(table.changelog, self.source[1])
        started = monotonic()
        store, mark = await asyncio.to_thread(self._fill, table, restorer)
        metrics = committing.metrics
        self._count_restored()
        metrics.stale_cells.inc(self.progress.stale)
        metrics.restore_seconds.observe(monotonic() - started)
        cells = PartitionCells(table.changelog, self.source[1], mark, store)
        cells.opened(await committing.producer.deliver([cells.opening()], committing.confirm_seconds))
        where = {**self.progress.describe(), "cells": len(store), "epoch": cells.epoch}
        log.info("partition restored", extra={"where": {**where, "seconds": round(monotonic() - started, 3)}})
        return cells

    def _fill(self, table: CellTable, restorer: Restorer) -> tuple[CellStore, Mark]:
        """Open the store and bring it up to date; called in a thread, while the partition may be taken away."""
        store = table.open_store(self.source[1])
        try:
            return store, restorer.restore(self.progress, store, self._hold.given_up)
        finally:
            self._hold.keep(store)

    async def _next(self) -> list[Delivered]:
        """The batches that make up the next group: all that wait, within the limits."""
        while not self._queue or self._paused:
            self._wake.clear()
            await self._wake.wait()
        self._idle.clear()
        group = [self._queue.popleft()]
        records, size = len(group[0].batch.records), group[0].size
        while self._queue:
            after = self._queue[0]
            records, size = records + len(after.batch.records), size + after.size
            if records > self._work.group_records or size > self._work.group_bytes:
                break
            group.append(self._queue.popleft())
        return group

    async def _commit(self, group: Sequence[Delivered], processor: Processor) -> None:
        batch = joined(group)
        self._in_work_ms = batch.records[0].timestamp_ms
        self.clean = False
        try:
            await commit_group(batch, processor, self._cells, self._work.committing)
        except LeaseLost:
            log.warning("work dropped: partition lost", extra={"where": where(batch)})
            self._paused = True
        else:
            self.clean = True
            self._ack(group, batch)
        finally:
            self._in_work_ms = None
            self._idle.set()

    def _ack(self, group: Sequence[Delivered], batch: RecordBatch) -> None:
        for delivered in group:
            self._work.ledger.ack(self.source, delivered.span)
        self.moved_at = monotonic()
        self._since_ms = batch.records[-1].timestamp_ms
        metrics = self._work.committing.metrics
        labels = (batch.topic, str(batch.partition))
        metrics.group_records.observe(len(batch.records))
        metrics.records.labels(*labels).inc(len(batch.records))
        metrics.holes.labels(*labels).inc(batch.last + 1 - batch.start - len(batch.records))
        metrics.record_bytes.labels(batch.topic).inc(sum(d.size for d in group))
        metrics.last_progress.set(time())
        if self._cells:
            metrics.cells.labels(str(batch.partition)).set(len(self._cells.store))
        self._work.committing.faults("acked", batch)

    def _place(self) -> Mapping[str, object]:
        topic, partition = self.source
        return {"topic": topic, "partition": partition, "offset": self._work.ledger.position(self.source)}


def joined(group: Sequence[Delivered]) -> RecordBatch:
    """Neighbouring batches of one partition as one."""
    first = group[0].batch
    if len(group) == 1:
        return first
    records = [record for delivered in group for record in delivered.batch.records]
    return RecordBatch(first.topic, first.partition, first.start, records)


def now_ms() -> int:
    """The wall clock, in the unit of broker timestamps."""
    return int(time() * 1000)


def where(batch: RecordBatch) -> dict[str, object]:
    """A batch's place, for a log line."""
    return {"topic": batch.topic, "partition": batch.partition, "first": batch.first, "last": batch.last}
