"""The service as it runs: a real broker, a real receiver that goes away, and kill -9."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from support.alert_rows import key, pain_point
from support.polling import eventually
from support.runtime_harness import ROOT, Worker, create_topics, read_all
from support.webhook_server import SECRET, Request, WebhookServer

from deploy.local.kafka.process import KafkaProcess, free_port, start
from schemas.batches import batches
from schemas.rows import AlertRow, PainPointRow, read_alerts
from schemas.topics import ALERTS_CELLS, ALERTS_CHANGES, PAIN_POINTS_CHANGES
from schemas.wire import KIND_HEADER, pack_item

TOPICS = (PAIN_POINTS_CHANGES, ALERTS_CHANGES, ALERTS_CELLS)
ENVIRONMENT = {
    "WAYPOST_SESSION_SECONDS": "6",
    "WAYPOST_HEARTBEAT_SECONDS": "1",
    "WAYPOST_WORKER_ID": "alerts-1",
    "WAYPOST_WEBHOOK_SECRET": SECRET,
    "WAYPOST_WEBHOOK_ALLOW_PRIVATE": "true",
    "WAYPOST_ALERTS_BACKOFF_SECONDS": "0.05",
    "WAYPOST_ALERTS_LONGEST_BACKOFF_SECONDS": "0.5",
}


@dataclass(slots=True)
class Alerts:
    """The service's topics, processes and receiver."""

    bootstrap: str
    folder: Path
    receiver: WebhookServer
    workers: list[Worker] = field(default_factory=list)

    def start(self) -> Worker:
        port, log = free_port(), self.folder / f"alerts-{len(self.workers)}.log"
        given = {
            **ENVIRONMENT,
            "KAFKA_BROKERS": self.bootstrap,
            "WAYPOST_METRICS_PORT": str(port),
            "WAYPOST_HOME": str(self.folder),
            "WAYPOST_WEBHOOK_URL": self.receiver.url,
        }
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.alerts"], env={**os.environ, **given}, stdout=out, stderr=out, cwd=ROOT
            )
        worker = Worker(process, port, log)
        self.workers.append(worker)
        return worker

    def publish(self, rows: Sequence[PainPointRow]) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap, "acks": "all"})
        for value in batches(pack_item(row) for row in rows):
            producer.produce(PAIN_POINTS_CHANGES.name, value, partition=0, headers=[(KIND_HEADER, b"pain_points")])
        assert producer.flush(30) == 0

    def rows(self) -> list[AlertRow]:
        return [row for m in read_all(self.bootstrap, ALERTS_CHANGES.name) for row in read_alerts(m.value() or b"")]

    def states(self) -> dict[tuple[str, str], str]:
        """What a view would show: for each (dedup key, event) the state of the greatest version."""
        newest = sorted(self.rows(), key=lambda row: row.version)
        return {(row.dedup_key, row.event): row.state for row in newest}

    def stop(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()
        self.receiver.down()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaProcess]:
    """One of this module's own: the topics' names are fixed."""
    with start(tmp_path_factory.mktemp("alerts") / "kafka") as running:
        yield running


@pytest.fixture
def alerts(broker: KafkaProcess, tmp_path: Path) -> Iterator[Alerts]:
    for topic in TOPICS:
        create_topics(broker.bootstrap, [topic.name], 1, **topic.settings())
    made = Alerts(broker.bootstrap, tmp_path, WebhookServer().up())
    try:
        yield made
    finally:
        made.stop()
        forget_topics(broker.bootstrap)


def forget_topics(bootstrap: str) -> None:
    """Topics of one test are gone before the next makes its own, and with them how far they were read."""
    admin, names = AdminClient({"bootstrap.servers": bootstrap}), {topic.name for topic in TOPICS}
    for gone in admin.delete_topics(sorted(names)).values():
        gone.result(30)
    eventually(lambda: not names & admin.list_topics(timeout=10).topics.keys(), 30, "topics are gone")


def news(names: Sequence[str], **changes: object) -> list[PainPointRow]:
    now = int(datetime.now(UTC).timestamp() * 1000)
    return [pain_point(name, happened_at=now, detected_at=now, **changes) for name in names]


def ids(event: str, names: Sequence[str]) -> set[str]:
    return {f"{event}_{key(name)}" for name in names}


FIRST, SECOND, THIRD = ([f"{part} {n}" for n in range(40)] for part in ("first", "second", "third"))


@pytest.mark.timeout(600)  # starts the service three times
def test_a_receiver_that_is_down_and_kills_lose_nothing_and_block_nothing(alerts: Alerts) -> None:
    worker = alerts.start()
    rows = news(FIRST)
    alerts.publish(rows)
    eventually(lambda: set(alerts.receiver.ids()) == ids("firing", FIRST), 60, "the first are delivered")

    alerts.receiver.down()
    alerts.publish(news(SECOND))
    alerts.publish([msgspec.structs.replace(row, version=2, status="resolved") for row in rows])
    eventually(lambda: worker.metric("alerts_pending_pain_points") == 80, 30, "the stream goes on without the receiver")
    eventually(lambda: worker.metric("consumer_lag_messages") == 0, 30, "nothing is left to read")
    assert len(alerts.receiver.requests) == 40

    worker.process.send_signal(signal.SIGKILL)
    worker.wait_killed()
    alerts.publish(news(THIRD))
    alerts.publish(news(FIRST))  # what a crash of the publisher repeats
    worker = alerts.start()
    eventually(lambda: worker.metric("alerts_pending_pain_points") == 120, 60, "what was pending is pending again")

    seen = len(alerts.receiver.requests)

    def kill_at_the_fortieth(_request: Request) -> tuple[int, dict[str, str], bytes]:
        if len(alerts.receiver.requests) == seen + 40:
            worker.process.send_signal(signal.SIGKILL)
        return 204, {}, b""

    alerts.receiver.answer = kill_at_the_fortieth
    alerts.receiver.up()
    worker.wait_killed()
    alerts.start()

    expected = ids("firing", [*FIRST, *SECOND, *THIRD]) | ids("resolved", FIRST)
    eventually(lambda: set(alerts.receiver.ids()) == expected, 60, "everything arrives")
    eventually(lambda: set(alerts.states().values()) == {"sent"}, 60, "every outcome is published")
    assert len(alerts.states()) == len(expected)
    assert alerts.receiver.problems == []
    assert set(alerts.receiver.ids()[:40]) == ids("firing", FIRST)
    # twice only what was cut off between the answer and its outcome
    assert len(alerts.receiver.ids()) <= len(expected) + 2


def test_it_stops_when_told_to_and_knows_afterwards_what_it_sent(alerts: Alerts) -> None:
    worker = alerts.start()
    alerts.publish(news(FIRST))
    eventually(lambda: set(alerts.states().values()) == {"sent"}, 60, "all sent")
    assert worker.ready()["ok"] is True

    assert worker.terminate() == 0
    again = alerts.start()
    alerts.publish(news(FIRST))
    alerts.publish(news(["last"]))
    eventually(lambda: ids("firing", ["last"]) <= set(alerts.receiver.ids()), 60, "the last one is delivered")

    assert len(alerts.receiver.ids()) == 41
    assert again.terminate() == 0


def test_a_wrong_routes_file_ends_the_service_naming_file_line_and_key(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text("routes:\n  - severity: hihg\n    receivers: [default]\n")
    done = subprocess.run(
        [sys.executable, "-m", "services.alerts"],
        env={**os.environ, "WAYPOST_ALERTS_ROUTES": str(tmp_path / "routes.yaml")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 70
    assert "routes.yaml:2: routes.0.severity: no severity is called 'hihg'" in done.stderr
