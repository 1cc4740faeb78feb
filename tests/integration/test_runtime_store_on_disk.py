"""A worker with its cells on disk and a real broker: what it reads again, and when it trusts its disk no more."""

from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from support.polling import eventually
from support.runtime_harness import Line, Worker, create_topics, line, produce, read_all
from support.runtime_worker import unpacked

from deploy.local.kafka.process import KafkaProcess
from services.runtime.stores.rocks import RocksStores

ON_DISK = {"WAYPOST_WORKER_ID": "w", "WORKER_STORE": "rocksdb"}
ANEW = "cells on disk not usable, restoring all"


def on_disk(made: Line) -> Counter[tuple[int, str]]:
    """The counts in the stores of a line whose workers have ended."""
    found: Counter[tuple[int, str]] = Counter()
    for partition in range(made.partitions):
        store = RocksStores(made.folder / "cells", lambda key, value: None).open(partition)
        found.update({(partition, key.decode()): unpacked(cell)[0] for key, cell in store.items()})
        store.close()
    return found


def ready(worker: Worker) -> None:
    eventually(lambda: worker.get("/readyz")[0] == 200, 60, "the worker is ready")


def in_the_changelog(kafka: KafkaProcess, made: Line) -> int:
    return len(read_all(kafka.bootstrap, made.changelog))


@pytest.mark.chaos
@pytest.mark.sample
def test_a_killed_worker_reads_only_what_its_disk_lacks_and_a_stopped_one_nothing(
    kafka: KafkaProcess, tmp_path: Path
) -> None:
    with line(kafka.bootstrap, "disk", tmp_path, environment=ON_DISK) as made:
        made.fill(4000)
        first = made.worker()
        made.until_done()
        assert first.terminate() == 0
        assert on_disk(made) == made.expected_counts(4000)
        stopped_at = in_the_changelog(kafka, made)
        second = made.worker()
        ready(second)
        assert second.metric("restored_cells_total") == 0
        made.fill(2000, start=4000)
        made.until_done()
        second.process.kill()
        second.process.wait(120)
        third = made.worker()
        ready(third)
        assert 0 < third.metric("restored_cells_total") <= in_the_changelog(kafka, made) - stopped_at
        assert third.terminate() == 0
        assert made.counts() == on_disk(made) == made.expected_counts(6000)


@pytest.mark.timeout(600)
@pytest.mark.chaos
def test_cells_of_a_partition_that_moved_away_and_back_are_never_old(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "moving", tmp_path, environment={"WORKER_STORE": "rocksdb"}) as made:
        homes = [str(tmp_path / name) for name in ("one", "two")]
        workers = {home: made.worker(WAYPOST_HOME=home) for home in homes}
        for round_ in range(4):
            made.fill(1000, start=1000 * round_)
            made.until_done()
            home = homes[round_ % 2]
            workers[home].process.kill()
            workers[home].process.wait(120)
            made.fill(0)
            workers[home] = made.worker(WAYPOST_HOME=home)
        made.fill(1000, start=4000)
        made.until_done()
        assert made.counts() == made.expected_counts(5000)


def test_a_changelog_made_anew_under_the_same_name_is_noticed(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "anew", tmp_path, environment=ON_DISK) as made:
        made.fill(400)
        first = made.worker()
        made.until_done()
        assert first.terminate() == 0
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        admin.delete_topics([made.changelog])[made.changelog].result(30)
        eventually(lambda: made.changelog not in admin.list_topics(timeout=10).topics, 30, "the topic is gone")
        create_topics(kafka.bootstrap, [made.changelog], made.partitions, **{"cleanup.policy": "compact"})
        other = ((p, b"other", b"[7,0]") for p in range(made.partitions) for _ in range(400))
        produce(kafka.bootstrap, made.changelog, other)
        second = made.worker()
        ready(second)
        assert second.terminate() == 0
        assert f"{ANEW}" in second.log.read_text()
        assert on_disk(made) == {(p, "other"): 7 for p in range(made.partitions)}


def test_a_changelog_whose_beginning_is_gone_is_noticed(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "begun", tmp_path, partitions=1, environment=ON_DISK) as made:
        made.fill(400)
        first = made.worker()
        made.until_done()
        assert first.terminate() == 0
        produce(kafka.bootstrap, made.changelog, ((0, b"k%d" % n, b"[1,%d]" % n) for n in range(100)))
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        shortened = ConfigEntry("cleanup.policy", "compact,delete", incremental_operation=AlterConfigOpType.SET)
        topic = ConfigResource(ConfigResource.Type.TOPIC, made.changelog, incremental_configs=[shortened])
        admin.incremental_alter_configs([topic])[topic].result(30)
        end = in_the_changelog(kafka, made)
        gone = admin.delete_records([TopicPartition(made.changelog, 0, end - 10)])
        [future] = gone.values()
        future.result(30)
        second = made.worker()
        ready(second)
        assert second.terminate() == 0
        assert "the changelog begins at" in second.log.read_text()
        assert on_disk(made) == {(0, f"k{n}"): 1 for n in range(90, 100)}


@pytest.mark.chaos
def test_two_workers_on_one_folder_that_want_the_same_partition_wait_and_then_say_so(
    kafka: KafkaProcess, tmp_path: Path
) -> None:
    with line(kafka.bootstrap, "locked", tmp_path, partitions=1, environment=ON_DISK) as made:
        held = RocksStores(tmp_path / "cells", lambda key, value: None).open(0)
        worker = made.worker()
        eventually(lambda: worker.process.poll() is not None, 60, "the worker gives up")
        assert worker.process.returncode == 70
        assert "is held by another process" in worker.log.read_text()
        held.close()
