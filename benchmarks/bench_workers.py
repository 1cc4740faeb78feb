"""Two workers against one: what a second worker of a service adds where a backlog waits, and what the machine allows.

Run: python benchmarks/bench_workers.py [JOURNEYS [ROUNDS]]. For ingest, for journey, and for the fixed job
(`benchmarks/fixed_job`) on the same runtime. Each run has a broker of its own. The workers share the partitions, are
stopped (SIGSTOP), the backlog is written, and they go on; the time ends when their group has committed all of it. Each
worker is held on one core, the broker on none: what it needs it takes from the workers' cores, too.

- how many times the events/s of one worker two of them reach here, beside the broker;
- the most that they could: all cores at work for nothing but these workers and the broker, at the CPU that they used;
- by CPU: twice what one worker used for the job, by what both used together. That is what a machine with cores to spare
  would allow: 2 is perfect, and what is missing is lost to smaller groups, more messages and shared caches.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

from benchmarks.bench_fixed_job import IN_ORDER, create
from benchmarks.fixed_job.data import events
from benchmarks.fixed_job.job import Abandonment
from benchmarks.whole_line import SHOP, cpu_of, pour
from deploy.local.kafka.process import KafkaProcess, free_port, start
from schemas.topics import ALL, JOURNEY_EVENTS, PUBLIC
from services.cli.kafka.drain import KafkaGroups
from services.cli.simulator.session import Simulation, Stage
from services.runtime import CellTable, OwnedPartition, RuntimeMetrics, ServiceSettings, build_app, configure_logs, run
from services.runtime.kafka.admin import TopicAdmin
from services.runtime.settings import KafkaSettings
from services.runtime.stores.rocks import RocksStores

ROOT = Path(__file__).parents[1]
CORES = os.cpu_count() or 1
PARTITIONS = 4
JOB_EVENTS_A_JOURNEY = 100
READY_S, DONE_S = 60.0, 300.0
LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Kind:
    """What is measured."""

    name: str
    group: str
    topics: tuple[str, ...]
    command: tuple[str, ...]
    fill: Callable[[Path, int], int]
    """Writes the backlog while the workers stand still; returns how many events it holds."""


@dataclass(frozen=True, slots=True)
class Run:
    """How one run went."""

    rate: float
    worker_us: float
    kafka_us: float
    cores: float


def main(journeys: int = 1500, rounds: int = 3) -> None:
    print(f"{CORES} cores, load {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    for kind in KINDS:
        runs: dict[int, list[Run]] = {1: [], 2: []}
        for _ in range(rounds):
            for workers, found in runs.items():
                found.append(measured(kind, workers, journeys))
                said(kind, workers, found[-1])
        ratio = median(two.rate / one.rate for one, two in zip(runs[1], runs[2], strict=True))
        by_cpu = median(2 * one.worker_us / two.worker_us for one, two in zip(runs[1], runs[2], strict=True))
        most = median(
            CORES * 1e6 / (two.worker_us + two.kafka_us) / one.rate for one, two in zip(runs[1], runs[2], strict=True)
        )
        print(f"{kind.name:<12}two workers: {ratio:.2f} x the events/s of one, {most:.2f} x is the most that {CORES} "
              f"cores allow, {by_cpu:.2f} x by CPU", flush=True)  # fmt: skip


def said(kind: Kind, workers: int, one: Run) -> None:
    print(f"{kind.name:<12}{workers}: {one.rate:>9,.0f} events/s, worker {one.worker_us:.1f} µs an event, "
          f"Kafka {one.kafka_us:.1f} µs, {one.cores:.2f} cores", flush=True)  # fmt: skip


def measured(kind: Kind, count: int, journeys: int) -> Run:
    """One run: a broker, so many workers, a backlog."""
    with tempfile.TemporaryDirectory(prefix="waypost-bench-") as name, start(Path(name) / "kafka") as broker:
        home = Path(name)
        os.environ["KAFKA_BROKERS"] = broker.bootstrap
        with TopicAdmin(KafkaSettings()) as admin:
            admin.create(ALL, PARTITIONS, 1)
        create(broker.bootstrap, "job")
        create(broker.bootstrap, "job.out")
        create(broker.bootstrap, "job.cells", **{"cleanup.policy": "compact"})
        with working(kind, home, count) as workers:
            signalled(workers, signal.SIGSTOP)
            filled = kind.fill(home, journeys)
            return consumed(kind, workers, broker, filled)


def consumed(kind: Kind, workers: Sequence["subprocess.Popen[bytes]"], broker: KafkaProcess, filled: int) -> Run:
    pids = [worker.pid for worker in workers]
    groups, before, kafka = KafkaGroups(KafkaSettings()), sum(map(cpu_of, pids)), cpu_of(broker.pid)
    began = time.perf_counter()
    signalled(workers, signal.SIGCONT)
    while behind(groups, kind):
        assert time.perf_counter() - began < DONE_S, f"{kind.name}: not done after {DONE_S:.0f} s"
        assert not any(worker.poll() for worker in workers), f"{kind.name}: a worker ended by itself"
        time.sleep(LOOK_S)
    seconds = time.perf_counter() - began
    ours, theirs = sum(map(cpu_of, pids)) - before, cpu_of(broker.pid) - kafka
    return Run(filled / seconds, ours / filled * 1e6, theirs / filled * 1e6, (ours + theirs) / seconds)


def behind(groups: KafkaGroups, kind: Kind) -> int:
    """Records not committed yet; a topic that the service itself writes to ends where it ends now."""
    ends = {place: end for place, end in groups.ends(kind.topics).items() if end}
    committed = groups.committed(kind.group, ends)
    return sum(end - committed.get(place, 0) for place, end in ends.items())


@contextmanager
def working(kind: Kind, home: Path, count: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Workers that share the partitions, each on a core of its own; ended at the end."""
    ports = [free_port() for _ in range(count)]
    workers = [worker(kind.command, home, f"w{number}", port) for number, port in enumerate(ports)]
    for number, each in enumerate(workers):
        os.sched_setaffinity(each.pid, {number % CORES})
    try:
        until, most = time.monotonic() + READY_S, PARTITIONS * len(kind.topics)
        while not shared_out([owned(port) for port in ports], most):
            assert time.monotonic() < until, f"{kind.name}: the workers do not share {most} partitions"
            time.sleep(0.1)
        yield workers
    finally:
        signalled(workers, signal.SIGKILL)  # the broker goes next, and nothing of it is kept
        for each in workers:
            each.wait()


