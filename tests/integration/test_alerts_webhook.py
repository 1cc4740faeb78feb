"""The webhook adapter against a real HTTP server on loopback: what only real sockets show."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.webhook_server import SECRET, Request, WebhookServer

from services.alerts.adapters.webhook import Target, WebhookReceiver
from services.alerts.domain.results import Delivered, Gone, Result, Undelivered

ROOT = Path(__file__).parents[2]
BODY = b'{"type":"waypost.test","data":{"name":"J\xc3\xbcrgen"}}'


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer() as up:
        yield up


def post(url: str, allow_private: bool = True, timeout: float = 5.0, times: int = 1) -> Result:
    async def attempts() -> Result:
        async with WebhookReceiver(Target("care", url, SECRET, timeout, allow_private)) as receiver:
            for _ in range(times):
                result = await receiver.post("firing_1", BODY, datetime.now(UTC))
            return result

    return asyncio.run(attempts())


def test_a_request_is_signed_so_that_the_library_verifies_it(server: WebhookServer) -> None:
    assert post(server.url) == Delivered(204)

    [request] = server.requests
    assert request.message == json.loads(BODY)
    assert (request.path, request.id, request.headers["content-type"]) == ("/hook", "firing_1", "application/json")
    assert abs(int(request.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60


def test_loopback_is_refused_unless_allowed_and_nothing_is_sent(server: WebhookServer) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0x7f000001", "2130706433"):
        result = post(f"http://{host}:{server.port}/hook", allow_private=False)

        assert isinstance(result, Undelivered), host
        assert "refused" in result.error, host
    assert server.requests == []


def test_link_local_and_unspecified_addresses_are_refused_even_if_private_ones_are_allowed() -> None:
    for host in ("169.254.169.254", "[fe80::1]", "0.0.0.0", "[::]"):
        result = post(f"http://{host}/latest/meta-data")

        assert isinstance(result, Undelivered)
        assert result.error.startswith("requests to "), host


def test_the_address_that_is_connected_to_is_judged_at_every_connection(
    server: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that gives a public address first and loopback later must not get through."""
    answers = iter(["192.0.2.1", "127.0.0.1"])
    resolved: list[str] = []

    async def lying(self: asyncio.AbstractEventLoop, host: str, port: int, **_: object) -> list[object]:
        if not host[0].isdigit():
            resolved.append(host)
            host = next(answers)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lying)

    result = post(f"http://rebinding.example:{server.port}/hook", allow_private=False, times=2)

    assert resolved == ["rebinding.example"] * 2
    assert result == Undelivered(
        "requests to rebinding.example are refused: 127.0.0.1 is private; "
        "set allow_private on this receiver if that is meant"
    )
    assert server.requests == []


def test_redirects_are_not_followed(server: WebhookServer) -> None:
    with WebhookServer() as inside:
        server.answer = lambda _: (307, {"location": inside.url}, b"")

        assert post(server.url) == Undelivered("307: redirects are not followed; set the final URL")
        assert inside.requests == []


def test_environment_proxies_are_not_used(server: WebhookServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert post(server.url) == Delivered(204)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, Delivered(200, "hello")),
        (500, {}, Undelivered("500 Internal Server Error", excerpt="hello")),
        (503, {"retry-after": "17"}, Undelivered("503 Service Unavailable", 17.0, "hello")),
        (429, {"retry-after": "999999"}, Undelivered("429 Too Many Requests", 3600.0, "hello")),
        (429, {"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}, Undelivered("429 Too Many Requests", 0.0, "hello")),
        (400, {}, Undelivered("400 Bad Request", excerpt="hello")),
        (401, {}, Undelivered("401 Unauthorized", excerpt="hello")),
        (410, {}, Gone("410 Gone: the receiver wants no more of this", "hello")),
    ],
)
def test_what_an_answer_means(server: WebhookServer, status: int, headers: dict[str, str], expected: Result) -> None:
    server.answer = lambda _: (status, headers, b"hello")

    assert post(server.url) == expected


def test_an_answer_that_does_not_come_in_time_is_no_delivery(server: WebhookServer) -> None:
    server.delay = 2

    assert post(server.url, timeout=0.2) == Undelivered("no answer within 0.2 s")


def test_an_answer_that_drips_is_cut_off_at_the_timeout() -> None:
    """Each byte comes in time, the whole never does."""
    between_bytes, timeout = 0.02, 0.3
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        async def drip() -> Result:
            async def serve() -> None:
                connection, _ = await asyncio.to_thread(listener.accept)
                with connection:
                    for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"x" * 1000:
                        connection.send(bytes((byte,)))
                        await asyncio.sleep(between_bytes)  # how slow it is, is what is tested

            dripping = asyncio.create_task(serve())
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with WebhookReceiver(Target("care", url, SECRET, timeout, True)) as receiver:
                result = await receiver.post("firing_1", BODY, datetime.now(UTC))
            dripping.cancel()
            return result

        assert asyncio.run(drip()) == Undelivered("no answer within 0.3 s")


def test_only_the_beginning_of_an_answer_is_read(server: WebhookServer) -> None:
    server.answer = lambda _: (200, {}, b"x" * 1_000_000)

    result = post(server.url)

    assert isinstance(result, Delivered)
    assert len(result.excerpt) == 2048


def test_a_server_that_is_not_there_or_speaks_no_http_is_no_delivery(free_port: int) -> None:
    absent = post(f"http://127.0.0.1:{free_port}")
    unknown = post("http://no-such-host.invalid")

    assert isinstance(absent, Undelivered)
    assert absent.error.startswith("ConnectError")
    assert isinstance(unknown, Undelivered)
    assert "no-such-host.invalid cannot be resolved" in unknown.error


def test_a_connection_that_the_server_closed_meanwhile_is_no_failure(server: WebhookServer) -> None:
    def closing(_: Request) -> tuple[int, dict[str, str], bytes]:
        return 200, {"connection": "close"}, b""

    server.answer = closing

    assert post(server.url, times=3) == Delivered(200)


def trial(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.cli", "alerts", "test", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_command_says_what_came_back(server: WebhookServer) -> None:
    server.answer = lambda _: (200, {}, b"noted")
    given = {"WAYPOST_WEBHOOK_URL": server.url, "WAYPOST_WEBHOOK_SECRET": SECRET}

    refused = trial([], **given)
    sent = trial(["--receiver", "default"], **given, WAYPOST_WEBHOOK_ALLOW_PRIVATE="true")

    assert refused.returncode == 1
    assert "127.0.0.1 is private; set allow_private" in refused.stdout
    assert (sent.returncode, sent.stderr) == (0, "")
    assert "default: delivered in " in sent.stdout
    assert "it answered: noted" in sent.stdout
    [request] = server.requests
    assert request.message["type"] == "waypost.test"


def test_the_command_says_what_is_missing() -> None:
    unset = trial([], WAYPOST_WEBHOOK_URL="")

    assert unset.returncode == 1
    assert "receiver default is not configured: set WAYPOST_WEBHOOK_URL" in unset.stdout
