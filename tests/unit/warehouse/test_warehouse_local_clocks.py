"""Offsets of time zones as rows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.warehouse.domain.local_clocks import FIRST, LAST, local_clocks, offsets


def test_a_zone_without_changes_has_one_offset() -> None:
    assert offsets(ZoneInfo("UTC")) == [(FIRST, 0)]


def test_summer_begins_and_ends_at_its_minute() -> None:
    found = offsets(ZoneInfo("Europe/Berlin"))
    assert (datetime(2026, 3, 29, 1, tzinfo=UTC), 7200) in found
    assert (datetime(2026, 10, 25, 1, tzinfo=UTC), 3600) in found


ZONES = ["America/Sao_Paulo", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York"]


@pytest.mark.parametrize("zone", ZONES)
@given(at=st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_latest_offset_at_or_before_an_instant_is_the_zones(zone: str, at: datetime) -> None:
    info = ZoneInfo(zone)
    found = max((change for change in CHANGES[zone] if change[0] <= at), key=lambda change: change[0])
    assert timedelta(seconds=found[1]) == at.astimezone(info).utcoffset()


CHANGES = {zone: offsets(ZoneInfo(zone)) for zone in ZONES}


def test_shops_are_rows_with_the_version_of_their_configuration() -> None:
    table = local_clocks([("main", "UTC")], version=9)
    assert (table.name, table.rows) == ("shops", [("main", "UTC", [0], [0], 9, 0)])
    assert LAST.year == 2050
