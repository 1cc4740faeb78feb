"""What an idle customer costs a journey worker in resident memory, with cells on disk and in memory.

Run: python benchmarks/bench_memory.py [customers]. One partition without Kafka, each store in a process of its own, as
in the service but for its settings. Customers look at a page once and are never seen again; their visits end in
silence. Resident memory is looked at when a third of them are there, which fills every cache, and at the end: what the
others added is what each more costs.
"""

import ctypes
import gc
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from schemas import wire
from schemas.batches import PagePile, batches
from schemas.topics import JOURNEY_EVENTS, PUBLIC
from schemas.wire import Kind, Tick
from services.cli.replays.event import SentEvent, epoch_ms
from services.ingest.domain.edge import take
from services.journey.adapters.effects import effects
from services.journey.adapters.heads import head_of
from services.journey.adapters.rules_file import load_rules
from services.journey.app import clock_of
from services.journey.domain.outbox import Place
from services.journey.domain.partition import Partition
from services.runtime.cells import CellStore, Mark, MemoryCells
from services.runtime.config import load_shops
from services.runtime.records import Record
from services.runtime.stores.rocks import RocksStores

CONFIG = Path(__file__).resolve().parents[1] / "config"
SHOPS = load_shops(CONFIG)
SHOP = "demo"
START = datetime(2024, 5, 2, 10, 0, tzinfo=UTC)
PORTION = 500

CACHE = 5_000
"""Cells kept unpacked; by default there are 20,000 a partition, which hide what more customers cost."""


class Line:
    """One partition, and the log that it reads and writes."""

    def __init__(self, store: CellStore) -> None:
        self.store, self.place, self.written = store, Place(0, 1), 0
        self.partition = Partition(self.place, store, load_rules(SHOPS, CONFIG), clock_of(SHOPS), CACHE)
        self.offsets = count()
        self.log: deque[tuple[str, bytes]] = deque()

    def send(self, events: Iterable[bytes], now_ms: int) -> None:
        """Events and then a tick, worked through to the end."""
        records = [Record(offset, now_ms, None, value, ()) for offset, value in enumerate(events)]
        pile = PagePile()
        for run in take(PUBLIC[0].name, 0, 0, records, SHOPS).runs:
            pile.add(range(len(run)), run.page)
        self.log += [(Kind.EVENTS, value) for value in pile.values()]
        tick = Tick(0, "public/0", {"public": 1}, {SHOP: now_ms})
        self.log += [(Kind.TICKS, value) for value in batches([wire.pack_item(tick)])]
        while self.log:
            self.partition.apply(next(self.offsets), *self.log.popleft())
            done = effects(self.partition.drain(), self.place)
            changes = [*done.changes, *done.last_changes]
            self.written += len(changes)
            self.store.apply(changes, Mark("bench", self.written, 0))
            for output in (*done.outputs, *done.last_outputs):
                if output.topic == JOURNEY_EVENTS.name:
                    self.log.append((wire.kind(output.headers), output.value or b""))


def main(customers: int = 30_000) -> None:
    for store in ("rocksdb", "memory"):
        subprocess.run([sys.executable, __file__, store, str(customers)], check=True, timeout=400)


def idle(kind: str, customers: int, folder: Path) -> None:
    line = Line(RocksStores(folder, head_of).open(0) if kind == "rocksdb" else MemoryCells())
    base, seen, third = resident(), [], customers // 3
    for number in range(3):
        at = START + timedelta(days=number)
        for first in range(number * third, (number + 1) * third, PORTION):
            line.send((view(n, at) for n in range(first, first + PORTION)), epoch_ms(at))
        line.send([], epoch_ms(at + timedelta(hours=12)))
        seen.append(resident())
    print(
        f"  {kind:8} {(seen[2] - seen[0]) / (2 * third):7,.0f} bytes for each idle customer more; "
        f"{base / 2**20:,.0f} MiB with none, {seen[2] / 2**20:,.0f} MiB with {3 * third:,} ({len(line.store):,} cells)"
    )
    line.store.close()


def view(number: int, at: datetime) -> bytes:
    data: dict[str, object] = {"url": "/", "customer_id": f"idle{number}", "session_id": f"idle{number}"}
    kind = "storefront.page.viewed"
    return SentEvent(id=f"view{number}", source="/bench", type=kind, time=at, data=data, shop=SHOP).encoded()


def resident() -> int:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    if sys.argv[1:2] in (["rocksdb"], ["memory"]):
        with tempfile.TemporaryDirectory(prefix="waypost-bench-") as name:
            idle(sys.argv[1], int(sys.argv[2]), Path(name))
    else:
        main(*map(int, sys.argv[1:2]))
