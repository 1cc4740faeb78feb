"""A whole installation to measure: alone on free ports in a temporary folder, with a load and with eyes on it."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.shop_sender import Outbox, Pace, Sent, play
from benchmarks.shop_stream import Made, steps
from schemas.ids import event_id
from services.cli.clickhouse.stored import Awaited
from services.cli.clickhouse.views import ClickHouseViews, ViewsError
from services.cli.kafka.sender import KafkaSender
from services.cli.local.settings import SERVICES, LocalSettings
from services.cli.local.stack import bring_up, take_down
from services.cli.local.state import read_state
from services.cli.replays.event import SentEvent
from services.cli.replays.portions import Portion
from services.runtime.settings import KafkaSettings

ROOT = Path(__file__).parents[1]
SHOP = "demo"
LIVE = "main"
MIB = 1024 * 1024
PATIENCE_S = 60.0
"""How long the last probes are waited for."""


@contextmanager
def installation(settings: Mapping[str, str] | None = None) -> Iterator[LocalSettings]:
    """Everything, up and ready; stopped and removed at the end. `settings` are told to every process."""
    from deploy.local.kafka.process import free_port

    for name in ("KAFKA_BROKERS", "CLICKHOUSE_URL"):
        os.environ.pop(name, None)
    ports = ["KAFKA_PORT", "CLICKHOUSE_PORT", *(f"METRICS_PORT_{name.upper()}" for name in SERVICES)]
    os.environ |= {f"WAYPOST_{name}": str(free_port()) for name in ports} | dict(settings or {})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["WAYPOST_HOME"] = home
        made = LocalSettings()
        try:
            running = bring_up(made, lambda _: None)
            os.environ |= {"KAFKA_BROKERS": running.brokers, "CLICKHOUSE_URL": running.clickhouse_url}
            yield made
        finally:
            take_down(made, lambda _: None)


def pour(shop: str, cut: Sequence[Portion]) -> Awaited:
    """Send a shop's portions as fast as the broker takes them; what must show afterwards.

    Nothing is waited for in between: each partition has its events before the tick behind them, and the clock is the
    least of all.
    """
    outbox = Outbox()
    sent = play(steps(shop, cut, outbox.partitions), outbox, Pace(0, time.monotonic, time.sleep))
    return awaited(shop, sent)


def awaited(shop: str, sent: Sent) -> Awaited:
    """What must show once it was sent."""
    return Awaited(shop, sent.tick_ms, sent.partitions, {(topic, place): end for topic, place, end in sent.ends})


@dataclass(slots=True)
class Sending:
    """A made shop's process; what it sent is known at its end."""

    process: subprocess.Popen[bytes]
    _sent: Sent | None = None

    def sent(self, within: float) -> Sent:
        """Wait for the end and return it."""
        if self._sent is None:
            told, _ = self.process.communicate(timeout=within)
            assert self.process.returncode == 0, f"the made shop ended with {self.process.returncode}"
            self._sent = msgspec.json.decode(told, type=Sent)
        return self._sent


@contextmanager
def sending(made: Made, rate: float) -> Iterator[Sending]:
    """Meanwhile a process of its own sends what a made shop says, so many events a second; 0 is as fast as it can."""
    command = [sys.executable, "-m", "benchmarks.shop_sender", str(made.path), str(rate)]
    running = Sending(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE))
    try:
        yield running
        assert running.process.poll() in (None, 0), f"the made shop ended with {running.process.returncode}"
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGINT)
        try:
            running.sent(60)
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait()
        made.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Look:
    """What a line looked like at a moment."""

    at: float
    """Seconds since the epoch."""
    events: float
    """Answered by ingest since its start."""
    stored: float
    """Events that the warehouse stored since its start."""
    lag: Mapping[str, float]
    """By service: records not yet acknowledged."""
    waiting: Mapping[str, float]
    """By service: age of the oldest of them, seconds."""
    rss: Mapping[str, float]
    """By process: resident MiB."""
    cpu: Mapping[str, float] = field(default_factory=dict)
    """By process: seconds of CPU used since its start."""


