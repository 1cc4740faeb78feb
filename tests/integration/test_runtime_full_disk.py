"""A worker with its cells on a disk that is full: it ends, says why, and goes on where it was once there is room."""

from pathlib import Path

import pytest
from support.disk import no_room
from support.runtime_harness import line

from deploy.local.kafka.process import KafkaProcess
from services.runtime.exits import FAILED

ON_A_SMALL_DISK = {"WAYPOST_WORKER_ID": "w", "WORKER_STORE": "rocksdb", "WORKER_STORE_BUFFER": "65536"}
KEYS = 20_000
"""So many that what is written fills the buffer of the store, whatever the groups."""


@pytest.mark.chaos
@pytest.mark.sample
def test_a_worker_whose_disk_is_full_ends_itself_and_nothing_is_lost(kafka: KafkaProcess, tmp_path: Path) -> None:
    """Its log can grow no more either, so what it says is not asked for."""
    with line(kafka.bootstrap, "full-disk", tmp_path, environment=ON_A_SMALL_DISK) as made:
        made.fill(4000, keys=KEYS)
        first = made.worker()
        made.until_done()
        no_room(first.process.pid)
        made.fill(16_000, start=4000, keys=KEYS)
        assert first.process.wait(60) == FAILED
        second = made.worker()
        no_room(second.process.pid)
        assert second.process.wait(60) not in (None, 0)
        third = made.worker()
        made.until_done()
        assert third.terminate() == 0
        assert made.counts() == made.expected_counts(20_000, keys=KEYS)
        assert set(made.copies()) == set(range(20_000))