def worker(command: Sequence[str], home: Path, name: str, port: int) -> "subprocess.Popen[bytes]":
    settings = {
        "PYTHONPATH": str(ROOT),
        "WAYPOST_HOME": str(home),
        "WAYPOST_LOG_LEVEL": "ERROR",
        "WAYPOST_METRICS_PORT": str(port),
        "WAYPOST_PARTITIONS": str(PARTITIONS),
        "WAYPOST_SESSION_SECONDS": "100",  # while the backlog is written, a worker that stands still is no dead one
        "WAYPOST_TICK_SECONDS": "10",
        "WAYPOST_WORKER_ID": name,
    }
    with (home / "workers.log").open("ab") as log:
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env={**os.environ, **settings}, stderr=log)


def owned(port: int) -> int:
    """The partitions that a worker says are its own, once it is ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return len(json.load(answer)["partitions"])
    except (OSError, KeyError):
        return 0


def shared_out(counts: Sequence[int], most: int) -> bool:
    """Whether all partitions are owned, each worker having its part."""
    return sum(counts) == most and min(counts) == most // len(counts)


def signalled(workers: Sequence["subprocess.Popen[bytes]"], number: signal.Signals) -> None:
    for each in workers:
        each.send_signal(number)


def public(_home: Path, journeys: int) -> int:
    """A simulated shop's mix with its clock, in arrays."""
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    cut = list(Stage(Simulation(SHOP, "workers", begin, 1, journeys, per_hour=40)).portions(lambda: 0.0))
    pour(SHOP, cut)
    return sum(len(portion.events) for portion in cut)


def routed(home: Path, journeys: int) -> int:
    """The same, through an ingest that ends before journey begins."""
    count = public(home, journeys)
    with working(INGEST, home, 1):
        groups, until = KafkaGroups(KafkaSettings()), time.monotonic() + DONE_S
        while behind(groups, INGEST):
            assert time.monotonic() < until, f"ingest is not done after {DONE_S:.0f} s"
            time.sleep(LOOK_S)
    return count


def visits(_home: Path, journeys: int) -> int:
    """The fixed job's events."""
    count = journeys * JOB_EVENTS_A_JOURNEY
    producer = Producer({**KafkaSettings().librdkafka(), **IN_ORDER})
    for event in events(count):
        producer.produce("job", event.value, partition=event.partition)
    assert producer.flush(60) == 0
    return count


def run_job() -> None:
    """A worker of the fixed job."""
    settings = ServiceSettings(group_records=16_000, group_bytes=8 * 1024 * 1024)

    async def opened(partition: OwnedPartition) -> Abandonment:
        assert partition.cells is not None
        return Abandonment(partition.cells, "job.out")

    configure_logs("bench", "ERROR")
    table = CellTable("job.cells", RocksStores(settings.home / settings.worker_id, lambda key, value: None).open)
    run(build_app("job", settings, RuntimeMetrics("bench", CollectorRegistry()), {"job": opened}, table))


INGEST = Kind("ingest", "waypost-ingest", tuple(topic.name for topic in PUBLIC), ("-m", "services.ingest"), public)
KINDS: Sequence[Kind] = (
    INGEST,
    Kind("journey", "waypost-journey", (JOURNEY_EVENTS.name,), ("-m", "services.journey"), routed),
    Kind("fixed job", "waypost-job", ("job",), (__file__, "worker"), visits),
)


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        run_job()
    else:
        main(*map(int, sys.argv[1:3]))