def look(settings: LocalSettings) -> Look:
    """Ask all processes."""
    metrics = {name: scraped(settings.metrics_port(name)) for name in SERVICES}
    answers = metrics["ingest"].get("waypost_ingest_answers_total", {})
    rows = metrics["warehouse"].get("waypost_warehouse_rows_total", {})
    return Look(
        time.time(),
        sum(value for labels, value in answers.items() if "tick" not in labels and "gap" not in labels),
        sum(value for labels, value in rows.items() if "events" in labels),
        {name: sum(found.get(f"waypost_{name}_consumer_lag_messages", {}).values()) for name, found in metrics.items()},
        {name: max(found.get(f"waypost_{name}_consumer_lag_seconds", {}).values(), default=0.0)
         for name, found in metrics.items()},
        resident(settings.home),
        cpu_seconds(settings.home),
    )  # fmt: skip


def scraped(port: int) -> dict[str, dict[tuple[str, ...], float]]:
    """A service's samples by name and label values; none while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
    except OSError:
        return {}
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for sample in (sample for family in families for sample in family.samples):
        found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def resident(home: Path) -> dict[str, float]:
    """MiB that each process holds in memory."""
    state = read_state(home)
    running = [(each.name, each.process.pid) for each in state.processes if each.process] if state else []
    return {name: _rss(pid) / MIB for name, pid in running}


def cpu_seconds(home: Path) -> dict[str, float]:
    """CPU time that each process has used since its start."""
    state = read_state(home)
    running = [(each.name, each.process.pid) for each in state.processes if each.process] if state else []
    return {name: cpu_of(pid) for name, pid in running}


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used since its start; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Probes:
    """Single bad scores in a live shop, sent at a steady rate; how long each takes until its pain point shows.

    What is measured is what somebody sees who asks the view again and again: from before the event is sent until an
    answer has it.
    """

    per_second: float
    poll: float = 0.1
    """Seconds between two looks at the view: each costs the engine some 8 ms of CPU."""
    seconds: list[float] = field(default_factory=list)
    waiting: dict[str, float] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Meanwhile probes are sent and watched for; at the end those on their way are waited for."""
        threads = [threading.Thread(target=work, daemon=True) for work in (self._send, self._watch)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            deadline = time.monotonic() + PATIENCE_S
            self._over.set()
            threads[0].join(30)
            while self.waiting and time.monotonic() < deadline:
                time.sleep(0.1)
            threads[1].join(30)

    def take(self) -> list[float]:
        """What was measured since the last time it was taken; with nothing, how long the oldest has waited by now."""
        with self._lock:
            taken, self.seconds = self.seconds, []
            waits = [time.monotonic() - since for since in self.waiting.values()]
        return taken or ([max(waits)] if waits else [])

    def _send(self) -> None:
        sender, number, name = KafkaSender(KafkaSettings()), 0, f"probe-{os.getpid()}-{time.time_ns()}"
        while not self._over.wait(1 / self.per_second):
            number += 1
            event = bad_score(f"{name}-{number}")
            with self._lock:
                self.waiting[f"event:{event_id(event.source, event.id)}"] = time.monotonic()
            sender.send([event])

    def _watch(self) -> None:
        views = ClickHouseViews()
        query = "SELECT entity FROM waypost.pain_points WHERE shop = %(shop)s AND entity IN %(entities)s"
        while not self._over.is_set() or self.waiting:
            with self._lock:
                entities = tuple(self.waiting)
            if entities:
                self._seen(views, query, entities)
            if self._over.is_set() and self._late():
                break
            time.sleep(self.poll)
        views.close()

    def _late(self) -> bool:
        """Whether what is still waited for is not worth it any more."""
        with self._lock:
            return time.monotonic() - max(self.waiting.values(), default=0.0) > PATIENCE_S

    def _seen(self, views: ClickHouseViews, query: str, entities: Sequence[str]) -> None:
        try:
            found = views.rows(query, {"shop": LIVE, "entities": tuple(entities)})
        except ViewsError:
            return
        now = time.monotonic()
        with self._lock:
            self.seconds += (now - self.waiting.pop(str(entity)) for (entity,) in found)


def bad_score(name: str) -> SentEvent:
    """A customer's worst score, now: a pain point by itself."""
    data = {"survey": "csat", "score": 1, "scale": 5, "customer_id": name}
    return SentEvent(
        id=name, source="probe", type="service.survey.answered", time=datetime.now(UTC), shop=LIVE, data=data
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of all does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By how much the second rises with the first, in the mean (least squares)."""
    if len(points) < 2:
        return 0.0
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope
