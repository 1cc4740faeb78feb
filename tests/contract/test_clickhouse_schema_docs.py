"""Every query in the analysts' page runs, and every view has one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_driver import Client
from support.warehouse_tables import without_rows

from deploy.local.clickhouse.process import EngineProcess

PAGE = Path(__file__).parents[2] / "docs" / "analysts.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def client(clickhouse: EngineProcess) -> Iterator[Client]:
    with without_rows(clickhouse) as client:
        yield client


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: " ".join(query.split())[:60])
def test_a_query_of_the_page_runs(client: Client, query: str) -> None:
    client.execute(query)


def test_each_view_is_asked_for(client: Client) -> None:
    views = {name for (name,) in client.execute("SELECT name FROM system.tables WHERE database = 'waypost'")}
    asked = set(re.findall(r"waypost\.([a-z_]+)", "\n".join(QUERIES)))
    assert views - asked == set()
    assert asked - views == set()
