"""How fast the shared runtime moves records through Faust and group commit, and restores cells.

Run: python benchmarks/bench_runtime.py [records]. It starts a broker of its own, fills a topic of four partitions with
records of 200 bytes, and runs one worker for each way of working:

- `bare`: batches reach the agent's processor, which does nothing; only offsets are committed.
- `copy`: each record becomes a record of another topic, confirmed before the ack.
- `cells`: each record changes one of 10,000 cells (the last change of a group counts), confirmed in the changelog.
- `both`: a copy and a cell a record.

`restore` reads the changelog that `cells` left. Wall time runs from the first batch to the last ack; CPU is the
worker's, user and system, per record. Everything shares the machine: broker, worker, nothing else.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from prometheus_client import CollectorRegistry

from deploy.local.kafka.process import start
from services.runtime import (
    CellTable,
    Change,
    Effects,
    KafkaSettings,
    MemoryCells,
    Output,
    RecordBatch,
    RuntimeMetrics,
    ServiceSettings,
    build_app,
    configure_logs,
    run,
    shared,
)
from services.runtime.restore import ChangelogReader, Progress

ROOT = Path(__file__).parents[1]
PARTITIONS = 4
VALUE = b"v" * 200
KEYS = 10_000
MODES = ("bare", "copy", "cells", "both")


def main(n: int = 400_000) -> None:
    with tempfile.TemporaryDirectory(prefix="waypost-bench-") as folder, start(Path(folder) / "kafka") as broker:
        fill(broker.bootstrap, n)
        print(f"{n:,} records of {len(VALUE)} bytes, {PARTITIONS} partitions, one worker")
        for mode in MODES:
            show(mode, measure(mode, broker.bootstrap, folder, n))
        restore(broker.bootstrap)


def fill(bootstrap: str, n: int) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topics = ["source", *(f"{mode}.{kind}" for mode in MODES for kind in ("out", "cells"))]
    for future in admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics]).values():
        future.result(30)
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "compression.type": "lz4"})
    for i in range(n):
        while True:
            try:
                producer.produce("source", VALUE, b"k%d" % (i // PARTITIONS % KEYS), i % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def measure(mode: str, bootstrap: str, folder: str, n: int) -> dict[str, float]:
    environment = {**os.environ, "KAFKA_BROKERS": bootstrap, "WAYPOST_HOME": folder, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, __file__, "worker", mode, str(n)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=300)
    return dict(json.loads(done.stdout))


def show(mode: str, found: dict[str, float]) -> None:
    print(
        f"  {mode:8} {found['records'] / found['seconds']:>10,.0f} records/s   "
        f"{found['cpu'] / found['records'] * 1e6:5.1f} µs of CPU a record   {found['group']:,.0f} records a group"
    )


def restore(bootstrap: str) -> None:
    reader, found, seconds = ChangelogReader(KafkaSettings(brokers=(bootstrap,)), "bench"), 0, 0.0
    for partition in range(PARTITIONS):
        progress = Progress("cells.cells", partition)
        began = time.perf_counter()
        reader.restore(progress, MemoryCells(), threading.Event())
        seconds += time.perf_counter() - began
        found += progress.records
    print(f"  restore  {found / seconds:>10,.0f} cells/s")


class Work:
    """A processor that does what a mode says, and reports when all is acked."""

    def __init__(self, mode: str) -> None:
        self._copies, self._cells, self._mode = mode in ("copy", "both"), mode in ("cells", "both"), mode
        self.began = 0.0
        self.cpu = 0.0

    def process(self, batch: RecordBatch) -> Effects:
        if not self.began:
            self.began, self.cpu = time.perf_counter(), time.process_time()
        return Effects(outputs=list(self._outputs(batch)), changes=list(self._changes(batch)))

    def _outputs(self, batch: RecordBatch) -> Iterable[Output]:
        topic = f"{self._mode}.out"
        return (Output(topic, batch.partition, r.value) for r in batch.records) if self._copies else ()

    def _changes(self, batch: RecordBatch) -> Iterable[Change]:
        changed = {r.key or b"": r.value for r in batch.records} if self._cells else {}
        return (Change(key, value) for key, value in changed.items())


def worker(mode: str, n: int) -> None:
    work, acked, groups = Work(mode), 0, 0

    def count(point: str, batch: RecordBatch) -> None:
        nonlocal acked, groups
        if point != "acked":
            return
        acked, groups = acked + len(batch.records), groups + 1
        if acked >= n:
            seconds, cpu = time.perf_counter() - work.began, time.process_time() - work.cpu
            print(json.dumps({"records": acked, "seconds": seconds, "cpu": cpu, "group": acked / groups}), flush=True)
            os.kill(os.getpid(), signal.SIGTERM)

    table = CellTable(f"{mode}.cells") if mode in ("cells", "both") else None
    configure_logs("bench", "ERROR")
    metrics = RuntimeMetrics("bench", CollectorRegistry())
    name = f"bench-{mode}"
    run(build_app(name, ServiceSettings(), metrics, {"source": shared(work)}, table, faults=count))


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(sys.argv[2], int(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:2]))
