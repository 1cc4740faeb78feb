"""One worker with the fixed job, which says how fast it was.

Run: python -m benchmarks.fixed_job.worker NAME STORE TOPIC EVENTS KILL, against the broker at $KAFKA_BROKERS.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition
from prometheus_client import CollectorRegistry

from benchmarks.fixed_job.data import PARTITIONS
from benchmarks.fixed_job.job import Abandonment
from services.runtime import (
    CellStore,
    CellTable,
    Effects,
    OwnedPartition,
    RecordBatch,
    RuntimeMetrics,
    ServiceSettings,
    build_app,
    configure_logs,
    run,
)
from services.runtime.cells import in_memory
from services.runtime.stores.rocks import RocksStores


@dataclass(slots=True)
class Meter:
    """From the first batch to the last acknowledgement; may kill the process at a step of group commit."""

    n: int
    positions: dict[int, int]
    kill: str
    began: float = 0.0
    cpu: float = 0.0
    groups: int = 0

    def begin(self) -> None:
        if not self.began:
            self.began, self.cpu = time.perf_counter(), time.process_time()

    def __call__(self, point: str, batch: RecordBatch) -> None:
        where, _, after = self.kill.partition(":")
        self.groups += point == "processed"
        if point == where and self.groups >= int(after):
            os.kill(os.getpid(), signal.SIGKILL)
        if point == "acked":
            self.positions[batch.partition] = batch.last + 1
            if sum(self.positions.values()) >= self.n:
                self.end()

    def end(self) -> None:
        seconds, cpu = time.perf_counter() - self.began, time.process_time() - self.cpu
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        found = {"seconds": seconds, "cpu": cpu, "group": self.n / max(1, self.groups), "resident": resident}
        print(json.dumps(found), flush=True)
        os.kill(os.getpid(), signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Measured:
    """A processor that starts the clock."""

    job: Abandonment
    meter: Meter

    def process(self, batch: RecordBatch) -> Effects:
        self.meter.begin()
        return self.job.process(batch)


def run_worker(name: str, store: str, topic: str, n: int, kill: str) -> None:
    """Run the job until so many events are acknowledged, say how fast that was, and stop."""
    settings = ServiceSettings()
    meter = Meter(n, committed(settings.kafka.bootstrap, f"waypost-job-{name}", topic), kill)
    if sum(meter.positions.values()) >= n:
        return

    async def opened(owned: OwnedPartition) -> Measured:
        assert owned.cells is not None
        return Measured(Abandonment(owned.cells, f"{name}.out"), meter)

    open_store: Callable[[int], CellStore] = in_memory
    if store == "rocksdb":
        open_store = RocksStores(settings.home, lambda key, value: None).open
    configure_logs("bench", "ERROR")
    metrics = RuntimeMetrics("bench", CollectorRegistry())
    table = CellTable(f"{name}.cells", open_store)
    run(build_app(f"job-{name}", settings, metrics, {topic: opened}, table, faults=meter))


def committed(bootstrap: str, group: str, topic: str) -> dict[int, int]:
    """Where the worker before this one has come to; a new group's coordinator may not be ready yet."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    asked = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    until = time.monotonic() + 20
    while True:
        try:
            return {at.partition: max(0, at.offset) for at in consumer.committed(asked, timeout=20)}
        except KafkaException:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    run_worker(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
