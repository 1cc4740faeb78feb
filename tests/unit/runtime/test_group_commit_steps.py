"""Group commit with fakes: what is confirmed before what."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import time

import pytest
from prometheus_client import CollectorRegistry

from services.runtime.cells import Mark, MemoryCells, PartitionCells
from services.runtime.groups import Committing, LeaseLost, commit_group
from services.runtime.kafka.producer import ProducerFailed
from services.runtime.lease import Lease
from services.runtime.metrics import RuntimeMetrics
from services.runtime.records import Change, Effects, Output, Record, RecordBatch

BATCH = RecordBatch("in", 3, 7, [Record(7, 0, None, b"x", ())])
EFFECTS = Effects(
    outputs=[Output("out", 0, b"a"), Output("out", 1, b"b")],
    last_outputs=[Output("out", 0, b"tick")],
    changes=[Change(b"cell", b"1"), Change(b"gone", None)],
    last_changes=[Change(b"clock", b"2")],
)


@dataclass
class FakeProducer:
    """Keeps what was delivered, call by call; fails at one call."""

    calls: list[list[tuple[str, int, bytes | None]]] = field(default_factory=list)
    fail_at: int = -1

    async def deliver(self, outputs: Sequence[Output], within: float) -> int:
        if len(self.calls) == self.fail_at:
            raise ProducerFailed("out/0: refused")
        self.calls.append([(o.topic, o.partition, o.key or o.value) for o in outputs])
        return -1


@dataclass(frozen=True)
class Always:
    """A processor with one answer."""

    effects: Effects

    def process(self, batch: RecordBatch) -> Effects:
        return self.effects


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def committing(producer: FakeProducer, clock: Callable[[], float] = Clock(), **more: object) -> Committing:  # noqa: B008
    lease = Lease(10, clock)
    lease.renew(clock())
    metrics = RuntimeMetrics("test", CollectorRegistry())
    return Committing(producer, lease, metrics, 5.0, **more)  # type: ignore[arg-type]


def commit(producer: FakeProducer, cells: PartitionCells | None, effects: Effects = EFFECTS, **more: object) -> None:
    asyncio.run(commit_group(BATCH, Always(effects), cells, committing(producer, **more)))  # type: ignore[arg-type]


def new_cells() -> PartitionCells:
    store = MemoryCells()
    store.apply([Change(b"gone", b"0")])
    return PartitionCells("cells", 3, Mark("changelog", 0, 0), store)


def test_outputs_last_outputs_cells_and_clock_are_confirmed_in_this_order() -> None:
    producer, cells = FakeProducer(), new_cells()
    commit(producer, cells)
    assert producer.calls == [
        [("out", 0, b"a"), ("out", 1, b"b")],
        [("out", 0, b"tick")],
        [("cells", 3, b"cell"), ("cells", 3, b"gone")],
        [("cells", 3, b"clock")],
    ]
    assert dict(cells.store.items()) == {b"cell": b"1", b"clock": b"2"}


@pytest.mark.parametrize("fail_at", range(4))
def test_nothing_follows_a_step_that_was_not_confirmed(fail_at: int) -> None:
    producer, cells = FakeProducer(fail_at=fail_at), new_cells()
    with pytest.raises(ProducerFailed):
        commit(producer, cells)
    assert len(producer.calls) == fail_at
    confirmed = [{b"gone": b"0"}, {b"gone": b"0"}, {b"gone": b"0"}, {b"cell": b"1"}]
    assert dict(cells.store.items()) == confirmed[fail_at]


def test_a_batch_without_effects_produces_nothing() -> None:
    producer = FakeProducer()
    commit(producer, None, Effects())
    assert producer.calls == []


def test_fault_points_are_passed_in_order() -> None:
    points: list[str] = []
    commit(FakeProducer(), new_cells(), faults=lambda point, batch: points.append(point))
    assert points == [
        "processed",
        "outputs_confirmed",
        "last_outputs_confirmed",
        "changes_confirmed",
        "last_changes_confirmed",
    ]


def test_the_latency_of_an_event_runs_from_its_receipt_to_the_last_confirmation() -> None:
    received = int(1000 * (time() - 90))
    to = committing(FakeProducer())
    effects = Effects(outputs=EFFECTS.outputs, received_ms=[received, received])
    asyncio.run(commit_group(BATCH, Always(effects), None, to))
    registry = to.metrics.registry
    assert registry.get_sample_value("waypost_test_event_latency_seconds_count") == 2
    assert 180 <= (registry.get_sample_value("waypost_test_event_latency_seconds_sum") or 0) < 190


def test_what_was_not_confirmed_has_no_latency() -> None:
    to = committing(FakeProducer(fail_at=0))
    effects = Effects(outputs=EFFECTS.outputs, received_ms=[0])
    with pytest.raises(ProducerFailed):
        asyncio.run(commit_group(BATCH, Always(effects), None, to))
    assert to.metrics.registry.get_sample_value("waypost_test_event_latency_seconds_count") == 0


def test_changes_without_a_table_are_a_bug_that_is_named() -> None:
    with pytest.raises(TypeError, match="without a table"):
        commit(FakeProducer(), None)


def test_a_stale_lease_holds_every_write_back_until_it_is_renewed() -> None:
    async def scene() -> None:
        clock, producer = Clock(), FakeProducer()
        to = committing(producer, clock)
        clock.now += 10
        work = asyncio.create_task(commit_group(BATCH, Always(EFFECTS), new_cells(), to))
        await asyncio.sleep(0)  # its turn, in which it comes to the lease
        assert producer.calls == []
        to.lease.renew(clock.now)
        await work
        assert len(producer.calls) == 4

    asyncio.run(scene())


def test_a_stale_lease_gives_up_when_a_rebalance_waits() -> None:
    async def scene() -> None:
        clock, producer = Clock(), FakeProducer()
        to = committing(producer, clock, leaving=lambda: True)
        clock.now += 10
        with pytest.raises(LeaseLost):
            await commit_group(BATCH, Always(EFFECTS), new_cells(), to)
        assert producer.calls == []

    asyncio.run(scene())
