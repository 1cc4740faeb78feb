"""Topics, records and worker processes for tests of the runtime against a real broker."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from support.polling import eventually

from deploy.local.kafka.process import free_port
from services.runtime.cells import Mark, MemoryCells, Replay

ROOT = Path(__file__).parents[2]
UNKNOWN = 1 << 62
UNHURRIED = {"WAYPOST_SESSION_SECONDS": "30"}
"""A session that a machine which stands still for some seconds does not end: work behind its end is repeated."""
SHOWN = 4000
"""Characters of a worker's log that are shown when its test fails."""
AFTER_A_RESTART = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)
"""What a broker answers until it knows again whose groups it keeps."""


def create_topics(bootstrap: str, names: Iterable[str], partitions: int, **config: str) -> None:
    """Create topics and wait until they are there."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(n, partitions, 1, config=config) for n in names]).values():
        future.result(30)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader"})
    for name in names:
        for partition in range(partitions):
            eventually(partial(_has_leader, consumer, TopicPartition(name, partition)), 30, f"{name} has leaders")
    consumer.close()


def _has_leader(consumer: Consumer, partition: TopicPartition) -> bool:
    try:
        return consumer.get_watermark_offsets(partition, timeout=5) is not None
    except KafkaException:
        return False


def produce(bootstrap: str, topic: str, records: Iterable[tuple[int, bytes, bytes]]) -> None:
    """Write (partition, key, value) records and wait for them."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "acks": "all"})
    for partition, key, value in records:
        while True:
            try:
                producer.produce(topic, value, key, partition)
                break
            except BufferError:
                producer.poll(0.05)
    assert producer.flush(30) == 0


def read_all(bootstrap: str, topic: str) -> list[Message]:
    """Every record of a topic that is there now."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "test-reader",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 20,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in partitions}
        consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
        found: list[Message] = []

        def at_end() -> bool:
            found.extend(m for m in consumer.consume(5000, timeout=0.2) if not m.error())
            return all(
                at.offset >= ends[at.partition] or not ends[at.partition]
                for at in consumer.position([TopicPartition(topic, p) for p in partitions])
            )

        eventually(at_end, 60, f"read {topic} to its end")
        return found
    finally:
        consumer.close()


@dataclass(slots=True)
class Worker:
    """A worker process with its log and its probes' port."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of one of its pages; 0 while it does not listen."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self) -> dict[str, Any]:
        """What `/readyz` says."""
        return dict(json.loads(self.get("/readyz")[1] or "{}"))

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = (
            line for line in self.get("/metrics")[1].splitlines() if line.split("{")[0].split(" ")[0].endswith(name)
        )
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def terminate(self, within: float = 90.0) -> int:
        """SIGTERM, and the exit code; SIGKILL and a failure when it takes too long."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"not stopped within {within} s:\n{self.log.read_text()[-4000:]}") from None

    def wait_killed(self, within: float = 240.0) -> None:
        """Wait until it was killed with -9."""
        code = self.process.wait(within)
        assert code == -signal.SIGKILL, f"ended with {code}:\n{self.log.read_text()[-4000:]}"


def start_worker(environment: Mapping[str, str], log: Path) -> Worker:
    """A process of `support.runtime_worker` with a short session, its port taken from the free ones."""
    port = free_port()
    given = {
        "WAYPOST_METRICS_PORT": str(port),
        "WAYPOST_SESSION_SECONDS": "6",
        "WAYPOST_HEARTBEAT_SECONDS": "1",
        "WORKER_NAME": "worker",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "support.runtime_worker"],
            env={**os.environ, **given, **environment},
            stdout=out,
            stderr=out,
            cwd=ROOT,
        )
    return Worker(process, port, log)


@dataclass(slots=True)
class Line:
    """One test's topics and workers."""

    bootstrap: str
    name: str
    folder: Path
    partitions: int = 4
    table: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        create_topics(self.bootstrap, [self.source, self.output], self.partitions)
        if self.table:
            create_topics(self.bootstrap, [self.changelog], self.partitions, **{"cleanup.policy": "compact"})

    @property
    def source(self) -> str:
        return f"{self.name}.in"

    @property
    def output(self) -> str:
        return f"{self.name}.out"

    @property
    def changelog(self) -> str:
        return f"{self.name}.cells"

    def fill(self, n: int, start: int = 0, keys: int = 50) -> None:
        """Write numbered records, spread over the partitions."""
        numbers = range(start, start + n)
        p = self.partitions
        produce(self.bootstrap, self.source, ((i % p, b"k%d" % (i // p % keys), b"%d" % i) for i in numbers))

    def worker(self, fault: str = "", **environment: str) -> Worker:
        """Start a worker."""
        given = {
            "KAFKA_BROKERS": self.bootstrap,
            "WAYPOST_HOME": str(self.folder),
            "WORKER_NAME": self.name,
            "WORKER_SOURCE": self.source,
            "WORKER_OUTPUT": self.output,
            "WORKER_CHANGELOG": self.changelog if self.table else "",
            "WORKER_FAULT": fault,
        }
        log = self.folder / f"{self.name}-{len(self.workers)}.log"
        worker = start_worker({**given, **self.environment, **environment}, log)
        self.workers.append(worker)
        return worker

    def lag(self) -> int:
        """Records that the group has not committed; more than there are while the broker cannot tell."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": f"waypost-{self.name}"})
        try:
            asked = [TopicPartition(self.source, p) for p in range(self.partitions)]
            committed = consumer.committed(asked, timeout=10)
            ends = [consumer.get_watermark_offsets(at, timeout=10)[1] for at in asked]
            return sum(end - max(0, at.offset) for at, end in zip(committed, ends, strict=True))
        except KafkaException as error:
            if error.args[0].code() not in AFTER_A_RESTART:
                raise
            return UNKNOWN
        finally:
            consumer.close()

    def until_done(self, within: float = 60.0) -> None:
        """Wait until everything is committed."""
        eventually(lambda: self.lag() == 0, within, "everything committed")

    def counts(self) -> Counter[tuple[int, str]]:
        """The counts as a restore would find them, by partition and key."""
        stores = [MemoryCells() for _ in range(self.partitions)]
        replays = [Replay(store, Mark("", 0, -1)) for store in stores]
        for message in read_all(self.bootstrap, self.changelog):
            replays[message.partition() or 0].take(message.key(), message.value(), message.headers())
        for replay in replays:
            replay.flush(0, 0)
        cells = ((p, key, cell) for p, store in enumerate(stores) for key, cell in store.items())
        return Counter({(p, key.decode()): json.loads(cell)[0] for p, key, cell in cells})

    def expected_counts(self, n: int, keys: int = 50) -> Counter[tuple[int, str]]:
        """The counts after `fill(n)`."""
        p = self.partitions
        return Counter((i % p, f"k{i // p % keys}") for i in range(n))

    def copies(self) -> Counter[int]:
        """How often each numbered record is in the output."""
        return Counter(int(message.value() or b"-1") for message in read_all(self.bootstrap, self.output))

    def stop(self) -> None:
        """Kill what still runs."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()


@contextmanager
def line(bootstrap: str, name: str, folder: Path, **options: object) -> Iterator[Line]:
    """A line whose workers do not outlive the block; what they logged is shown when it fails."""
    made = Line(bootstrap, name, folder, **options)  # type: ignore[arg-type]
    try:
        yield made
    except BaseException as error:
        for worker in made.workers:
            error.add_note(f"{worker.log.name} ended with:\n{worker.log.read_text()[-SHOWN:]}")
        raise
    finally:
        made.stop()
