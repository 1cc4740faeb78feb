"""What the probes say of a running service."""

from dataclasses import dataclass, field
from time import monotonic, time
from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import CollectorRegistry

from services.runtime import RuntimeMetrics, ServiceSettings, build_app, shared
from services.runtime.app import assemble
from services.runtime.restore import Progress
from services.runtime.running import Running, measure

SOURCE = ("in", 0)


@dataclass
class FakeWorker:
    """A partition's worker as the probes see it."""

    ready: bool = True
    moved_at: float = field(default_factory=monotonic)
    oldest_ms: int = 0
    in_hand: bool = False
    caught_up: bool = False
    progress: Progress = field(default_factory=lambda: Progress("cells", 0, position=5, end=9))

    def look(self, caught_up: bool) -> None:
        self.caught_up = caught_up


def running(*workers: FakeWorker) -> Running:
    """A service that owns a partition for each worker, and had read them up to offset 10."""
    metrics = RuntimeMetrics("test", CollectorRegistry())
    spec = build_app("test", ServiceSettings(stalled_seconds=60), metrics, {"in": shared(cast(Any, SimpleNamespace()))})
    made = assemble(spec, cast(Any, None))
    for number, worker in enumerate(workers):
        cast(Any, made.partitions)._workers["in", number] = worker
        made.ledger.begin(("in", number), 10)
    return made


def lag_seconds(made: Running) -> float:
    """The gauge of the first partition, measured anew."""
    measure(made)
    value = made.spec.metrics.registry.get_sample_value(
        "waypost_test_consumer_lag_seconds", {"topic": "in", "partition": "0"}
    )
    assert value is not None
    return value


def test_lag_counts_from_the_first_offset_not_answered_for() -> None:
    made = running(FakeWorker())
    made.batching.ends[SOURCE] = 30
    assert made.lag(SOURCE) == 20
    span = made.ledger.deliver(SOURCE, 10, 19, 10)
    made.batching.positions[SOURCE] = 20
    assert made.lag(SOURCE) == 20
    made.ledger.ack(SOURCE, span)
    assert made.lag(SOURCE) == 10


def test_markers_at_the_end_that_the_consumer_stepped_over_are_no_lag() -> None:
    made = running(FakeWorker())
    made.batching.ends[SOURCE] = 12
    made.batching.positions[SOURCE] = 12
    assert made.lag(SOURCE) == 0


def test_healthy_while_there_is_progress_or_no_lag() -> None:
    assert running(FakeWorker(moved_at=monotonic() - 1000)).healthy().ok
    made = running(FakeWorker())
    made.batching.ends[SOURCE] = 30
    assert made.healthy().ok


def test_lag_without_progress_is_unhealthy_and_named() -> None:
    made = running(FakeWorker(moved_at=monotonic() - 61))
    made.batching.ends[SOURCE] = 30
    report = made.healthy()
    assert not report.ok
    assert report.reason.startswith("in/0: no progress for 61 s")


def test_a_partition_whose_restore_moves_is_healthy_however_long_it_takes() -> None:
    made = running(FakeWorker(ready=False))
    made.batching.ends[SOURCE] = 30
    assert made.healthy().ok


def test_a_partition_that_waits_for_its_turn_to_be_restored_is_healthy_while_another_restore_moves() -> None:
    made = running(FakeWorker(ready=False, moved_at=monotonic() - 1000), FakeWorker(ready=False))
    made.batching.ends[SOURCE] = 30
    assert made.healthy().ok


def test_a_restore_that_stands_still_is_unhealthy() -> None:
    made = running(FakeWorker(ready=False, moved_at=monotonic() - 61), FakeWorker())
    made.batching.ends[SOURCE] = 30
    assert made.healthy().reason.startswith("in/0: no progress for 61 s")


def test_a_loop_that_stands_still_is_unhealthy() -> None:
    made = running()
    made.beat = monotonic() - 31
    assert made.healthy().reason == "event loop has not run for 31 s"


