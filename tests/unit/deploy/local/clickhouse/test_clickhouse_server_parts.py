from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.clickhouse.data_directory import DataInUseError, prepare
from deploy.local.clickhouse.errors import Code, ServerError, not_supported
from deploy.local.clickhouse.options import RemoteBindError, engine_config, parse_options
from deploy.local.clickhouse.quoting import quoted, unescaped, unquoted
from deploy.local.clickhouse.running import RunningQueries
from deploy.local.clickhouse.server import PortTakenError, listen


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("Code: 47. DB::Exception: Unknown `a`. (UNKNOWN)", 47, "DB::Exception: Unknown `a`. (UNKNOWN)"),
        ("Code: 115. DB::Exception: Code: 115. DB::Exception: No 'x'.", 115, "DB::Exception: No 'x'."),
        ("Code: 1. DB::Exception: It says Code: 2. twice", 1, "DB::Exception: It says Code: 2. twice"),
        ("No active streaming query", 1001, "No active streaming query"),
    ],
)
def test_engine_errors_keep_their_codes(text: str, code: int, message: str) -> None:
    error = ServerError.from_engine(text)
    assert (error.code, error.message) == (code, message)


def test_refusal_says_what_and_what_instead() -> None:
    error = not_supported("X", "use Y")
    assert error.code == Code.NOT_IMPLEMENTED.value
    assert error.message == (
        "DB::Exception: X is not supported by the embedded ClickHouse of Waypost; use Y (NOT_IMPLEMENTED)"
    )


@given(st.text())
def test_quoted_text_means_itself(text: str) -> None:
    assert unquoted(quoted(text)) == text


def test_quotes_and_escapes() -> None:
    assert quoted("a`b", "`") == "`a\\`b`"
    assert unescaped(r"a\tb\n\\n\'") == "a\tb\n\\n'"
    assert unquoted("5") == "5"


def test_only_loopback_is_allowed_without_a_word() -> None:
    for host in ("127.0.0.1", "127.3.2.1", "::1", "localhost"):
        assert parse_options(["--data", "x", "--host", host]).host == host
    for host in ("0.0.0.0", "::", "10.0.0.1", "example.com"):
        with pytest.raises(RemoteBindError):
            parse_options(["--data", "x", "--host", host])
    assert parse_options(["--data", "x", "--host", "0.0.0.0", "--allow-remote"]).host == "0.0.0.0"


def test_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_PASSWORD", "from there")
    assert parse_options(["--data", "x"]).password == "from there"
    assert parse_options(["--data", "x", "--password", "here"]).password == "here"


def test_engine_is_told_its_limits() -> None:
    config = engine_config(parse_options(["--data", "x", "--memory-mb", "512", "--threads", "3"]))
    assert "<max_server_memory_usage>536870912</max_server_memory_usage>" in config
    assert "<max_threads>3</max_threads>" in config


def test_data_directory_is_locked_and_swept(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "left.native").touch()
    directory = prepare(tmp_path, "<clickhouse/>")
    assert not list(directory.spool.iterdir())
    with pytest.raises(DataInUseError, match=r"in use by the engine with process id \d+"):
        prepare(tmp_path, "")
    directory.lock.close()
    prepare(tmp_path, "").lock.close()


def test_taken_port_is_named() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 is taken"):
            listen("127.0.0.1", port)


def watched(last_words: bytes | None, patience: float) -> tuple[bool, bool]:
    """A query whose client says this, or leaves: whether it counts as cancelled, and whether it was killed in time."""
    killed: list[str] = []
    heard = threading.Event()

    def kill(marker: str) -> None:
        killed.append(marker)
        heard.set()

    queries = RunningQueries(kill)
    server, client = socket.socketpair()
    with server, client, queries.run(server, "") as query:
        query.watched = True
        if last_words is None:
            client.close()
        else:
            client.sendall(last_words)
        heard.wait(patience)
        queries.stop_watching()
        assert set(killed) <= {query.marker}
        return query.cancelled, bool(killed)


@pytest.mark.parametrize("last_words", [b"\x03", None])
def test_query_of_a_client_that_cancels_or_leaves_is_killed(last_words: bytes | None) -> None:
    assert watched(last_words, patience=20) == (True, True)


def test_query_of_a_client_that_says_something_else_goes_on() -> None:
    assert watched(b"\x02", patience=0.5) == (False, False)


def test_second_query_with_the_same_id_is_refused() -> None:
    queries = RunningQueries(lambda marker: None)
    server, client = socket.socketpair()
    with server, client:
        with queries.run(server, "a"):
            with pytest.raises(ServerError) as refused, queries.run(server, "a"):
                pass
            assert refused.value.code == 216
        with queries.run(server, "a"):
            pass
    queries.stop_watching()
