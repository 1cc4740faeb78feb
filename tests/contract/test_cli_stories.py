"""A person's story from the real views: what the core said of them, read back for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec
import pytest
from support.story import SHOP, at, page, placed, registered, scanned
from support.story import live as lived
from support.warehouse_tables import without_rows
from support.world import World

from deploy.local.clickhouse.process import EngineProcess
from schemas import wire
from schemas.ids import event_id
from schemas.wire import Kind
from services.cli.clickhouse.stories import story
from services.cli.clickhouse.views import ClickHouseViews
from services.cli.commands.journey import find
from services.cli.failure import CommandFailedError
from services.cli.journeys.export import plain
from services.cli.journeys.lines import Look, lines, text
from services.cli.journeys.story import Person
from services.runtime.clickhouse.client import connected
from services.runtime.clickhouse.settings import ClickHouseSettings
from services.warehouse.domain.events import read_with_digests
from services.warehouse.domain.routes import rows_of

CUSTOMER = Person(SHOP, "customer:c1")
MOVED = event_id("/story", "moved")


@pytest.fixture(scope="module")
def engine(clickhouse: EngineProcess) -> EngineProcess:
    with without_rows(clickhouse):
        store(clickhouse, late_and_once_stalled())
    return clickhouse


@pytest.fixture
def views(engine: EngineProcess) -> Iterator[ClickHouseViews]:
    asked = ClickHouseViews(ClickHouseSettings(url=engine.url))
    yield asked
    asked.close()


def late_and_once_stalled() -> World:
    """An order that is late; a scan that came late shows that its parcel did move."""
    world = lived(
        [
            page(at(minutes=-5)),
            placed("o1", at(), promised_by=at(days=6)),
            registered("o1", at(hours=1)),
            scanned(at(days=1)),
        ],
        at(days=7),
    )
    world.send([scanned(at(days=4), id="moved")])
    world.run()
    return world


def store(engine: EngineProcess, world: World) -> None:
    """Insert what a world published, and the events that it was told."""
    messages = (output for log in world.logs for output in log if wire.kind(output.headers) == Kind.EVENTS)
    events = [item for output in messages for item in read_with_digests(output.value or b"")]
    with connected(engine.url) as client:
        for table in rows_of([*events, *world.rows, *world.pains]):
            columns = ", ".join(f"`{name}`" for name in table.columns)
            client.execute(f"INSERT INTO waypost_storage.{table.name} ({columns}) VALUES", table.rows)


@pytest.mark.parametrize("alias", ["customer:c1", "order:o1", "parcel:dhl/1", "session:s1", "o1"])
def test_every_name_of_a_person_leads_to_them(views: ClickHouseViews, alias: str) -> None:
    assert find(views, alias) == CUSTOMER


def test_an_unknown_name_is_answered_with_what_to_try(views: ClickHouseViews) -> None:
    with pytest.raises(CommandFailedError) as failed:
        find(views, "customer:o1")
    assert failed.value.problem == "nobody is known by customer:o1"
    assert failed.value.next_step.startswith("is it order:o1 (shop demo)? See the spelling")


def test_a_shop_that_does_not_know_a_name_says_which_does(views: ClickHouseViews) -> None:
    with pytest.raises(CommandFailedError) as failed:
        find(views, "order:o1", "olist")
    assert (failed.value.problem, failed.value.next_step) == (
        "nobody of shop olist is known by order:o1",
        "it is known with --shop demo",
    )


def test_a_story_tells_what_the_core_found_and_took_back(views: ClickHouseViews) -> None:
    told = text(lines(story(views, CUSTOMER), Look(ZoneInfo("UTC"), "UTC", retracted=True)))
    assert (
        told
        == f"""\
customer:c1 of shop demo
  known as order:o1, parcel:dhl/1, session:s1
  1 journey · 1 pain point, 1 open · 1 retracted · times in UTC, as of 2024-05-09 10:00

Journey 1 of 1 · order o1 · open, stage transit · 50.00 EUR
{"─" * 100}
  since 2024-05-02 09:55, no end yet · 2 touches

  Thu 2024-05-02
  09:55:00  ▸ reached discover
  09:55:00  · page viewed: product
  10:00:00  ▸ reached order
  10:00:00  · order placed: 50.00 EUR
  10:00:00  → promised by 2024-05-08 10:00
  11:00:00  · parcel registered · parcel:dhl/1

  Fri 2024-05-03
  10:00:00  ▸ reached fulfil, transit
  10:00:00  · parcel scanned: in_transit · parcel:dhl/1

  Mon 2024-05-06
  10:00:00  · parcel scanned: in_transit · parcel:dhl/1

  Wed 2024-05-08
  10:00:00  ✗ promise broken: nothing came in the 1 d since
  10:00:00  ✗ DELIVERY LATE · high · open
                at risk: 50.00 EUR
                shown by order placed of 2024-05-02 10:00
                do: Call or write before the customer does: say where it is, give a new date, offer
                something for the wait. Before 2024-05-09 10:00.
  10:00:00  ⊘ parcel stalled, retracted · medium · parcel:dhl/1
                because a scan of 2024-05-06T10:00:00.000Z (event
                {MOVED}) shows that it did not happen"""
    )


def test_the_same_as_data_is_whole(views: ClickHouseViews) -> None:
    told = msgspec.json.decode(msgspec.json.encode(plain(story(views, CUSTOMER), retracted=True)))
    assert (told["shop"], told["person_id"], told["clock"]) == (SHOP, "customer:c1", "2024-05-09T10:00:00.000Z")
    assert told["aliases"] == ["customer:c1", "order:o1", "parcel:dhl/1", "session:s1"]
    (journey,) = told["journeys"]
    assert (journey["order_id"], journey["outcome"], journey["value"]) == ("o1", "open", "50")
    assert journey["reached"]["order"] == "2024-05-02T10:00:00.000Z"
    assert {entry["journey_id"] for entry in told["timeline"]} == {journey["journey_id"]}
    assert [(entry["at"][:16], entry["what"], entry["name"]) for entry in told["timeline"]] == [
        ("2024-05-02T09:55", "event", "storefront.page.viewed"),
        ("2024-05-02T10:00", "event", "storefront.order.placed"),
        ("2024-05-02T10:00", "promise", "promised"),
        ("2024-05-02T11:00", "event", "logistics.parcel.registered"),
        ("2024-05-03T10:00", "event", "logistics.parcel.scanned"),
        ("2024-05-06T10:00", "event", "logistics.parcel.scanned"),
        ("2024-05-08T10:00", "promised", "promise due"),
        ("2024-05-08T10:00", "pain_point", "delivery_late"),
        ("2024-05-08T10:00", "retracted", "parcel_stalled"),
    ]
    (gone,) = told["retracted"]
    assert gone["reason"] == f"a scan of 2024-05-06T10:00:00.000Z (event {MOVED}) shows that it did not happen"
