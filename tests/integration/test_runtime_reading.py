"""What the batch consumer reads on a real broker: holes, empty partitions, one record at a time, through a restart."""

import json
import statistics
import time
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from support.polling import eventually
from support.runtime_harness import UNHURRIED, Line, line, produce, read_all, start_worker

from deploy.local.kafka.process import KafkaProcess, start


def transact(bootstrap: str, topic: str, numbers: range, *, commit: bool) -> None:
    """Write records in one transaction, of which markers remain in the log, and the records if it is aborted."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"{topic}-{numbers.start}"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for number in numbers:
        producer.produce(topic, b"%d" % number, b"k", 0)
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


def test_holes_of_transactions_are_stepped_over_and_aborted_records_never_seen(
    kafka: KafkaProcess, tmp_path: Path
) -> None:
    with line(kafka.bootstrap, "holes", tmp_path, table=False, partitions=1, environment=UNHURRIED) as made:
        transact(kafka.bootstrap, made.source, range(5), commit=True)
        transact(kafka.bootstrap, made.source, range(100, 105), commit=False)
        produce(kafka.bootstrap, made.source, [(0, b"k", b"5")])
        transact(kafka.bootstrap, made.source, range(6, 10), commit=True)
        worker = made.worker()
        eventually(lambda: set(made.copies()) == set(range(10)), 30, "all committed records copied")
        eventually(lambda: worker.metric("consumer_lag_messages") == 0, 30, "the marker at the end is no lag")
        assert worker.terminate() == 0
        assert made.copies() == Counter(range(10))
        assert made.lag() == 1, "only the last marker is not answered for"
        produce(kafka.bootstrap, made.source, [(0, b"k", b"10")])
        made.worker()
        made.until_done()
        assert made.copies() == Counter(range(11))


def test_a_processor_that_raises_ends_the_process_at_once_and_skips_nothing(
    kafka: KafkaProcess, tmp_path: Path
) -> None:
    alone = {"WAYPOST_GROUP_RECORDS": "10", "WAYPOST_WORKER_ID": "w"}  # the next takes its place at once
    with line(kafka.bootstrap, "poison", tmp_path, environment=alone) as made:
        made.fill(400)
        first = made.worker(WORKER_POISON="201")
        assert first.process.wait(120) == 70
        [last] = [
            entry for entry in map(json.loads, first.log.read_text().splitlines()) if entry["level"] == "critical"
        ]
        assert last["event"] == "work on a partition failed: poison"
        assert (last["topic"], last["partition"]) == ("poison.in", 1)
        assert 0 <= last["offset"] <= 50, "the record is the partition's 51st"
        assert "ArithmeticError" in last["exception"]
        assert made.lag() >= 50
        made.worker()
        made.until_done()
        assert set(made.copies()) == set(range(400))
        assert made.counts() == made.expected_counts(400)


def test_a_periodic_task_sees_the_partitions_owned(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "ticks", tmp_path, table=False) as made:
        worker = made.worker(WORKER_TICKS="1")

        def ticked() -> bool:
            ticks = Counter(message.partition() for message in read_all(kafka.bootstrap, made.output))
            return len(ticks) == 4 and min(ticks.values()) >= 2

        eventually(ticked, 30, "two ticks in each partition")
        assert worker.terminate() == 0


def test_a_worker_without_its_topics_says_what_to_do(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "topics", tmp_path) as made:
        worker = made.worker(WORKER_SOURCE="nowhere")
        assert worker.process.wait(120) == 70
        assert "topics missing: nowhere; create them with: waypost topics create" in worker.log.read_text()


def test_a_worker_stops_while_it_still_waits_for_a_broker(tmp_path: Path, free_port: int) -> None:
    worker = start_worker({"KAFKA_BROKERS": f"127.0.0.1:{free_port}", "WORKER_SOURCE": "x"}, tmp_path / "log")
    try:
        eventually(lambda: worker.get("/healthz")[0] == 200, 30, "alive")
        assert worker.get("/readyz")[0] == 503
        assert worker.terminate(10) == 0
    finally:
        worker.process.kill()


def test_empty_partitions_are_owned_and_healthy(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "empty", tmp_path) as made:
        worker = made.worker()
        eventually(lambda: worker.ready().get("ok"), 30, "ready without a record")
        assert worker.get("/healthz")[0] == 200
        produce(kafka.bootstrap, made.source, [(2, b"k0", b"0")])
        eventually(lambda: made.copies() == Counter([0]), 30, "the one record")
        assert worker.terminate() == 0


@pytest.mark.chaos
@pytest.mark.sample
def test_a_broker_restart_loses_nothing(tmp_path: Path) -> None:
    with start(tmp_path / "kafka") as first:
        port = first.port
        with line(first.bootstrap, "restart", tmp_path, environment={"WAYPOST_GROUP_RECORDS": "50"}) as made:
            made.fill(4000)
            worker = made.worker(WORKER_SLOW="0.02")
            eventually(lambda: worker.metric("records_total") > 300, 30, "some records done")
            first.kill()
            with start(tmp_path / "kafka", port):
                made.until_done(90)
                assert worker.process.poll() is None, "a short outage ends no worker"
                assert worker.terminate() == 0
                assert set(made.copies()) == set(range(4000))
                assert made.counts() == made.expected_counts(4000)


def latencies(made: Line, numbers: range) -> list[float]:
    """Seconds from producing a record to reading its copy, one at a time."""
    producer = Producer({"bootstrap.servers": made.bootstrap, "linger.ms": 0})
    consumer = Consumer({"bootstrap.servers": made.bootstrap, "group.id": "x", "fetch.wait.max.ms": 500})
    consumer.assign([TopicPartition(made.output, p, 0) for p in range(made.partitions)])
    found = []
    for number in numbers:
        started = time.perf_counter()
        producer.produce(made.source, b"%d" % number, b"k", number % made.partitions)
        producer.flush(10)
        deadline = started + 10
        while not ((message := consumer.poll(0.5)) and message.value() == b"%d" % number):
            assert time.perf_counter() < deadline, f"no copy of {number}"
        found.append(time.perf_counter() - started)
    consumer.close()
    return found


@pytest.mark.parametrize("table", [False, True])
def test_a_record_passes_a_stage_quickly_at_low_load(kafka: KafkaProcess, tmp_path: Path, table: bool) -> None:
    with line(kafka.bootstrap, f"latency-{table}", tmp_path, table=table) as made:
        worker = made.worker()
        eventually(lambda: worker.ready().get("ok"), 30, "ready")
        latencies(made, range(20))  # connections, first fetches
        found = sorted(latencies(made, range(20, 120)))
        p50, p99 = statistics.median(found), found[int(len(found) * 0.99) - 1]
        print(f"table={table}: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
        assert p50 < 0.25, f"p50 {p50 * 1000:.0f} ms: a record waits for others"
        assert worker.terminate() == 0
