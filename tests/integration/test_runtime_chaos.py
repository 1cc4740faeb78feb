"""Workers killed, paused and stopped at random under load: the sum of it all is exact."""

import random
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from support.polling import eventually
from support.runtime_harness import Line, Worker, line

from deploy.local.kafka.process import KafkaProcess

STEP = 400
STEPS = 25
WORKERS = 3
PAUSES = {"pause": 1.0, "pause past the session": 8.0}
"""Seconds that a worker stands still; its session is over after six."""


def listens(worker: Worker) -> bool:
    """Whether its probes answer, whatever they say."""
    return worker.get("/healthz")[0] > 0


def stand_still(worker: Worker, seconds: float) -> None:
    """Stop a worker for so long, which is the disturbance itself: nothing is waited for."""
    worker.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    worker.process.send_signal(signal.SIGCONT)


def disturb(chance: random.Random, made: Line, live: list[Worker]) -> str:
    """Do one thing to one worker, and have as many as before afterwards."""
    worker = chance.choice(live)
    what = chance.choice(["kill", "stop", *PAUSES, "nothing", "nothing"])
    if what == "kill":
        worker.process.kill()
    elif what == "stop":
        worker.process.terminate()
    elif what in PAUSES:
        stand_still(worker, PAUSES[what])
    if what in ("kill", "stop"):
        worker.process.wait(120)
        live[live.index(worker)] = made.worker()
    return what


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_kills_pauses_and_stops_under_load_lose_nothing_and_count_nothing_twice(
    kafka: KafkaProcess, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    settings = {"WAYPOST_GROUP_RECORDS": "50", "WORKER_SLOW": "0.01"}
    with line(kafka.bootstrap, f"chaos-{seed}", tmp_path, environment=settings) as made:
        live = [made.worker() for _ in range(WORKERS)]
        eventually(lambda: any(worker.ready().get("ok") for worker in live), 60, "somebody is ready")
        done = []
        for step in range(STEPS):
            made.fill(STEP, start=step * STEP)
            done.append(disturb(chance, made, live))
        made.until_done(180)
        assert set(made.copies()) == set(range(STEPS * STEP)), done
        assert made.counts() == made.expected_counts(STEPS * STEP), done
        for worker in live:
            eventually(partial(listens, worker), 60, "also the last one started hears signals")
            assert worker.terminate(60) == 0
