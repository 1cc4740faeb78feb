"""Rebalances on a real broker: partitions move between workers without loss, and mostly without repeats."""

import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.polling import eventually
from support.runtime_harness import UNHURRIED, Worker, line

from deploy.local.kafka.process import KafkaProcess

N = 6000
SLOWLY = {"WAYPOST_GROUP_RECORDS": "50", "WORKER_SLOW": "0.05"}


def owned(worker: Worker) -> Sequence[str]:
    """The partitions of a worker that is ready."""
    said = worker.ready()
    return list(said.get("partitions", [])) if said.get("ok") else []


def share(workers: Sequence[Worker], partitions: int) -> bool:
    """Whether these workers own all partitions, each some."""
    each = [owned(worker) for worker in workers]
    together = [partition for mine in each for partition in mine]
    return all(each) and len(together) == len(set(together)) == partitions


@pytest.mark.timeout(600)
def test_a_second_worker_takes_over_its_share_and_gives_it_back_without_repeats(
    kafka: KafkaProcess, tmp_path: Path
) -> None:
    with line(kafka.bootstrap, "share", tmp_path, environment={**UNHURRIED, **SLOWLY}) as made:
        made.fill(N // 2)
        first = made.worker()
        eventually(lambda: first.metric("records_total") > 500, 60, "the first works")
        second = made.worker()
        eventually(lambda: share([first, second], 4), 60, "both own partitions")
        made.fill(N - N // 2, start=N // 2)
        eventually(lambda: second.metric("records_total") > 300, 60, "the second works")
        assert second.terminate() == 0
        eventually(lambda: len(owned(first)) == 4, 60, "the first has all again")
        made.until_done(120)
        assert first.terminate() == 0
        assert made.copies() == Counter(range(N))
        assert made.counts() == made.expected_counts(N)


@pytest.mark.timeout(600)
@pytest.mark.chaos
@pytest.mark.sample
def test_a_killed_workers_partitions_are_restored_by_the_other(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "takeover", tmp_path, environment=SLOWLY) as made:
        first, second = made.worker(), made.worker()
        eventually(lambda: share([first, second], 4), 60, "both own partitions")
        made.fill(N)
        eventually(lambda: second.metric("records_total") > 300, 60, "the second works")
        second.process.kill()
        eventually(lambda: len(owned(first)) == 4, 60, "the first has all")
        made.until_done(120)
        assert first.terminate() == 0
        assert set(made.copies()) == set(range(N))
        assert made.counts() == made.expected_counts(N)


@pytest.mark.timeout(600)
@pytest.mark.chaos
@pytest.mark.sample
def test_a_worker_that_was_paused_past_its_session_writes_no_stale_cells(kafka: KafkaProcess, tmp_path: Path) -> None:
    with line(kafka.bootstrap, "paused", tmp_path, environment=SLOWLY) as made:
        made.fill(N // 2)
        first = made.worker()
        eventually(lambda: first.metric("records_total") > 500, 60, "the first works")
        first.process.send_signal(signal.SIGSTOP)
        second = made.worker()
        eventually(lambda: len(owned(second)) == 4, 60, "the second has all")
        made.fill(N - N // 2, start=N // 2)
        eventually(lambda: second.metric("records_total") > 500, 60, "the second works")
        first.process.send_signal(signal.SIGCONT)
        eventually(lambda: share([first, second], 4), 60, "the first joined again")
        made.until_done(120)
        assert first.terminate() == 0
        assert second.terminate() == 0
        assert set(made.copies()) == set(range(N))
        assert made.counts() == made.expected_counts(N)
