"""Group commit on a real broker: kills between all steps lose nothing and count nothing twice."""

from collections import Counter
from pathlib import Path

import pytest
from support.polling import eventually
from support.runtime_harness import UNHURRIED, line

from deploy.local.kafka.process import KafkaProcess
from services.runtime.groups import FAULT_POINTS

N = 4000


@pytest.mark.timeout(600)
@pytest.mark.chaos
@pytest.mark.sample
def test_kills_between_all_steps_lose_nothing_and_count_nothing_twice(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "kills", tmp_path, environment={"WAYPOST_WORKER_ID": "one"}) as made:
        made.environment["WAYPOST_GROUP_RECORDS"] = "100"
        made.fill(N)
        for nth, point in enumerate(FAULT_POINTS):
            made.worker(fault=f"{point}:{3 + nth % 2}").wait_killed()
        last = made.worker()
        made.until_done()
        assert last.terminate() == 0
        copies = made.copies()
        assert set(copies) == set(range(N))
        assert made.counts() == made.expected_counts(N)
        again = sum(copies.values()) - N
        assert again <= len(FAULT_POINTS) * 4 * 1000, "a kill repeats no more than what was not committed"


def test_a_clean_stop_repeats_nothing(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "clean", tmp_path, environment={**UNHURRIED, "WAYPOST_GROUP_RECORDS": "50"}) as made:
        made.fill(N)
        first = made.worker(WORKER_SLOW="0.02")
        eventually(lambda: first.metric("records_total") > 200, 30, "some records done")
        assert first.terminate() == 0
        second = made.worker()
        made.until_done()
        assert second.terminate() == 0
        assert made.copies() == Counter(range(N))
        assert made.counts() == made.expected_counts(N)
