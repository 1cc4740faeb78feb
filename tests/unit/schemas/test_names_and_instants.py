"""Computed names and the one parser of instants."""

from uuid import UUID

import pytest

from schemas.contract import encode
from schemas.ids import event_id
from schemas.instants import microseconds, read_instant


def test_an_event_id_never_changes() -> None:
    assert event_id("https://shop.example", "e-1") == UUID("cdf7b994-81bd-5259-89d0-ae87accf2b6d")
    assert event_id("https://shop.example", "e-1").version == 5


def test_a_slash_more_in_the_source_is_another_event() -> None:
    assert event_id("a/b", "c") != event_id("a", "b/c")


def test_an_instant_drops_what_is_finer_than_a_microsecond() -> None:
    assert read_instant("2024-12-31T23:59:59.9999999+01:00").isoformat() == "2024-12-31T23:59:59.999999+01:00"
    assert read_instant("9999-12-31T23:59:59.999999999999999Z").microsecond == 999_999


@pytest.mark.parametrize(
    "text", ["2024-12-31", "2024-12-31T00:00:00", "2024-12-31T23:59:60Z", "", "now", "20241231T000000Z"]
)
def test_what_names_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="instant"):
        read_instant(text)


def test_microseconds_count_from_1970_across_offsets() -> None:
    assert microseconds(read_instant("1970-01-01T01:00:00.000001+01:00")) == 1
    assert microseconds(read_instant("0001-01-01T00:00:00+23:59")) < 0


def test_a_sender_may_leave_out_the_version_and_use_python_values() -> None:
    from decimal import Decimal

    assert encode({"id": "1", "time": read_instant("2024-05-02T10:15:00Z"), "data": {"total": Decimal("12.50")}}) == (
        b'{"specversion":"1.0","id":"1","time":"2024-05-02T10:15:00Z","data":{"total":"12.50"}}'
    )
