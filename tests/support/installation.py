"""An installation of its own for tests, used by its commands: what `waypost` promises its users."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.local.kafka.process import free_port
from services.cli.local.settings import SERVICES
from services.cli.local.state import read_state
from services.runtime.clickhouse.client import connected

ROOT = Path(__file__).parents[2]
_ELSEWHERE = ("KAFKA_BROKERS", "CLICKHOUSE_URL")


class Installation:
    """Calls `waypost` with a home and ports that nothing else has."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        """What `settings` say goes for every process of it."""
        ports = ["KAFKA_PORT", "CLICKHOUSE_PORT", *(f"METRICS_PORT_{name.upper()}" for name in SERVICES)]
        own = {"WAYPOST_HOME": str(home)} | {f"WAYPOST_{name}": str(free_port()) for name in ports}
        self.home = home
        self.environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE} | own
        self.environment |= settings or {}

    def call(self, *arguments: str, timeout: float = 200) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever comes of it."""
        return subprocess.run(
            self.command(*arguments), env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=timeout
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run a command beside the test, which has to end it."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def waypost(self, *arguments: str, timeout: float = 200) -> str:
        """What a command that succeeds prints."""
        done = self.call(*arguments, timeout=timeout)
        assert done.returncode == 0, f"waypost {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def rows(self, query: str) -> list[tuple[str, ...]]:
        """The rows of a question to the views, as text: asked of ClickHouse itself, which is sooner than a command."""
        state = read_state(self.home)
        assert state is not None, f"nothing runs in {self.home}"
        with connected(state.clickhouse_url) as client:
            return [tuple(map(str, row)) for row in client.execute(query)]

    @staticmethod
    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "services.cli", *arguments]


@contextmanager
def running(home: Path, settings: Mapping[str, str] | None = None) -> Iterator[Installation]:
    """An installation that is up, and is stopped at the end."""
    installation = Installation(home, settings)
    try:
        installation.waypost("up")
        yield installation
    finally:
        installation.call("down")