def test_a_consumer_that_stopped_asking_is_unhealthy() -> None:
    made = running(FakeWorker())
    made.started = monotonic() - 61
    assert made.healthy().reason == "nothing asked of the brokers for 61 s"
    made.batching.fetched_at = monotonic()
    assert made.healthy().ok


def test_ready_when_assigned_and_restored_with_progress_until_then() -> None:
    worker = FakeWorker(ready=False)
    made = running(worker)
    assert made.ready().reason == "not assigned yet"
    cast(Any, made.partitions)._generation = 1
    report = made.ready()
    assert (report.ok, report.reason) == (False, "restoring")
    assert report.detail["restoring"] == [
        {"changelog": "cells/0", "start": 0, "position": 5, "end": 9, "records": 0, "done": False}
    ]
    worker.ready = True
    assert made.ready().ok


def test_nothing_is_owned_without_a_lease() -> None:
    made = running(FakeWorker())
    assert made.owned() == frozenset()
    made.lease.renew(monotonic())
    assert made.owned() == {SOURCE}
    made.partitions.leaving = True
    assert made.owned() == frozenset()


def test_lag_in_seconds_is_the_age_of_the_oldest_record_that_waits() -> None:
    worker = FakeWorker(oldest_ms=int(1000 * (time() - 90)))
    made = running(worker)
    made.batching.ends[SOURCE] = 30
    assert 90 <= lag_seconds(made) < 95
    assert not worker.caught_up


def test_work_in_hand_is_lag_whatever_the_brokers_said_of_the_end() -> None:
    made = running(FakeWorker(oldest_ms=int(1000 * (time() - 90)), in_hand=True))
    made.batching.ends[SOURCE] = 10
    assert 90 <= lag_seconds(made) < 95


def test_a_partition_of_which_the_end_is_not_known_yet_is_not_called_up_to_date() -> None:
    worker = FakeWorker(ready=False, oldest_ms=int(1000 * (time() - 90)))
    made = running(worker)
    assert 90 <= lag_seconds(made) < 95
    assert not worker.caught_up


def test_no_lag_is_none_in_seconds_either() -> None:
    worker = FakeWorker(oldest_ms=int(1000 * (time() - 90)))
    made = running(worker)
    made.batching.ends[SOURCE] = 10
    assert lag_seconds(made) == 0
    assert worker.caught_up


def test_gauges_follow_what_is_owned() -> None:
    made = running(FakeWorker())
    made.batching.ends[SOURCE] = 30
    measure(made)
    registry = made.spec.metrics.registry
    labels = {"topic": "in", "partition": "0"}
    assert registry.get_sample_value("waypost_test_consumer_lag_messages", labels) == 20
    assert registry.get_sample_value("waypost_test_owned_partitions", {"topic": "in"}) == 1
    cast(Any, made.partitions)._workers.clear()
    measure(made)
    assert registry.get_sample_value("waypost_test_consumer_lag_messages", labels) is None
    assert registry.get_sample_value("waypost_test_owned_partitions", {"topic": "in"}) == 0


def test_a_partition_that_is_gone_leaves_no_gauge_behind() -> None:
    made = running(FakeWorker(), FakeWorker())
    metrics = made.spec.metrics
    for partition in ("0", "1"):
        metrics.committed.labels("in", partition).set(5)
        metrics.cells.labels(partition).set(7)
    measure(made)
    del cast(Any, made.partitions)._workers[SOURCE]
    measure(made)
    shown = {
        sample.labels["partition"]
        for metric in metrics.registry.collect()
        if metric.type == "gauge"
        for sample in metric.samples
        if "partition" in sample.labels
    }
    assert shown == {"1"}


def test_a_partition_that_was_lost_and_comes_back_is_measured_anew() -> None:
    made = running(FakeWorker())
    made.batching.ends[SOURCE], made.batching.positions[SOURCE] = 30, 30
    made.batching.forget(SOURCE)
    made.ledger.begin(SOURCE, 12)
    made.batching.ends[SOURCE] = 30
    assert made.lag(SOURCE) == 18
