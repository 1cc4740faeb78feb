"""The ledger says of each sending of an event what became of it, however far apart they were and whichever came first.

On the real engine: which position is the earliest is what its merges and joins leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import msgspec
import pytest
from clickhouse_driver import Client
from support.warehouse_items import AT, event, position
from support.warehouse_log import DAY
from support.warehouse_tables import store, without_rows

from deploy.local.clickhouse.process import EngineProcess

TABLES = ("events", "ledger")


@pytest.fixture
def client(clickhouse: EngineProcess) -> Iterator[Client]:
    """A client of a warehouse without a row."""
    with without_rows(clickhouse) as client:
        yield client


def sent(partition: int, days: int, **changed: Any) -> msgspec.Struct:
    """The same event once more, in that partition, so many days later."""
    return event(position(partition * 10, partition=partition, at=AT + days * DAY), **changed)


def merge(client: Client) -> None:
    for table in TABLES:
        client.execute(f"OPTIMIZE TABLE waypost_storage.{table} FINAL")


def answers(client: Client) -> dict[int, str]:
    """By partition: what became of its one position."""
    return dict(client.execute("SELECT partition, answer FROM waypost.answers"))


def summed(client: Client, view: str) -> dict[str, int]:
    names = ("stored", "duplicate", "conflict", "positions")
    [found] = client.execute(f"SELECT {', '.join(f'sum({name})' for name in names)} FROM waypost.{view}")
    return dict(zip(names, found, strict=True))


def partitions(order: tuple[Any, ...]) -> str:
    return "-".join(str(item.position.partition) for item in order)


FIRST = sent(2, 0)
REPEATED = sent(0, 6)
REPEATED_LATER = sent(3, 89)
OTHER = sent(1, 30, digest=b"another!")


@pytest.mark.parametrize("order", [*permutations((FIRST, REPEATED, OTHER, REPEATED_LATER))], ids=partitions)
def test_repeats_days_apart_and_in_other_partitions_are_told_from_the_first_in_whatever_order_they_come(
    client: Client, order: tuple[msgspec.Struct, ...]
) -> None:
    for item in order:
        store(client, item)
    for _ in range(2):
        assert answers(client) == {0: "duplicate", 1: "conflict", 2: "stored", 3: "duplicate"}
        for view in ("outcomes", "balance"):
            assert summed(client, view) == {"stored": 1, "duplicate": 2, "conflict": 1, "positions": 4}
        merge(client)


@pytest.mark.parametrize(
    ("content", "became"),
    [
        pytest.param({}, {0: "duplicate", 1: "conflict", 2: "duplicate", 3: "duplicate", 4: "stored"}, id="the same"),
        pytest.param(
            {"digest": b"another!"},
            {0: "conflict", 1: "duplicate", 2: "conflict", 3: "conflict", 4: "stored"},
            id="what was the conflict",
        ),
    ],
)
@pytest.mark.parametrize("merged", [False, True], ids=["in parts", "merged"])
def test_an_earlier_position_that_arrives_last_takes_the_place_of_the_first(
    client: Client, content: dict[str, Any], became: dict[int, str], merged: bool
) -> None:
    store(client, FIRST, REPEATED, OTHER, REPEATED_LATER)
    if merged:
        merge(client)
    store(client, sent(4, -12, **content))
    for again in (OTHER, FIRST):
        assert answers(client) == became
        for view in ("outcomes", "balance"):
            counted = {name: list(became.values()).count(name) for name in ("stored", "duplicate", "conflict")}
            assert summed(client, view) == {**counted, "positions": 5}
        store(client, again)
