"""Restoring cells from a changelog on a real broker: whole, in order, over what compaction left, and quickly."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from support.polling import eventually
from support.runtime_harness import create_topics, line, produce

from deploy.local.kafka.process import KafkaProcess
from services.runtime.cells import MemoryCells
from services.runtime.restore import ChangelogReader, Progress, RestoreFailed
from services.runtime.settings import KafkaSettings

CELL = b"x" * 400


def restored(kafka: KafkaProcess, topic: str, partition: int) -> tuple[MemoryCells, Progress, float]:
    store, progress = MemoryCells(), Progress(topic, partition)
    started = time.perf_counter()
    reader = ChangelogReader(KafkaSettings(brokers=(kafka.bootstrap,)), "test", timeout=20)
    reader.restore(progress, store, threading.Event())
    return store, progress, time.perf_counter() - started


def test_the_last_write_of_each_key_is_restored_at_a_good_pace(kafka: KafkaProcess) -> None:
    create_topics(kafka.bootstrap, ["restore-pace"], 2, **{"cleanup.policy": "compact"})
    n, keys = 100_000, 40_000
    produce(kafka.bootstrap, "restore-pace", ((1, b"k%d" % (i % keys), b"%d" % i + CELL) for i in range(n)))
    store, progress, seconds = restored(kafka, "restore-pace", 1)
    assert progress.done
    assert (progress.records, progress.position, progress.end) == (n, n, n)
    assert dict(store.items()) == {b"k%d" % (i % keys): b"%d" % i + CELL for i in range(n - keys, n)}
    print(f"restored {n / seconds:,.0f} cells/s")
    assert n / seconds > 10_000, f"{n / seconds:,.0f} cells/s; the benchmark holds the figure"


def test_an_empty_changelog_is_restored_at_once(kafka: KafkaProcess) -> None:
    create_topics(kafka.bootstrap, ["restore-empty"], 1, **{"cleanup.policy": "compact"})
    store, progress, _ = restored(kafka, "restore-empty", 0)
    assert (len(store), progress.done, progress.end) == (0, True, 0)


def test_a_missing_changelog_is_an_error_that_names_it(kafka: KafkaProcess) -> None:
    with pytest.raises(RestoreFailed, match="restore-missing/0"):
        restored(kafka, "restore-missing", 0)


@pytest.fixture
def eager_cleaner(kafka: KafkaProcess) -> Iterator[None]:
    """The broker looks for something to clean all the time instead of every 15 seconds."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})

    def pause(how: AlterConfigOpType, milliseconds: str | None) -> None:
        entry = ConfigEntry("log.cleaner.backoff.ms", milliseconds, incremental_operation=how)
        broker = ConfigResource(ConfigResource.Type.BROKER, "1", incremental_configs=[entry])
        admin.incremental_alter_configs([broker])[broker].result(30)

    pause(AlterConfigOpType.SET, "100")
    yield
    pause(AlterConfigOpType.DELETE, None)


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("eager_cleaner")
def test_a_restore_reads_over_what_compaction_left(kafka: KafkaProcess) -> None:
    tight = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
    create_topics(kafka.bootstrap, ["restore-compacted"], 1, **tight, **{"max.compaction.lag.ms": "100"})

    def compacted() -> bool:
        produce(kafka.bootstrap, "restore-compacted", ((0, b"k%d" % (i % 10), b"%d" % i) for i in range(1000)))
        _, progress, _ = restored(kafka, "restore-compacted", 0)
        return progress.records < progress.end

    eventually(compacted, 90, "the cleaner removed something")
    store, progress, _ = restored(kafka, "restore-compacted", 0)
    assert progress.done
    assert dict(store.items()) == {b"k%d" % k: b"%d" % (990 + k) for k in range(10)}


def test_a_worker_killed_with_full_cells_has_them_back_before_its_first_batch(
    kafka: KafkaProcess, tmp_path: Path
) -> None:
    with line(kafka.bootstrap, "back", tmp_path, environment={"WAYPOST_WORKER_ID": "w"}) as made:
        made.fill(2000)
        first = made.worker()
        made.until_done()
        first.process.kill()
        made.fill(2000, start=2000)
        second = made.worker()
        made.until_done()
        assert second.metric("restored_cells_total") >= 200
        assert second.terminate() == 0
        assert made.counts() == made.expected_counts(4000)
