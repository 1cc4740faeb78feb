"""The partitions of a worker, with fakes: opening, order, back-pressure, rebalances."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import time

from prometheus_client import CollectorRegistry

from services.runtime.batching import Delivered
from services.runtime.cells import CellStore, CellTable, Mark
from services.runtime.groups import Committing
from services.runtime.lease import Lease
from services.runtime.metrics import RuntimeMetrics
from services.runtime.offsets import Ledger, Source
from services.runtime.partitions import OwnedPartition, Partitions, Work
from services.runtime.records import Change, Effects, Output, Record, RecordBatch
from services.runtime.restore import Progress

A, B = ("in", 0), ("in", 1)


class Gate:
    """A producer that confirms only while it is open."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.delivered: list[Output] = []

    async def deliver(self, outputs: Sequence[Output], within: float) -> int:
        await self.open.wait()
        self.delivered.extend(outputs)
        return len(self.delivered) - 1


class Echo:
    """Outputs the first offset of each batch, changes one cell."""

    def __init__(self, log: list[tuple[int, list[int]]], partition: int) -> None:
        self._log, self._partition = log, partition

    def process(self, batch: RecordBatch) -> Effects:
        self._log.append((self._partition, [r.offset for r in batch.records]))
        return Effects(outputs=[Output("out", batch.partition, b"%d" % batch.first)])


@dataclass
class FakeRestorer:
    """A changelog with one cell, read when told to."""

    go: threading.Event = field(default_factory=threading.Event)
    progress: Progress | None = None

    def restore(self, progress: Progress, store: CellStore, cancelled: threading.Event) -> Mark:
        self.progress = progress
        while not self.go.wait(0.005) and not cancelled.is_set():
            pass
        store.apply([Change(b"kept", b"1")])
        progress.done = True
        return Mark("changelog", 0, 4)


