"""A timeline says of a person what `events_by_person` says, however the person's names and events changed.

On the real engine: which order a part is read in, and what is read at all, is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from clickhouse_driver import Client
from support.warehouse_items import AT, event, one_of_each, position
from support.warehouse_log import SHOPS, interleaved, streams
from support.warehouse_tables import store, without_databases, without_rows

from deploy.local.clickhouse.process import EngineProcess
from schemas import rows
from services.runtime.clickhouse.migrate import migrate
from services.runtime.clickhouse.migration_files import read_migrations

BEFORE_TIMELINES = 12
"""Migrations without any order by names."""


@pytest.fixture
def empty(clickhouse: EngineProcess) -> Iterator[Client]:
    """A client of an engine without our databases."""
    with without_databases(clickhouse) as client:
        yield client


@pytest.fixture
def client(clickhouse: EngineProcess) -> Iterator[Client]:
    """A client of a warehouse without a row."""
    with without_rows(clickhouse) as client:
        yield client


def merge(client: Client) -> None:
    for table in ("events", "persons", "parcels"):
        client.execute(f"OPTIMIZE TABLE waypost_storage.{table} FINAL")


def timeline(client: Client, person: str, shop: str = "main") -> list[tuple[Any, ...]]:
    query = "SELECT * FROM waypost.timeline(shop = %(shop)s, person = %(person)s) ORDER BY source, id"
    return client.execute(query, {"shop": shop, "person": person})  # type: ignore[no-any-return]


def of_person(client: Client, person: str, shop: str = "main") -> list[tuple[Any, ...]]:
    query = (
        "SELECT * FROM waypost.events_by_person WHERE shop = %(shop)s AND person_id = %(person)s ORDER BY source, id"
    )
    return client.execute(query, {"shop": shop, "person": person})  # type: ignore[no-any-return]


def ids(client: Client, person: str, shop: str = "main") -> list[str]:
    found = timeline(client, person, shop)
    assert found == of_person(client, person, shop)
    return [row[3] for row in found]


def known(alias: str, person: str, version: int = 1, **changed: Any) -> rows.PersonRow:
    return rows.PersonRow(**{"shop": "main", "version": version, "alias": alias, "person_id": person, **changed})


def told(offset: int, id: str, alias: str, **changed: Any) -> msgspec.Struct:
    return event(position(offset), id, cell=f"main/{alias}", **changed)


def test_all_persons_of_a_log_have_the_timelines_that_events_by_person_says(client: Client) -> None:
    log = interleaved(1, streams())
    for first in range(0, len(log), 30):
        store(client, *log[first : first + 30])
    everybody = client.execute("SELECT DISTINCT shop, person_id FROM waypost.persons")

    def shown() -> int:
        return sum(len(ids(client, person, shop)) for shop, person in everybody)

    assert (once := shown()) > 10
    store(client, *log)
    assert shown() == once
    merge(client)
    assert shown() == once


def test_what_was_read_twice_shows_once(client: Client) -> None:
    items = [told(0, "e1", "order:A-1"), told(1, "e2", "order:A-1"), known("order:A-1", "customer:c1")]
    for _ in range(3):
        store(client, *items)
        assert ids(client, "customer:c1") == ["e1", "e2"]


def test_a_conflict_shows_as_the_earliest_position_has_it_and_with_whom_that_names(client: Client) -> None:
    names = [known("order:A-1", "customer:c1"), known("order:A-2", "customer:c2")]
    later = told(9, "e1", "order:A-1", digest=b"another!")
    store(client, later, *names)
    assert (ids(client, "customer:c1"), ids(client, "customer:c2")) == (["e1"], [])
    store(client, told(0, "e1", "order:A-2"))
    for _ in range(2):
        assert (ids(client, "customer:c1"), ids(client, "customer:c2")) == ([], ["e1"])
        store(client, later)
    merge(client)
    assert (ids(client, "customer:c1"), ids(client, "customer:c2")) == ([], ["e1"])


def test_events_follow_their_alias_to_another_person(client: Client) -> None:
    store(client, told(0, "e1", "session:s1"), told(1, "e2", "order:A-1"))
    anonymous = known("session:s1", "anonymous:a1")
    store(client, anonymous, known("order:A-1", "customer:c1"))
    assert (ids(client, "anonymous:a1"), ids(client, "customer:c1")) == (["e1"], ["e2"])
    store(client, known("session:s1", "customer:c1", 2))
    for _ in range(2):
        assert (ids(client, "anonymous:a1"), ids(client, "customer:c1")) == ([], ["e1", "e2"])
        store(client, anonymous)
    store(client, known("session:s1", "customer:c1", 3, deleted=True))
    assert ids(client, "customer:c1") == ["e2"]


def test_the_same_names_in_two_shops_are_two_timelines(client: Client) -> None:
    store(client, known("order:A-1", "customer:c1"), known("order:A-1", "customer:c1", 5, shop="olist"))
    store(client, told(0, "e1", "order:A-1"), event(position(1), "e2", shop="olist", cell="olist/order:A-1"))
    assert (ids(client, "customer:c1"), ids(client, "customer:c1", "olist")) == (["e1"], ["e2"])


def test_a_carriers_scan_is_in_the_timeline_of_the_shop_that_had_registered_the_parcel(client: Client) -> None:
    [parcel] = [row for row in one_of_each(1, 1) if isinstance(row, rows.ParcelRow)]
    number = f"{parcel.carrier}/{parcel.tracking_number}"
    data = msgspec.json.encode({"carrier": parcel.carrier, "tracking_number": parcel.tracking_number})

    def scan(offset: int, at: int) -> msgspec.Struct:
        cell = f"/parcel:{number}"
        return event(position(offset), f"s{offset}", shop="", data=data, cell=cell, time_us=at * 1000, source="dhl")

    store(client, scan(0, AT - 1), scan(1, AT + 50), scan(2, AT + 100))
    store(client, *(known(f"parcel:{number}", "customer:c1", shop=shop) for shop in SHOPS))
    assert ids(client, "customer:c1") == []
    store(client, msgspec.structs.replace(parcel, shop="main", registered_at=AT))
    assert ids(client, "customer:c1") == ["s0", "s1", "s2"]
    again = {"shop": "olist", "registered_at": AT + 100, "parcel_id": f"{number}@2023-11-14T22:13:20.100Z"}
    store(client, msgspec.structs.replace(parcel, **again))
    assert (ids(client, "customer:c1"), ids(client, "customer:c1", "olist")) == (["s0", "s1"], ["s2"])


def test_nobody_has_no_timeline(client: Client) -> None:
    store(client, told(0, "e1", "order:A-1"))
    assert timeline(client, "") == timeline(client, "customer:it's none") == []


def test_what_was_stored_before_the_upgrade_is_found(empty: Client, clickhouse: EngineProcess) -> None:
    migrate(clickhouse.url, read_migrations()[:BEFORE_TIMELINES])
    store(empty, told(0, "e1", "order:A-1"), known("order:A-1", "customer:c1"))
    migrate(clickhouse.url)
    assert ids(empty, "customer:c1") == ["e1"]


def test_a_timeline_reads_a_small_part_of_what_is_stored(client: Client) -> None:
    """The orders by names are there for this: without one of them a question reads every row of a table."""
    many = 40_000
    for table, columns, values in (
        ("persons", "alias, person_id", "concat('order:', n), concat('customer:', n)"),
        ("events", "source, id, event_id, alias", "'s', n, generateUUIDv4(), concat('order:', n)"),
        ("parcels", "parcel_id, carrier, tracking_number", "concat('dhl/', n), 'dhl', n"),
    ):
        client.execute(
            f"INSERT INTO waypost_storage.{table} (shop, version, {columns}) "
            f"SELECT 'main', 1, {values} FROM (SELECT toString(number) AS n FROM numbers({many}))"
        )
    merge(client)
    client.execute("SYSTEM STOP MERGES")
    try:
        before = rows_read(client)
        assert [row[3] for row in timeline(client, "customer:4711")] == ["4711"]
        assert rows_read(client) - before < 0.3 * many
    finally:
        client.execute("SYSTEM START MERGES")


def rows_read(client: Client) -> int:
    [(count,)] = client.execute("SELECT value FROM system.events WHERE event = 'SelectedRows'")
    return int(count)
