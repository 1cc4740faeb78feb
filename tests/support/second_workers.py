"""Further workers of an installation's services, and what becomes of services when their workers are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import AdminClient
from prometheus_client.parser import text_string_to_metric_families
from support.installation import ROOT, Installation
from support.polling import eventually

from deploy.local.kafka.process import free_port
from services.cli.local.probes import readiness
from services.cli.local.state import read_state


@dataclass(frozen=True, slots=True)
class Worker:
    """One process of a service: who it is, and where it shows its metrics."""

    name: str
    pid: int
    port: int

    def suspend(self) -> None:
        """Stop it where it is: it does nothing, and nobody is told."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on as if nothing had been."""
        os.kill(self.pid, signal.SIGCONT)


@contextmanager
def suspended(workers: Iterable[Worker]) -> Iterator[None]:
    """Meanwhile these do nothing."""
    workers = list(workers)
    for worker in workers:
        worker.suspend()
    try:
        yield
    finally:
        for worker in workers:
            worker.go_on()


def first_worker(installation: Installation, service: str) -> Worker:
    """The worker that the installation's supervisor keeps running."""
    state = read_state(installation.home)
    found = next((process for process in state.processes if process.name == service), None) if state else None
    assert found is not None, f"{service} does not run"
    assert found.process is not None, f"{service} does not run"
    return Worker(f"{service}-1", found.process.pid, found.port)


@contextmanager
def second_worker(installation: Installation, service: str, log: Path) -> Iterator[Worker]:
    """One more worker of a service, ready; it is stopped at the end."""
    state = read_state(installation.home)
    assert state is not None
    port = free_port()
    own = {
        "KAFKA_BROKERS": state.brokers,
        "CLICKHOUSE_URL": state.clickhouse_url,
        "WAYPOST_METRICS_PORT": str(port),
        "WAYPOST_WORKER_ID": f"{service}-2",
    }
    with log.open("wb") as out:
        command = [sys.executable, "-m", f"services.{service}"]
        process = subprocess.Popen(command, env=installation.environment | own, cwd=ROOT, stdout=out, stderr=out)
    try:
        eventually(lambda: readiness(port).ready, timeout=60, what=f"a second worker of {service} is ready")
        yield Worker(f"{service}-2", process.pid, port)
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def partitions_of(installation: Installation, worker: Worker) -> set[str]:
    """The partitions that the broker says a worker has, as `<topic>/<number>`."""
    state = read_state(installation.home)
    assert state is not None
    group = f"waypost-{worker.name.rpartition('-')[0]}"
    admin = AdminClient({"bootstrap.servers": state.brokers, "log_level": 0})
    members = admin.describe_consumer_groups([group])[group].result(10).members
    own = (member.assignment for member in members if member.group_instance_id == f"{group}-{worker.name}")
    return {f"{place.topic}/{place.partition}" for assignment in own for place in assignment.topic_partitions}


def measured(worker: Worker, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The samples of a metric of a worker, by their labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    samples = (sample for family in families for sample in family.samples if sample.name == name)
    return {tuple(sorted(sample.labels.items())): sample.value for sample in samples}
