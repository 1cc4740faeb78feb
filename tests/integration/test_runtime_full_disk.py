"""A worker with its cells on a disk that is full: it ends, says why, and goes on where it was once there is room."""

from pathlib import Path

import pytest
from support.disk import no_room
from support.polling import eventually
from support.runtime_harness import Line, Worker, line

from deploy.local.kafka.process import KafkaProcess
from services.runtime.exits import FAILED

ON_A_SMALL_DISK = {"WAYPOST_WORKER_ID": "w", "WORKER_STORE": "rocksdb", "WORKER_STORE_BUFFER": "65536"}
KEYS = 1000
PART = 500


class Feeder:
    """Writes records, some more at each look, for as long as a worker takes them."""

    def __init__(self, made: Line) -> None:
        self.made, self.sent = made, 0

    def feed(self) -> None:
        self.made.fill(PART, start=self.sent, keys=KEYS)
        self.sent += PART

    def until_it_ends(self, worker: Worker) -> int:
        """The store writes behind the worker's back, who learns at the next write that there was no room."""

        def ended() -> bool:
            self.feed()
            return worker.process.poll() is not None

        eventually(ended, 60, "the worker to end")
        return worker.process.wait()


@pytest.mark.chaos
@pytest.mark.sample
def test_a_worker_whose_disk_is_full_ends_itself_and_nothing_is_lost(kafka: KafkaProcess, tmp_path: Path) -> None:
    """Its log can grow no more either, so what it says is not asked for."""
    with line(kafka.bootstrap, "full-disk", tmp_path, environment=ON_A_SMALL_DISK) as made:
        feeder = Feeder(made)
        feeder.feed()
        first = made.worker()
        made.until_done()
        no_room(first.process.pid)
        assert feeder.until_it_ends(first) == FAILED
        second = made.worker()
        no_room(second.process.pid)
        assert feeder.until_it_ends(second) != 0
        third = made.worker()
        made.until_done()
        assert third.terminate() == 0
        assert made.counts() == made.expected_counts(feeder.sent, keys=KEYS)
        assert set(made.copies()) == set(range(feeder.sent))
