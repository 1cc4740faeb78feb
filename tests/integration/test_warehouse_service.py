"""The warehouse as a process between a real broker and a real engine, killed, cut off and doubled.

Whatever happens, the views hold what an undisturbed run holds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from support.event_messages import event_messages
from support.polling import eventually
from support.runtime_harness import ROOT, Worker
from support.warehouse_log import Stream, checksums, streams

from deploy.local.clickhouse.process import EngineProcess, start
from deploy.local.kafka.process import KafkaProcess, free_port
from deploy.local.kafka.process import start as start_kafka
from schemas.batches import batches
from schemas.rows import AlertRow, PainPointRow
from schemas.topics import ALL, INGEST_REJECTED, JOURNEY_CHANGES, JOURNEY_EVENTS, PAIN_POINTS_CHANGES
from schemas.wire import KIND_HEADER, EventItem, Kind, PositionItem, RejectedItem, pack_item
from services.runtime.clickhouse.client import connected
from services.runtime.clickhouse.migrate import migrate
from services.runtime.kafka.admin import TopicAdmin
from services.runtime.settings import KafkaSettings
from services.warehouse.adapters.kafka import GROUP
from services.warehouse.domain.routes import TOPICS

KINDS: dict[type, tuple[str, Kind]] = {
    EventItem: (JOURNEY_EVENTS.name, Kind.EVENTS),
    PositionItem: (JOURNEY_EVENTS.name, Kind.POSITIONS),
    RejectedItem: (INGEST_REJECTED.name, Kind.REJECTED),
    PainPointRow: (PAIN_POINTS_CHANGES.name, Kind.PAIN_POINTS),
    AlertRow: ("alerts.changes.v1", Kind.ALERTS),
}
PARTITIONS = 2


@dataclass(slots=True)
class Line:
    """A broker, an engine, and the workers between."""

    kafka: KafkaProcess
    engine: EngineProcess
    folder: Path
    workers: list[Worker] = field(default_factory=list)

    def worker(self, **environment: str) -> Worker:
        port, log = free_port(), self.folder / f"warehouse-{len(self.workers)}.log"
        given = {
            "KAFKA_BROKERS": self.kafka.bootstrap,
            "CLICKHOUSE_URL": self.engine.url,
            "WAYPOST_CONFIG": str(ROOT / "config"),
            "WAYPOST_METRICS_PORT": str(port),
            "WAYPOST_SESSION_SECONDS": "6",
            "WAYPOST_HEARTBEAT_SECONDS": "1",
            "WAYPOST_WAREHOUSE_BATCH_ITEMS": "30",
            "WAYPOST_WAREHOUSE_BATCH_SECONDS": "0.3",
            "WAYPOST_WAREHOUSE_LONGEST_BACKOFF_SECONDS": "1",
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
        }
        module = "support.warehouse_worker" if "WAREHOUSE_DIES_AT" in environment else "services.warehouse"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", module],
                env={**os.environ, **given, **environment},
                stdout=out,
                stderr=out,
                cwd=ROOT,
            )
        worker = Worker(process, port, log)
        self.workers.append(worker)
        return worker

    def lag(self) -> int:
        """Records that the group has not committed; -1 while the broker does not say."""
        consumer = Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": GROUP})
        try:
            known = consumer.list_topics(timeout=10).topics
            asked = [TopicPartition(topic, p) for topic in TOPICS for p in known[topic].partitions]
            committed = consumer.committed(asked, timeout=10)
            ends = [consumer.get_watermark_offsets(at, timeout=10)[1] for at in asked]
            return sum(end - max(0, at.offset) for at, end in zip(committed, ends, strict=True))
        except KafkaException:  # the group's coordinator may be moving in
            return -1
        finally:
            consumer.close()

    def until_stored(self) -> None:
        eventually(lambda: self.lag() == 0, 60, "everything stored and committed")

    def stop_workers(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                assert worker.terminate() == 0
        self.workers.clear()

    def read_again(self) -> None:
        """Let the group forget what it has read, as soon as its last member is gone."""
        admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap})

        def forgotten() -> bool:
            [done] = admin.delete_consumer_groups([GROUP]).values()
            try:
                done.result(30)
            except KafkaException as error:
                return bool(error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND)
            return True

        eventually(forgotten, 30, "a group without members")

    def forget_rows(self) -> None:
        with connected(self.engine.url) as client:
            client.execute("SYSTEM STOP VIEWS")  # a table of settled days must not be made of rows that go now
            for (table,) in client.execute(
                "SELECT name FROM system.tables WHERE database = 'waypost_storage' AND engine LIKE '%MergeTree' "
                "AND name NOT IN ('migrations', 'retention')"
            ):
                client.execute(f"TRUNCATE TABLE waypost_storage.{table} SYNC")

    def shown(self) -> dict[str, tuple[int, int]]:
        with connected(self.engine.url) as client:
            return checksums(client)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("warehouse")
    with start_kafka(folder / "kafka") as kafka, start(folder / "clickhouse") as engine:
        with TopicAdmin(KafkaSettings(brokers=kafka.bootstrap)) as admin:
            admin.create(ALL, PARTITIONS, 1)
        migrate(engine.url)
        send(kafka.bootstrap, streams())
        line = Line(kafka, engine, folder)
        yield line
        line.engine.stop()
        line.kafka.stop()


@pytest.fixture
def line(parts: Line) -> Iterator[Line]:
    """The line with all messages unread and no row stored; its workers end with the test."""
    parts.forget_rows()
    yield parts
    for worker in parts.workers:
        if worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()
    parts.workers.clear()
    parts.read_again()


@pytest.fixture(scope="module")
def undisturbed(parts: Line) -> dict[str, tuple[int, int]]:
    parts.worker(WAYPOST_WAREHOUSE_BATCH_ITEMS="50000")
    parts.until_stored()
    parts.stop_workers()
    parts.read_again()
    return parts.shown()


def send(bootstrap: str, found: list[Stream]) -> None:
    """Write streams as other services do: messages of a few items of one kind, among others that are not for us."""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    for number, stream in enumerate(found):
        for at in range(0, len(stream), 5):
            for topic, kind, items in by_kind(stream[at : at + 5]):
                partition = number % PARTITIONS if topic in (JOURNEY_EVENTS.name, JOURNEY_CHANGES.name) else 0
                [value] = event_messages(items) if kind == Kind.EVENTS else batches(map(pack_item, items))
                producer.produce(topic, value, partition=partition, headers={KIND_HEADER: kind.value})
            producer.produce(JOURNEY_EVENTS.name, b"\xc1", partition=0, headers={KIND_HEADER: Kind.LETTERS.value})
            producer.produce(JOURNEY_EVENTS.name, b"\xc1", partition=0, headers={KIND_HEADER: Kind.TICKS.value})
    assert producer.flush(30) == 0


def by_kind(items: Stream) -> list[tuple[str, Kind, Stream]]:
    """Neighbours of one kind together."""
    found: list[tuple[str, Kind, Stream]] = []
    for item in items:
        topic, kind = KINDS.get(type(item), (JOURNEY_CHANGES.name, Kind.ROWS))
        if not found or found[-1][:2] != (topic, kind):
            found.append((topic, kind, []))
        found[-1][2].append(item)
    return found


def test_items_are_all_there(undisturbed: dict[str, tuple[int, int]]) -> None:
    assert {view for view, (rows, _) in undisturbed.items() if not rows} == set()


@pytest.mark.chaos
@pytest.mark.sample
def test_killed_between_insert_and_commit_twice_it_shows_the_same(
    line: Line, undisturbed: dict[str, tuple[int, int]]
) -> None:
    line.worker(WAREHOUSE_DIES_AT="2").wait_killed()
    line.worker(WAREHOUSE_DIES_AT="3", WAYPOST_WAREHOUSE_BATCH_ITEMS="17").wait_killed()
    line.worker()
    line.until_stored()
    line.stop_workers()
    assert line.shown() == undisturbed


def test_reading_every_topic_again_shows_the_same(line: Line, undisturbed: dict[str, tuple[int, int]]) -> None:
    line.worker(WAYPOST_WAREHOUSE_BATCH_ITEMS="7")
    line.until_stored()
    line.stop_workers()
    line.read_again()
    line.worker(WAYPOST_WAREHOUSE_BATCH_ITEMS="5000")
    line.until_stored()
    line.stop_workers()
    assert line.shown() == undisturbed


def test_two_workers_and_a_rebalance_show_the_same(line: Line, undisturbed: dict[str, tuple[int, int]]) -> None:
    first = line.worker(WAYPOST_WAREHOUSE_BATCH_ITEMS="20")
    eventually(lambda: first.metric("waypost_warehouse_rows_total") > 0, 30, "first rows")
    second = line.worker(WAYPOST_WAREHOUSE_BATCH_ITEMS="30")
    send(line.kafka.bootstrap, streams())
    eventually(lambda: second.metric("waypost_warehouse_owned_partitions") > 0, 30, "a share for the second worker")
    send(line.kafka.bootstrap, streams())
    line.until_stored()
    line.stop_workers()
    assert line.shown() == undisturbed


@pytest.mark.chaos
@pytest.mark.sample
def test_while_the_engine_is_gone_it_waits_with_lag_and_stays_in_the_group(
    line: Line, undisturbed: dict[str, tuple[int, int]]
) -> None:
    port, data = line.engine.port, line.engine.data_dir
    line.engine.kill()
    worker = line.worker()
    eventually(lambda: worker.metric("waypost_warehouse_insert_retries_total") >= 3, 30, "retries")
    assert worker.metric("waypost_warehouse_clickhouse_unavailable") == 1
    assert worker.metric("waypost_warehouse_consumer_lag_messages") > 0
    assert worker.get("/healthz")[0] == 200
    assert (worker.ready()["ok"], "does not answer" in worker.ready()["reason"]) == (False, True)
    rebalances = worker.metric("waypost_warehouse_rebalances_total")
    line.engine = start(data, port)
    line.until_stored()
    assert worker.metric("waypost_warehouse_rebalances_total") == rebalances
    assert worker.metric("waypost_warehouse_clickhouse_unavailable") == 0
    assert worker.ready()["ok"] is True
    line.stop_workers()
    assert line.shown() == undisturbed


@pytest.mark.chaos
def test_told_to_stop_while_the_engine_is_gone_it_ends_in_time_and_loses_nothing(
    line: Line, undisturbed: dict[str, tuple[int, int]]
) -> None:
    port, data = line.engine.port, line.engine.data_dir
    line.engine.kill()
    worker = line.worker(WAYPOST_STOP_SECONDS="2")
    eventually(lambda: worker.metric("waypost_warehouse_insert_retries_total") >= 1, 30, "a retry")
    assert worker.terminate(within=15) == 0
    line.engine = start(data, port)
    line.worker()
    line.until_stored()
    line.stop_workers()
    assert line.shown() == undisturbed


@pytest.mark.chaos
def test_a_broker_that_is_killed_and_comes_back_is_waited_for(
    line: Line, undisturbed: dict[str, tuple[int, int]]
) -> None:
    port, data = line.kafka.port, line.kafka.data_dir
    worker = line.worker(WAYPOST_WAREHOUSE_BATCH_ITEMS="5")
    eventually(lambda: worker.metric("waypost_warehouse_rows_total") > 0, 30, "first rows")
    line.kafka.kill()
    line.kafka = start_kafka(data, port)
    line.until_stored()
    line.stop_workers()
    assert line.shown() == undisturbed


def test_a_message_of_ours_that_cannot_be_read_ends_the_process_and_is_named(parts: Line) -> None:
    producer = Producer({"bootstrap.servers": parts.kafka.bootstrap})
    producer.produce(JOURNEY_CHANGES.name, b"\xc1", partition=1, headers={KIND_HEADER: Kind.ROWS.value})
    assert producer.flush(30) == 0
    worker = parts.worker()
    assert worker.process.wait(120) == 70
    assert "journey.changes.v1/1 offset" in worker.log.read_text()
    parts.workers.clear()
