"""A receiver of webhooks that verifies what it gets, can be taken down and brought back on its port."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_" + "d2F5cG9zdC10ZXN0LXNlY3JldC13YXlwb3N0"

Answer = tuple[int, Mapping[str, str], bytes]


def taken(_request: Request) -> Answer:
    return 204, {}, b""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received, its signature verified."""

    path: str
    headers: Mapping[str, str]
    message: Mapping[str, Any]

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass(slots=True)
class WebhookServer:
    """Listens on a loopback port while up; `answer` decides what it says."""

    port: int = 0
    answer: Callable[[Request], Answer] = taken
    delay: float = 0.0
    requests: list[Request] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def ids(self) -> list[str]:
        return [request.id for request in self.requests]

    def up(self) -> WebhookServer:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def down(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> WebhookServer:
        return self.up()

    def __exit__(self, *_: object) -> None:
        self.down()

    def _receive(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            message = Webhook(SECRET).verify(body, dict(headers))
        except Exception as problem:  # noqa: BLE001 (whatever it is, the test is to show it)
            self.problems.append(f"{problem!r} {body!r}")
            return 401, {}, b""
        request = Request(path, headers, message)
        self.requests.append(request)
        time.sleep(self.delay)  # a receiver that is slow
        return self.answer(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receive = self._receive

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, answer_headers, answer = receive(self.path, headers, body)
                self.send_response(status)
                for name, value in answer_headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
