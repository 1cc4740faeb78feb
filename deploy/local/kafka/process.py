"""Starts, stops and kills one Kafka broker; the same data directory started again has the same topics and records."""

from __future__ import annotations

import random
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.local.kafka.broker_config import HOST, server_properties
from deploy.local.kafka.jars import fetch_jars
from deploy.local.kafka.java import find_java

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
_LOWEST_PORT, _HIGHEST_PORT = 15_000, 32_000
_LOG4J = Path(__file__).with_name("log4j2.xml")
_QUICK = "-XX:TieredStopAtLevel=1"
"""One compilation only: the second takes half a core for minutes, and what it makes saves a tenth of the little that is
left."""


class KafkaStartError(RuntimeError):
    """The broker did not come up; the message has the end of its log and where the rest is."""


class PortTakenError(KafkaStartError):
    """Something else listens on the port that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} on {HOST} is taken by another process; stop it or choose another port")
        self.port = port


@dataclass(slots=True)
class KafkaProcess:
    """A running broker; as a context manager it is stopped at the end."""

    process: subprocess.Popen[bytes]
    port: int
    data_dir: Path
    log: Path

    @property
    def bootstrap(self) -> str:
        """What clients connect to."""
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """The broker's process id."""
        return self.process.pid

    def stop(self, timeout: float = STOP_TIMEOUT_S) -> None:
        """SIGTERM, which closes the logs cleanly, and SIGKILL behind it when `timeout` seconds were not enough."""
        self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves; the data directory can be started again."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def start(data_dir: Path, port: int | None = None, log: Path | None = None, heap: str = "256m") -> KafkaProcess:
    """A broker that answers metadata requests, on `port` or a free one; formats `data_dir` when it is new.

    Raises PortTakenError for a port in use and KafkaStartError with the end of the log for all else. `log` defaults to
    `kafka.log` in the data directory and is appended to.
    """
    if port is not None and not port_is_free(port):
        raise PortTakenError(port)
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    properties = data_dir / "server.properties"
    properties.write_text(server_properties(data_dir / "log", port, free_port()))
    log = log or data_dir / "kafka.log"
    java = _java_command(heap)
    if not (data_dir / "log" / "meta.properties").exists():
        _format_storage(java, properties, log)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*java, "kafka.Kafka", str(properties)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    broker = KafkaProcess(process, port, data_dir, log)
    with ExitStack() as failing:
        failing.callback(broker.kill)
        _wait_until_ready(broker)
        failing.pop_all()
    return broker


def free_port() -> int:
    """A loopback port that nothing listened on a moment ago.

    It is below those that the system gives to outgoing connections: a client that keeps trying to reach a server which
    was killed could otherwise be given the server's own port, and keep it.
    """
    while not port_is_free(port := random.randrange(_LOWEST_PORT, _HIGHEST_PORT)):
        pass
    return port


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(bootstrap: str, timeout: float = 1.0) -> bool:
    """Whether a broker at `bootstrap` lists at least one live node within `timeout` seconds."""
    host, _, port = bootstrap.split(",", maxsplit=1)[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout).close()
        # librdkafka prints every refused connection; a broker that is starting refuses many.
        listed = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=timeout)
    except (OSError, KafkaException):
        return False
    return bool(listed.brokers)


def _java_command(heap: str) -> list[str]:
    jars = fetch_jars()
    return [
        str(find_java()),
        f"-Xmx{heap}",
        "-XX:+UseSerialGC",
        _QUICK,
        "-XX:+ExitOnOutOfMemoryError",
        "--enable-native-access=ALL-UNNAMED",  # newer runtimes warn about the compression libraries without it
        f"-Dlog4j2.configurationFile={_LOG4J}",
        "-cp",
        ":".join(str(jar) for jar in jars),
    ]


def _format_storage(java: list[str], properties: Path, log: Path) -> None:
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    # An id that begins with a dash would be read as an option.
    command = [
        *java,
        "kafka.tools.StorageTool",
        "format",
        f"--cluster-id=W{cluster[1:]}",
        "--config",
        str(properties),
    ]
    with log.open("ab") as out:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=START_TIMEOUT_S)
    if done.returncode != 0:
        raise KafkaStartError(f"Kafka's storage could not be formatted ({log}):\n{_tail(log)}")


def _wait_until_ready(broker: KafkaProcess) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not answers(broker.bootstrap):
        if (code := broker.process.poll()) is not None:
            raise KafkaStartError(f"Kafka ended with {code} while starting ({broker.log}):\n{_tail(broker.log)}")
        if time.monotonic() > deadline:
            late = f"Kafka was not ready after {START_TIMEOUT_S:.0f} s"
            raise KafkaStartError(f"{late} ({broker.log}):\n{_tail(broker.log)}")
        time.sleep(0.1)


def _tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"
