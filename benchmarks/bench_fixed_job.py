"""The fixed job (`benchmarks/fixed_job`) as an application of the shared runtime: right, durable, and how fast.

Run: python benchmarks/bench_fixed_job.py [events]. It starts a broker of its own, fills a topic of four partitions, and
runs one worker on it, from an empty group to the last acknowledgement, with its cells on disk and in memory. Every
output and every changed cell is confirmed before its message is acknowledged. What goes out is compared, record by
record, with what an oracle finds that knows no streams. The clock runs from the first batch to the last
acknowledgement; CPU is the worker's, user and system.

`killed` is a smaller run whose worker is killed with -9 at every step of group commit in turn and started again: what
went out must be the same, each record at least once.

With WAYPOST_PEERS, the folder of scripts that run the same kind of job on other tools (`run.py NAME...` against the
broker at $KAFKA, one line `NAME run N: {json}` for each, and `NAME check on N: {json}` of a short run where the long
one took too much time to come to its end), these run side by side, on as many events of their own.
WAYPOST_PEERS_ONLY has words that choose among them, with semicolons between, and WAYPOST_PEERS_PYTHON is an interpreter
that has those tools.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from benchmarks.fixed_job.data import PARTITIONS, Sent, events
from benchmarks.fixed_job.oracle import expected
from benchmarks.fixed_job.peers import peers
from benchmarks.fixed_job.speed import Speed, compared
from deploy.local.kafka.process import start
from services.runtime.groups import FAULT_POINTS

ROOT = Path(__file__).parents[1]
RUNS = 3
KILLED_EVENTS = 40_000
LONGEST = 240
IN_ORDER: dict[str, str | int | float | bool] = {
    "linger.ms": 20,
    "queue.buffering.max.messages": 1_000_000,
    "enable.idempotence": True,  # a batch that is sent again would come too late for its visits
}


def main(n: int = 400_000) -> int:
    with tempfile.TemporaryDirectory(prefix="waypost-bench-") as name, start(Path(name) / "kafka") as broker:
        sent = list(events(n))
        fill(broker.bootstrap, "job", sent)
        want = expected(event.value for event in sent)
        size = sum(len(event.value) for event in sent) // len(sent)
        print(f"{len(sent):,} events of {size} bytes, {want.total():,} records to say")
        ours = [
            measured(broker.bootstrap, Path(name), f"{store}-{number}", store, len(sent), want)
            for number in range(RUNS)
            for store in ("rocksdb", "memory")
        ]
        killed = survived(broker.bootstrap, Path(name))
        compared(ours, peers(broker.bootstrap, Path(name), n))
        return int(any(not speed.verdict.startswith("right") for speed in ours) or not killed)


def fill(bootstrap: str, topic: str, sent: list[Sent]) -> None:
    create(bootstrap, topic)
    producer = Producer({"bootstrap.servers": bootstrap, **IN_ORDER})
    for number, event in enumerate(sent):
        producer.produce(topic, event.value, partition=event.partition)
        if number % 2_000 == 0:
            producer.poll(0)
    assert producer.flush(60) == 0


def create(bootstrap: str, topic: str, **config: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    [made] = admin.create_topics([NewTopic(topic, PARTITIONS, 1, config=config)]).values()
    made.result(30)


def measured(bootstrap: str, folder: Path, name: str, store: str, n: int, want: Counter[tuple[str, int, int]]) -> Speed:
    """One run of the worker to the end, its output compared."""
    prepare(bootstrap, name)
    done = worker(bootstrap, folder, name, store, "job", n, "")
    found = json.loads(done.stdout.splitlines()[-1])
    said = output(bootstrap, name)
    verdict = "right" if said == want else f"WRONG: {difference(said, want)}"
    speed = Speed(f"  Waypost's runtime, cells in {store}", n / found["seconds"], found["cpu"] / n * 1e6, verdict)
    print(f"{speed}   {found['group']:,.0f} events a group, {found['resident'] / 2**20:,.0f} MiB", flush=True)
    return speed


def prepare(bootstrap: str, name: str) -> None:
    create(bootstrap, f"{name}.out")
    create(bootstrap, f"{name}.cells", **{"cleanup.policy": "compact"})


def worker(
    bootstrap: str, folder: Path, name: str, store: str, topic: str, n: int, kill: str
) -> "subprocess.CompletedProcess[str]":
    environment = {
        "KAFKA_BROKERS": bootstrap,
        "PYTHONPATH": str(ROOT),
        "WAYPOST_GROUP_BYTES": str(8 * 1024 * 1024),
        "WAYPOST_GROUP_RECORDS": "16000",
        "WAYPOST_HEARTBEAT_SECONDS": "1",
        "WAYPOST_HOME": str(folder / name),
        "WAYPOST_SESSION_SECONDS": "6",
        "WAYPOST_WORKER_ID": "bench",
    }
    command = [sys.executable, "-m", "benchmarks.fixed_job.worker", name, store, topic, str(n), kill]
    return subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, timeout=LONGEST, check=not kill
    )


def output(bootstrap: str, name: str) -> Counter[tuple[str, int, int]]:
    """All that went out."""
    found: Counter[tuple[str, int, int]] = Counter()
    for value in values(bootstrap, f"{name}.out"):
        said = json.loads(value)
        found[said["session_id"], said["last_activity"], said["events"]] += 1
    return found


def values(bootstrap: str, topic: str) -> Iterator[bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "enable.auto.commit": False})
    wanted = [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(PARTITIONS)]
    ends = {at.partition: consumer.get_watermark_offsets(at, timeout=20)[1] for at in wanted}
    consumer.assign([at for at in wanted if ends[at.partition]])
    left, until = sum(ends.values()), time.monotonic() + 60
    while left and time.monotonic() < until:
        for message in consumer.consume(10_000, timeout=0.5):
            left -= 1
            yield message.value() or b""
    consumer.close()


def difference(said: Counter[tuple[str, int, int]], want: Counter[tuple[str, int, int]]) -> str:
    return f"{(want - said).total()} missing, {(said - want).total()} too many, of {want.total()}"


def survived(bootstrap: str, folder: Path) -> bool:
    """Whether a worker that is killed at every step says the same."""
    sent = list(events(KILLED_EVENTS, seed=2))
    want = expected(event.value for event in sent)
    fill(bootstrap, "killed", sent)
    prepare(bootstrap, "killed")
    kills = [f"{point}:{after}" for after in (3, 1) for point in FAULT_POINTS]
    ends = [worker(bootstrap, folder, "killed", "rocksdb", "killed", len(sent), kill).returncode for kill in kills]
    worker(bootstrap, folder, "killed", "rocksdb", "killed", len(sent), "none:0")
    said = output(bootstrap, "killed")
    right = Counter(said.keys()) == want
    repeats = said.total() - len(said)
    verdict = "right" if right else f"WRONG: {difference(Counter(said.keys()), want)}"
    died = ends.count(-signal.SIGKILL)
    print(f"  killed: {len(sent):,} events, {died} kills with -9, {repeats} records repeated: {verdict}", flush=True)
    return right and died > 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
