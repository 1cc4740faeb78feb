"""Logs: one JSON object a line, whoever writes it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.runtime import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root, kept = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    out = io.StringIO()
    logs.configure("ingest", "INFO", out)
    yield out
    root.handlers[:], level = kept
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_structlog_and_stdlib_lines_have_one_shape(stream: io.StringIO) -> None:
    structlog.get_logger("waypost.a").info("read", offset=7)
    logging.getLogger("waypost.b").info("wrote %d", 3, extra={"where": {"topic": "t", "partition": 1}})
    first, second = lines(stream)
    assert {k: first[k] for k in ("event", "level", "service", "logger", "offset")} == {
        "event": "read", "level": "info", "service": "ingest", "logger": "waypost.a", "offset": 7,
    }  # fmt: skip
    assert {k: second[k] for k in ("event", "level", "service", "logger", "topic", "partition")} == {
        "event": "wrote 3", "level": "info", "service": "ingest", "logger": "waypost.b", "topic": "t", "partition": 1,
    }  # fmt: skip


def test_an_exception_stays_on_its_line(stream: io.StringIO) -> None:
    try:
        raise ValueError("no\nluck")
    except ValueError:
        logging.getLogger("waypost.b").exception("failed")
    [line] = lines(stream)
    assert "ValueError: no\nluck" in str(line["exception"])


def test_libraries_are_quiet_below_warning(stream: io.StringIO) -> None:
    logging.getLogger("aiokafka.consumer").info("joined")
    logging.getLogger("aiokafka.consumer").warning("lost")
    assert [line["event"] for line in lines(stream)] == ["lost"]
