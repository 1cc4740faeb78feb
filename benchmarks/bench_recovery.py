"""How long a journey worker takes to be ready again, with its cells on disk, without them, and with cells in memory.

Run: python benchmarks/bench_recovery.py [cells]. It starts a broker of its own, fills journey's changelog (four
partitions, cells of 500 bytes, four in ten with a due moment), and starts the service anew each time:

- `no disk`: an empty folder: everything is read from the changelog.
- `killed`: after kill -9, with what was on disk then.
- `stopped`: after SIGTERM.
- `memory`: cells in memory, everything is read.

Seconds run from the start of the process to its first `/readyz` that says yes; cells/s only while it restores. Resident
memory is the worker's, once it is ready; what the cells add is against a worker without any.

`beside`: what a restore does to the partitions that work on: how late the event loop is beside it, which is what every
event of theirs waits in addition.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles

import msgspec
from confluent_kafka import Producer

from deploy.local.kafka.process import free_port, start
from schemas.topics import ALL, JOURNEY_CELLS
from services.journey.adapters.heads import head_of
from services.runtime.cells import EPOCH_HEADER, CellStore, MemoryCells
from services.runtime.kafka.admin import TopicAdmin
from services.runtime.restore import ChangelogReader, Progress
from services.runtime.settings import KafkaSettings
from services.runtime.stores.rocks import RocksStores

ROOT = Path(__file__).parents[1]
PARTITIONS = 4
SIZE = 500
DUE_MS = 1_900_000_000_000
LIMIT = 300.0


@dataclass(slots=True)
class Ready:
    """How a worker came up."""

    seconds: float
    read: int
    reading: float
    resident: int

    def __str__(self) -> str:
        rate = f"{self.read / self.reading:>9,.0f} cells/s" if self.reading else ""
        return f"ready after {self.seconds:5.1f} s   {self.read:>9,} read {rate:18} {self.resident / 2**20:6,.0f} MiB"


def main(cells: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory(prefix="waypost-bench-") as name, start(Path(name) / "kafka") as broker:
        folder = Path(name)
        with TopicAdmin(KafkaSettings(brokers=(broker.bootstrap,))) as admin:
            admin.create(ALL, PARTITIONS, 1)
        bare = restarted(broker.bootstrap, folder / "bare", "rocksdb", signal.SIGTERM)
        show("no cells", bare, 0, 0)
        fill(broker.bootstrap, cells)
        for what, store, ending in (
            ("no disk", "rocksdb", signal.SIGKILL),
            ("killed", "rocksdb", signal.SIGTERM),
            ("stopped", "rocksdb", signal.SIGTERM),
            ("memory", "memory", signal.SIGTERM),
        ):
            show(what, restarted(broker.bootstrap, folder / store, store, ending), cells, bare.resident)
        stores: dict[str, CellStore] = {
            "memory": MemoryCells(),
            "rocksdb": RocksStores(folder / "beside", head_of).open(0),
        }
        for what, cells_of in stores.items():
            beside(broker.bootstrap, what, cells_of)
            cells_of.close()


def show(what: str, found: Ready, cells: int, bare: int) -> None:
    each = f"   {(found.resident - bare) / cells:6,.0f} bytes a cell" if cells else ""
    print(f"  {what:9}{found}{each}", flush=True)


def fill(bootstrap: str, cells: int) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "compression.type": "lz4"})
    rng = Random(1)
    headers: list[tuple[str, str | bytes | None]] = [(EPOCH_HEADER, (0).to_bytes(8, "big"))]
    fillers = [rng.randbytes(SIZE // 2).hex()[: SIZE - 60] for _ in range(1_000)]
    for number in range(cells):
        key = f"main/customer:{number:09d}"
        due = DUE_MS + number if number % 10 < 4 else None
        value = msgspec.msgpack.encode([1, due, key, number, fillers[number % 1_000]])
        while True:
            try:
                producer.produce(JOURNEY_CELLS.name, value, b"c" + key.encode(), number % PARTITIONS, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def restarted(bootstrap: str, home: Path, store: str, ending: signal.Signals) -> Ready:
    """Start the service, wait until it is ready, look at it, and end it."""
    began = time.monotonic()
    with service(bootstrap, home, store, ending) as (process, port):
        reading: list[tuple[float, int]] = []
        while True:
            ok, detail = asked(port)
            now = time.monotonic() - began
            if at := sum(one["position"] - one["start"] for one in detail.get("restoring", ())):
                reading.append((now, at))
            if ok:
                break
            if now > LIMIT or process.poll() is not None:
                raise SystemExit(f"the worker is not ready; see {home / 'journey.log'}")
            time.sleep(0.02)
        records = metric(port, "restored_cells_total")
        took = now - reading[0][0] if reading else 0.0
        first = reading[0][1] if reading else 0
        return Ready(now, records, took if records > first else 0.0, resident(process.pid))


@contextmanager
def service(
    bootstrap: str, home: Path, store: str, ending: signal.Signals
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = free_port()
    home.mkdir(exist_ok=True)
    environment = {
        "KAFKA_BROKERS": bootstrap,
        "PYTHONPATH": str(ROOT),
        "WAYPOST_CONFIG": str(ROOT / "config"),
        "WAYPOST_HOME": str(home),
        "WAYPOST_JOURNEY_STORE": store,
        "WAYPOST_METRICS_PORT": str(port),
        "WAYPOST_SESSION_SECONDS": "6",
        "WAYPOST_HEARTBEAT_SECONDS": "1",
        "WAYPOST_WORKER_ID": "bench",
    }
    with (home / "journey.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.journey"], env={**os.environ, **environment}, stderr=log, cwd=ROOT
        )
    try:
        yield process, port
    finally:
        process.send_signal(ending)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def asked(port: int) -> tuple[bool, dict[str, list[dict[str, int]]]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return True, json.load(answer)
    except urllib.error.HTTPError as error:
        return False, json.load(error)
    except OSError:
        return False, {}


def metric(port: int, name: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split(" ")[0].endswith(name)))


def resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def beside(bootstrap: str, what: str, store: CellStore) -> None:
    """How late an event loop is while a partition is restored in a thread."""

    async def lateness(until: threading.Event) -> list[float]:
        late = []
        while not until.is_set():
            asleep = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - asleep - 0.005)
        return late

    async def scene() -> tuple[list[float], float]:
        done = threading.Event()
        reader = ChangelogReader(KafkaSettings(brokers=(bootstrap,)), "bench")

        def restore() -> float:
            began, progress = time.perf_counter(), Progress(JOURNEY_CELLS.name, 0)
            reader.restore(progress, store, threading.Event())
            done.set()
            return progress.records / (time.perf_counter() - began)

        restoring = asyncio.create_task(asyncio.to_thread(restore))
        return await lateness(done), await restoring

    late, rate = asyncio.run(scene())
    half, most = quantiles(late, n=100)[49] * 1000, quantiles(late, n=100)[98] * 1000
    print(f"  beside   {what}: {rate:,.0f} cells/s; the loop is {half:.1f} ms late (median), {most:.1f} ms (p99)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