class Stage:
    """A worker's partitions around fakes, and what they did."""

    def __init__(self, restorer: FakeRestorer | None = None, group_records: int = 100) -> None:
        self.ledger, self.gate = Ledger(), Gate()
        self.processed: list[tuple[int, list[int]]] = []
        self.opened: list[tuple[int, list[tuple[bytes, bytes]]]] = []
        self.revoked: list[int] = []
        lease = Lease(1000)
        lease.renew(1e12)
        self.registry = CollectorRegistry()
        metrics = RuntimeMetrics("test", self.registry)
        work = Work(
            routes={"in": self._open},
            ledger=self.ledger,
            committing=Committing(self.gate, lease, metrics, 5.0),
            group_records=group_records,
            group_bytes=1000,
            table=CellTable("cells") if restorer else None,
            restorer=restorer,
            on_revoked=lambda owned: self.revoked.append(owned.partition),
        )
        self.partitions = Partitions(work, quiesce_seconds=5)

    def _open(self, owned: OwnedPartition) -> Echo:
        self.opened.append((owned.partition, list(owned.cells.items()) if owned.cells else []))
        return Echo(self.processed, owned.partition)

    async def assign(self, generation: int, *sources: Source) -> None:
        await self.partitions.assigned(frozenset(sources), generation)
        for source in sources:
            self.ledger.begin(source, self.ledger.committable(source) or 0)

    def submit(self, source: Source, *offsets: int) -> None:
        """A batch of these offsets; the record at offset n was appended at n seconds."""
        span = self.ledger.deliver(source, offsets[0], offsets[-1], len(offsets))
        records = [Record(o, 1000 * o, None, b"x", ()) for o in offsets]
        self.partitions.submit(Delivered(RecordBatch(*source, span.start, records), span, len(offsets)))

    async def until(self, look: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not look():  # noqa: ASYNC110 (what is looked at has no event)
                await asyncio.sleep(0.001)


async def a_while() -> None:
    """Long enough that what must not happen would have happened: the loop has had all its turns, and a thread one."""
    await asyncio.sleep(0.02)


def play(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scene())  # type: ignore[arg-type]


def test_batches_that_wait_become_one_group_in_order() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.assign(1, A)
        stage.gate.open.clear()
        stage.submit(A, 0, 1)
        await stage.until(lambda: bool(stage.processed))
        stage.submit(A, 2, 5)
        stage.submit(A, 6)
        assert stage.ledger.committable(A) is None
        stage.gate.open.set()
        await stage.until(lambda: stage.ledger.committable(A) == 7)
        assert stage.processed == [(0, [0, 1]), (0, [2, 5, 6])]

    play(scene)


def test_a_group_keeps_the_limit_of_records() -> None:
    async def scene() -> None:
        stage = Stage(group_records=3)
        await stage.assign(1, A)
        for at in range(0, 8, 2):
            stage.submit(A, at, at + 1)
        await stage.until(lambda: stage.ledger.committable(A) == 8)
        assert [len(offsets) for _, offsets in stage.processed] == [2, 2, 2, 2]

    play(scene)


def test_one_partition_works_while_another_waits_for_confirmation() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.assign(1, A, B)
        stage.gate.open.clear()
        stage.submit(A, 0)
        stage.submit(B, 0)
        await stage.until(lambda: len(stage.processed) == 2)
        assert stage.ledger.committable(A) is None
        assert stage.ledger.committable(B) is None
        stage.gate.open.set()
        await stage.until(lambda: stage.ledger.committable(A) == stage.ledger.committable(B) == 1)

    play(scene)


def test_only_the_partition_being_restored_waits_and_sees_its_cells_when_opened() -> None:
    async def scene() -> None:
        restorer = FakeRestorer()
        stage = Stage(restorer)
        await stage.assign(1, A)
        stage.submit(A, 0)
        await a_while()
        assert stage.processed == []
        assert not stage.partitions.workers[A].ready
        restorer.go.set()
        await stage.until(lambda: stage.ledger.committable(A) == 1)
        assert stage.opened == [(0, [(b"kept", b"1")])]
        opening = stage.gate.delivered[0]
        assert opening.topic == "cells"
        assert opening.headers[0][1] == (5).to_bytes(8, "big"), "one above the highest epoch in the changelog"

    play(scene)


def test_quiescing_finishes_the_group_in_hand_and_drops_what_waits() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.assign(1, A)
        stage.gate.open.clear()
        stage.submit(A, 0)
        await stage.until(lambda: bool(stage.processed))
        stage.submit(A, 1)
        quiesced = asyncio.create_task(stage.partitions.quiesce())
        await a_while()
        assert not quiesced.done()
        stage.gate.open.set()
        await quiesced
        stage.submit(A, 2)
        await a_while()
        assert stage.ledger.committable(A) == 1
        assert stage.processed == [(0, [0])]

    play(scene)


def test_a_partition_kept_in_the_next_generation_goes_on_without_being_opened_again() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.assign(1, A, B)
        await stage.until(lambda: len(stage.opened) == 2)
        await stage.partitions.quiesce()
        await stage.assign(2, A)
        stage.submit(A, 0)
        await stage.until(lambda: stage.ledger.committable(A) == 1)
        assert len(stage.opened) == 2
        assert stage.revoked == [1]
        assert list(stage.partitions.workers) == [A]

    play(scene)


def test_a_partition_that_may_have_been_anothers_meanwhile_is_opened_again() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.assign(1, A)
        await stage.until(lambda: len(stage.opened) == 1)
        await stage.partitions.quiesce()
        await stage.assign(3, A)
        await stage.until(lambda: len(stage.opened) == 2)
        assert stage.revoked == [0]

    play(scene)


def test_batches_of_an_older_reading_are_dropped() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.assign(1, A)
        span = stage.ledger.deliver(A, 0, 0)
        stage.ledger.begin(A, 0)
        old = Delivered(RecordBatch(*A, 0, [Record(0, 0, None, b"old", ())]), span, 3)
        stage.partitions.submit(old)
        stage.submit(A, 0)
        await stage.until(lambda: stage.ledger.committable(A) == 1)
        assert stage.processed == [(0, [0])]

    play(scene)


def test_a_restore_moves_when_it_has_come_further() -> None:
    async def scene() -> None:
        restorer = FakeRestorer()
        stage = Stage(restorer)
        await stage.assign(1, A)
        await stage.until(lambda: restorer.progress is not None)
        worker = stage.partitions.workers[A]
        began = worker.moved_at
        worker.look(caught_up=False)
        assert worker.moved_at == began
        assert restorer.progress
        restorer.progress.position = restorer.progress.records = 10_000
        worker.look(caught_up=False)
        assert worker.moved_at > began
        assert stage.registry.get_sample_value("waypost_test_restored_cells_total") == 10_000
        restorer.progress.records = 12_000
        restorer.go.set()
        await stage.until(lambda: worker.ready)
        assert stage.registry.get_sample_value("waypost_test_restored_cells_total") == 12_000
        worker.close()

    play(scene)


def test_the_oldest_record_is_the_one_in_work_then_the_one_that_waits() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.assign(1, A)
        stage.gate.open.clear()
        stage.submit(A, 7, 8)
        stage.submit(A, 9)
        worker = stage.partitions.workers[A]
        assert (worker.in_hand, worker.oldest_ms) == (True, 7000)
        await stage.until(lambda: bool(stage.processed))
        stage.submit(A, 10)
        assert (worker.in_hand, worker.oldest_ms) == (True, 7000)
        stage.gate.open.set()
        await stage.until(lambda: stage.ledger.committable(A) == 11)
        assert not worker.in_hand

    play(scene)


def test_records_that_wait_while_cells_are_restored_are_in_hand() -> None:
    async def scene() -> None:
        stage = Stage(FakeRestorer())
        await stage.assign(1, A)
        stage.submit(A, 5)
        worker = stage.partitions.workers[A]
        assert (worker.in_hand, worker.oldest_ms) == (True, 5000)
        worker.close()

    play(scene)


def test_what_is_not_read_yet_is_not_older_than_what_was_acknowledged_or_than_the_last_look_without_lag() -> None:
    async def scene() -> None:
        stage = Stage()
        await stage.assign(1, A)
        stage.submit(A, 7)
        await stage.until(lambda: stage.ledger.committable(A) == 8)
        worker = stage.partitions.workers[A]
        assert worker.oldest_ms == 7000
        before = time() * 1000
        worker.look(caught_up=True)
        assert before - 1 <= worker.oldest_ms <= time() * 1000

    play(scene)
