"""Probes and metrics over HTTP."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from services.runtime.metrics import RuntimeMetrics
from services.runtime.observability import ObservabilityServer, Report


class Scene:
    """A server whose probes say what a test wants."""

    def __init__(self) -> None:
        self.healthy, self.ready = Report(True), Report(False, "restoring", {"restoring": [{"position": 5}]})
        self.metrics = RuntimeMetrics("ingest", CollectorRegistry())
        self.server = ObservabilityServer(self.metrics.registry, lambda: self.healthy, lambda: self.ready)
        self.port = self.server.start("127.0.0.1", 0)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def types(body: str) -> set[str]:
    """The names of all metrics on a page."""
    return {line.split(" ")[2] for line in body.splitlines() if line.startswith("# TYPE")}


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.server.stop()


def test_a_probe_that_holds_answers_200(scene: Scene) -> None:
    assert scene.get("/healthz") == (200, '{"ok": true, "reason": ""}')


def test_a_probe_that_fails_answers_503_with_its_reason_and_progress(scene: Scene) -> None:
    status, body = scene.get("/readyz?verbose")
    assert status == 503
    assert json.loads(body) == {"ok": False, "reason": "restoring", "restoring": [{"position": 5}]}


def test_metrics_are_named_after_the_service(scene: Scene) -> None:
    scene.metrics.records.labels("t", "0").inc(3)
    status, body = scene.get("/metrics")
    assert status == 200
    assert 'waypost_ingest_records_total{partition="0",topic="t"} 3.0' in body
    own = [name for name in types(body) if not name.startswith(("process_", "python_gc_"))]
    assert own
    assert all(name.startswith("waypost_ingest_") for name in own)


def test_every_service_tells_its_process_from_others(scene: Scene) -> None:
    _, body = scene.get("/metrics")
    assert {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"} <= types(body)
    assert "python_gc_collections_total" in types(body)


def test_no_series_says_when_another_was_created(scene: Scene) -> None:
    scene.metrics.step_seconds.labels("process").observe(1)
    assert "_created" not in scene.get("/metrics")[1]


def test_other_paths_are_not_found(scene: Scene) -> None:
    assert scene.get("/router")[0] == 404


def test_a_taken_port_is_an_error_that_names_the_setting(scene: Scene) -> None:
    other = ObservabilityServer(CollectorRegistry(), lambda: Report(True), lambda: Report(True))
    with pytest.raises(OSError, match=rf"127\.0\.0\.1:{scene.port}.*WAYPOST_METRICS_PORT"):
        other.start("127.0.0.1", scene.port)
