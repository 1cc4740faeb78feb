"""A small HTTP server in a thread: `/metrics`, `/healthz`, `/readyz`."""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

log = logging.getLogger("waypost.observability")

LOOK_SECONDS = 0.1
"""How often the listener looks whether it is to stop: a service that was told to waits for that."""


@dataclass(frozen=True, slots=True)
class Report:
    """An answer to a probe: yes or no, and what a human wants to know."""

    ok: bool
    reason: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


Probe = Callable[[], Report]


class ObservabilityServer:
    """Serves a registry and two probes until `stop`; probes run in the server's threads.

    What every service shows beside its own is added here, since all have one of these: `process_*` and `python_gc_*`.
    A series `…_created` beside each counter and histogram says what nobody asks, so there is none.
    """

    def __init__(self, registry: CollectorRegistry, healthy: Probe, ready: Probe) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self._registry = registry
        self._probes = {"/healthz": healthy, "/readyz": ready}
        self._server: ThreadingHTTPServer | None = None

    def start(self, bind: str, port: int) -> int:
        """Listen and return the port, which is a free one if `port` is 0. Raises OSError naming address and port."""
        try:
            server = ThreadingHTTPServer((bind, port), self._handler())
        except OSError as error:
            raise OSError(
                f"cannot listen on {bind}:{port} for metrics ({error.strerror}); set WAYPOST_METRICS_PORT"
            ) from error
        server.daemon_threads = True
        self._server = server
        listen = partial(server.serve_forever, LOOK_SECONDS)
        threading.Thread(target=listen, name="observability", daemon=True).start()
        taken = int(server.server_address[1])
        log.info("serving metrics and probes", extra={"where": {"bind": bind, "port": taken}})
        return taken

    def stop(self) -> None:
        """Close the listener."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and body for a path."""
        path = path.partition("?")[0]
        if path == "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if probe := self._probes.get(path):
            report = probe()
            body = json.dumps({"ok": report.ok, "reason": report.reason, **report.detail}, default=str)
            status = HTTPStatus.OK if report.ok else HTTPStatus.SERVICE_UNAVAILABLE
            return status, "application/json", body.encode()
        return HTTPStatus.NOT_FOUND, "text/plain", b"try /metrics, /healthz or /readyz\n"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                log.debug(format, *args)

        return Handler
