"""Starts, stops and kills one embedded ClickHouse; the same data directory started again has the same tables."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
EXIT_PORT_TAKEN = 3
_REPOSITORY = Path(__file__).resolve().parents[3]
_LOG_TAIL_BYTES = 2000


class EngineStartError(RuntimeError):
    """The engine did not come up; the message has the end of its log and where the rest is."""


class PortTakenError(EngineStartError):
    """Something else listens on the port that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} on {HOST} is taken by another process; stop it or choose another port")
        self.port = port


@dataclass(slots=True)
class EngineProcess:
    """A running engine; as a context manager it is stopped at the end."""

    process: subprocess.Popen[bytes]
    port: int
    data_dir: Path
    log: Path

    @property
    def url(self) -> str:
        """What `clickhouse_driver.Client.from_url` takes."""
        return f"clickhouse://default@{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self.process.pid

    def stop(self, timeout: float = STOP_TIMEOUT_S) -> None:
        """SIGTERM, which lets running inserts end, and SIGKILL behind it when `timeout` seconds were not enough."""
        self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close_pipes()

    def kill(self) -> None:
        """SIGKILL: what a crash leaves; the data directory can be started again."""
        self.process.kill()
        self.process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def start(
    data_dir: Path, port: int | None = None, log: Path | None = None, *, outlive_parent: bool = False
) -> EngineProcess:
    """An engine that accepts connections, on `port` or a free one.

    Unless `outlive_parent` is set, the engine also stops by itself when the calling process is gone, however it ended.
    Raises PortTakenError for a port in use and EngineStartError with the end of the log for all else. `log` defaults
    to `engine.log` in the data directory and is appended to.
    """
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    log = log or data_dir / "engine.log"
    command = [sys.executable, "-m", "deploy.local.clickhouse", "--host", HOST, "--port", str(port or 0)]
    command += ["--data", str(data_dir)]
    if not outlive_parent:
        command.append("--stop-with-stdin")
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if outlive_parent else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": _python_path()},
            start_new_session=True,
        )
    engine = EngineProcess(process, port or 0, data_dir, log)
    with ExitStack() as failing:
        failing.callback(engine.kill)
        engine.port = _wait_until_ready(engine)
        failing.pop_all()
    return engine


def _python_path() -> str:
    return os.pathsep.join(filter(None, (str(_REPOSITORY), os.environ.get("PYTHONPATH"))))


def _wait_until_ready(engine: EngineProcess) -> int:
    """The port of the engine's `ready HOST:PORT` line."""
    line = _first_line(engine, time.monotonic() + START_TIMEOUT_S)
    if line.startswith("ready "):
        return int(line.rpartition(":")[2])
    if engine.process.poll() == EXIT_PORT_TAKEN:
        raise PortTakenError(engine.port)
    raise EngineStartError(
        f"the embedded ClickHouse in {engine.data_dir} did not start; its log {engine.log} ends:\n{_tail(engine.log)}"
    )


def _first_line(engine: EngineProcess, deadline: float) -> str:
    """What the engine prints first; empty when it ended, or the time did, without a line."""
    out = engine.process.stdout
    if out is None:
        return ""
    printed = b""
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ)
        while not printed.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                return ""
            piece = os.read(out.fileno(), 200)
            if not piece:
                engine.process.wait(STOP_TIMEOUT_S)
                return ""
            printed += piece
    return printed.decode().strip()


def _tail(log: Path) -> str:
    return log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace")
