"""A small service for tests of the runtime, run as a process: copies records and counts them by key in cells.

Environment: WORKER_NAME, WORKER_SOURCE, WORKER_OUTPUT, WORKER_CHANGELOG ("" for none), WORKER_FAULT
("<fault point>:<n>": killed with -9 when it gets there for the n-th time), WORKER_SLOW (seconds a batch takes),
WORKER_POISON (a value at which the processor raises), WORKER_TICKS ("1": a tick a second into owned partitions),
WORKER_STORE ("rocksdb": cells on disk, under WAYPOST_HOME), WORKER_STORE_BUFFER (bytes of them in memory before they
are written to disk).
"""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry

from services.runtime import (
    CellStore,
    CellTable,
    Change,
    Effects,
    Output,
    OwnedPartition,
    Periodic,
    Record,
    RecordBatch,
    Running,
    RuntimeMetrics,
    ServiceSettings,
    build_app,
    configure_logs,
    run,
)
from services.runtime.cells import in_memory
from services.runtime.stores.rocks import MIB, RocksStores

OUTPUT = os.environ.get("WORKER_OUTPUT", "")
POISON = os.environ.get("WORKER_POISON", "").encode()
SLOW = float(os.environ.get("WORKER_SLOW", "0"))


class Counting:
    """Copies each record to the same partition of the output, and counts records by key, each once."""

    def __init__(self, cells: CellStore | None) -> None:
        self._cells = cells

    def process(self, batch: RecordBatch) -> Effects:
        """One output a record, one changed cell a key."""
        time.sleep(SLOW)  # the work of a worker that is slow
        if POISON and any(record.value == POISON for record in batch.records):
            raise ArithmeticError("poison")
        outputs = [
            Output(OUTPUT, batch.partition, r.value, (("origin", b"%d/%d" % (batch.partition, r.offset)),), r.key)
            for r in batch.records
        ]
        return Effects(outputs=outputs, changes=self._count(batch.records))

    def _count(self, records: Sequence[Record]) -> Sequence[Change]:
        if self._cells is None:
            return ()
        changed: dict[bytes, tuple[int, int]] = {}
        for record in records:
            key = record.key or b""
            count, last = changed.get(key) or unpacked(self._cells.get(key))
            if record.offset > last:
                changed[key] = (count + 1, record.offset)
        return [Change(key, json.dumps(cell).encode()) for key, cell in changed.items()]


def unpacked(cell: bytes | None) -> tuple[int, int]:
    """A cell's count and the offset of the last record it counted."""
    count, last = json.loads(cell) if cell else (0, -1)
    return int(count), int(last)


class Killer:
    """A fault hook that kills the process at one point."""

    def __init__(self, spec: str) -> None:
        self._point, _, n = spec.partition(":")
        self._n = int(n or 0)
        self._seen: Counter[str] = Counter()

    def __call__(self, point: str, _batch: RecordBatch) -> None:
        self._seen[point] += 1
        if point == self._point and self._seen[point] == self._n:
            os.kill(os.getpid(), signal.SIGKILL)


async def tick(running: Running) -> None:
    """A record into every output partition that has the number of an owned one."""
    await running.deliver([Output(OUTPUT, p, b"-1", (("tick", b""),)) for _, p in sorted(running.owned())])


def open_store(settings: ServiceSettings) -> Callable[[int], CellStore]:
    """Cells where WORKER_STORE says."""
    if os.environ.get("WORKER_STORE") == "rocksdb":
        buffer = int(os.environ.get("WORKER_STORE_BUFFER") or 8 * MIB)
        return RocksStores(settings.home / "cells", lambda key, value: None, buffer_bytes=buffer).open
    return in_memory


def main() -> None:
    """Run until told to stop."""
    settings, name = ServiceSettings(), os.environ["WORKER_NAME"]
    configure_logs(name, settings.log_level)
    changelog = os.environ.get("WORKER_CHANGELOG", "")

    async def opened(partition: OwnedPartition) -> Counting:
        return Counting(partition.cells)

    run(
        build_app(
            name,
            settings,
            RuntimeMetrics(name, CollectorRegistry()),
            {os.environ["WORKER_SOURCE"]: opened},
            CellTable(changelog, open_store(settings)) if changelog else None,
            periodic=[Periodic(1.0, tick)] if os.environ.get("WORKER_TICKS") else [],
            faults=Killer(os.environ.get("WORKER_FAULT", "")),
        )
    )


if __name__ == "__main__":
    main()
