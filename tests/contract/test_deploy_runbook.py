"""What the runbook and the operator's guide tell people to type works."""

import re
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from clickhouse_driver import Client
from support.deployment import ROOT

from deploy.local.clickhouse.process import EngineProcess
from schemas.topics import ALL
from services.cli.main import COMMANDS
from services.runtime.clickhouse.migrate import migrate

TEXT = "".join((ROOT / "docs" / name).read_text() for name in ("runbook.md", "operations.md"))
QUERIES = re.findall(r'waypost sql "([^"]+)"', TEXT)
TYPED = sorted(set(re.findall(r"(?:^|`|-- )waypost ([a-z]+)\b", TEXT, re.MULTILINE)))


@pytest.fixture(scope="module")
def database(clickhouse: EngineProcess) -> Iterator[Client]:
    """A connection to an engine that has all tables and views."""
    migrate(clickhouse.url)
    client = Client.from_url(clickhouse.url)
    yield client
    client.disconnect()


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_is_answered(database: Client, query: str) -> None:
    database.execute(query)


def test_there_are_queries() -> None:
    assert len(QUERIES) > 8


@pytest.mark.parametrize("command", TYPED)
def test_every_command_exists(command: str) -> None:
    assert command in COMMANDS
    assert find_spec(f"services.cli.commands.{command}")


def test_every_topic_named_exists() -> None:
    named = set(re.findall(r"--topic ([\w.]+)", TEXT))

    assert named
    assert named <= {topic.name for topic in ALL}
