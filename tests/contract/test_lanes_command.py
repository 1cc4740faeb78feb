"""`waypost lanes` on the real engine, and its file as journey reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_driver import Client
from support.warehouse_tables import without_rows

from deploy.local.clickhouse.process import EngineProcess
from services.cli.clickhouse.views import ClickHouseViews
from services.cli.commands.lanes import Lane, delivered_lanes
from services.cli.failure import CommandFailedError
from services.cli.main import run
from services.journey.adapters.lanes_file import load_lanes
from services.journey.domain.instants import HOUR
from services.journey.domain.pain.delivery_at_risk import lane_name
from services.runtime.clickhouse.settings import ClickHouseSettings

LAST = datetime(2017, 11, 20, 12, tzinfo=UTC)
WORDS = ("carrier", "service_level", "origin", "destination")
EXPRESS = ("dhl", "express", "10115", "Österreich")
BARE = ("post", "", "", "")


@pytest.fixture(scope="module")
def engine(clickhouse: EngineProcess) -> EngineProcess:
    """Its parcels are those of this module."""
    with without_rows(clickhouse) as client:
        fill(client)
    return clickhouse


def fill(client: Client) -> None:
    """Ten parcels took 1 to 10 hours; others must not count."""
    express = [parcel(f"e{n}", EXPRESS, hours=n) for n in range(1, 11)]
    bare = [parcel(f"b{n}", BARE, hours=1.25, shop="other", ago=days(700 + n)) for n in range(3)]
    beside = [
        parcel("old", EXPRESS, hours=99, ago=days(90)),
        parcel("heard of once", EXPRESS, hours=0),
        {**parcel("on its way", EXPRESS, hours=99), "delivered_at": None},
        {**parcel("replaced", EXPRESS, hours=99), "version": 1},
        {**parcel("replaced", EXPRESS, hours=99), "version": 2, "deleted": 1},
    ]
    rows = [*express, *bare, *beside]
    client.execute(f"INSERT INTO waypost_storage.parcels ({', '.join(rows[0])}) VALUES", rows)


def parcel(
    number: str, lane: tuple[str, ...], hours: float, shop: str = "main", ago: timedelta = timedelta(0)
) -> dict[str, object]:
    """A delivered parcel; those without `ago` are the latest of their shop."""
    delivered = LAST - ago
    return {
        "shop": shop,
        "version": 1,
        "deleted": 0,
        "parcel_id": f"{lane[0]}/{number}",
        "order_id": "o1",
        "tracking_number": number,
        **dict(zip(WORDS, lane, strict=True)),
        "registered_at": delivered - days(40),
        "handed_over_at": delivered - timedelta(hours=hours),
        "delivered_at": delivered,
        "status": "delivered",
    }


def days(number: int) -> timedelta:
    return timedelta(days=number)


@pytest.fixture
def views(engine: EngineProcess) -> Iterator[ClickHouseViews]:
    views = ClickHouseViews(ClickHouseSettings(url=engine.url))
    yield views
    views.close()


@pytest.fixture
def config(engine: EngineProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the configuration, as the command finds it."""
    monkeypatch.setenv("CLICKHOUSE_URL", engine.url)
    monkeypatch.setenv("WAYPOST_CONFIG", str(tmp_path))
    monkeypatch.setenv("WAYPOST_HOME", str(tmp_path / "home"))
    return tmp_path


def test_lanes_have_the_quantiles_of_what_was_delivered_lately_by_each_shops_own_time(views: ClickHouseViews) -> None:
    assert delivered_lanes(views, "", days=90, least=3) == [
        Lane(*EXPRESS, 10, 6.0, 9.0, 10.0),
        Lane(*BARE, 3, 1.25, 1.25, 1.25),
    ]


def test_a_shop_has_its_own(views: ClickHouseViews) -> None:
    assert [lane.carrier for lane in delivered_lanes(views, "other", days=90, least=3)] == ["post"]


def test_the_window_ends_before_it_reaches_what_is_exactly_that_old(views: ClickHouseViews) -> None:
    assert [lane.parcels for lane in delivered_lanes(views, "main", days=91, least=1)] == [11]
    assert [lane.parcels for lane in delivered_lanes(views, "main", days=90, least=1)] == [10]


def test_lanes_with_few_parcels_are_left_out(views: ClickHouseViews) -> None:
    assert [lane.carrier for lane in delivered_lanes(views, "", days=90, least=4)] == ["dhl"]


def test_no_lane_at_all_is_a_failure_that_says_what_to_try(views: ClickHouseViews) -> None:
    with pytest.raises(CommandFailedError, match="no lane has 20 parcels of shop main") as failure:
        delivered_lanes(views, "main", days=90, least=20)
    assert "--min" in failure.value.next_step


def test_without_write_nothing_is_written(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lanes", "--min", "3"]) == 0
    told = capsys.readouterr()
    assert "Österreich" in told.out
    assert "--write" in told.err
    assert not (config / "lanes.yaml").exists()


def test_what_is_written_is_what_journey_reads_and_the_same_every_time(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = []
    for _ in range(2):
        assert run(["lanes", "--min", "3", "--write"]) == 0
        texts.append((config / "lanes.yaml").read_text(encoding="utf-8"))
    assert load_lanes(config) == {lane_name(*EXPRESS): 9 * HOUR, lane_name(*BARE): 2 * HOUR}
    assert texts[0] == texts[1]
    assert "`waypost lanes --days 90 --min 3 --write`" in texts[0]
    assert "restart journey" in capsys.readouterr().err
    assert [path.name for path in config.iterdir() if path.is_file()] == ["lanes.yaml"]


def test_when_there_are_no_lanes_the_file_stays(config: Path) -> None:
    (config / "lanes.yaml").write_text("lanes: []\n")
    assert run(["lanes", "--shop", "nobody", "--write"]) == 1
    assert (config / "lanes.yaml").read_text() == "lanes: []\n"


def test_a_folder_that_is_not_there_is_named(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAYPOST_CONFIG", str(config / "absent"))
    assert run(["lanes", "--min", "3", "--write"]) == 1
    assert "WAYPOST_CONFIG" in capsys.readouterr().err
