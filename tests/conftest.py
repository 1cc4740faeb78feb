"""What tests share: one real broker and one real engine for each session, the order of fast before slow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from deploy.local.clickhouse.process import EngineProcess
    from deploy.local.kafka.process import KafkaProcess

# A broker of a test is gone before a better compilation could pay: it takes half the time of a processor to start.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

SAME_EXAMPLES = bool(os.environ.get("WAYPOST_TEST_SAME_EXAMPLES"))
"""Whether properties are tried on the same examples each time; a change then fails for what is in it."""

# How long an example takes says how busy the machine is.
settings.register_profile(
    "waypost",
    settings.default,
    deadline=None,
    derandomize=SAME_EXAMPLES,
    database=None if SAME_EXAMPLES else settings.default.database,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("waypost")

HERE = Path(__file__).parent
ORDER = ("unit", "property", "contract", "integration", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first, so that a mistake shows early."""
    items.sort(key=lambda item: _rank(item.path))


def _rank(path: Path) -> int:
    folder = path.relative_to(HERE).parts[0] if path.is_relative_to(HERE) else ""
    return ORDER.index(folder) if folder in ORDER else len(ORDER)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaProcess]:
    """A real broker on a free port; tests that stop or kill it start their own."""
    from deploy.local.kafka.process import start

    with start(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """A real engine on a free port; tests that stop or kill it start their own."""
    from deploy.local.clickhouse.process import start

    with start(tmp_path_factory.mktemp("clickhouse")) as engine:
        yield engine


@pytest.fixture
def free_port() -> int:
    """A loopback port that nothing listens on."""
    from deploy.local.kafka.process import free_port

    return free_port()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded real data; beside a checkout that has none the test is skipped.

    Where it is asked for by WAYPOST_TEST_DATA it must be there.
    """
    asked_for = os.environ.get("WAYPOST_TEST_DATA")
    folder = Path(asked_for or HERE.parents[1] / "shared" / "data").resolve()
    if folder.is_dir():
        return folder
    absent = f"no recorded data in {folder}; WAYPOST_TEST_DATA names another folder"
    return pytest.fail(absent) if asked_for else pytest.skip(absent)
