"""Which feeds were heard, and when."""

from dataclasses import replace

import pytest

from schemas.contract import Taken
from schemas.events import SHOPLESS_TYPES
from schemas.wire import HeardItem
from services.ingest.domain.feeds import heard, spoken

HOUR = 3_600_000
NINE = 472_222 * HOUR


def events(*times_ms: int, source: str = "/shop", type_: str = "storefront.page.viewed", **more: object) -> Taken:
    """Events of one type and source, at these times."""
    cell = "/parcel:dhl/1" if type_.startswith("logistics.parcel.") else "main/session:s"
    n = len(times_ms)
    texts, times_us = [b"{}"] * n, [time * 1_000 for time in times_ms]
    late = [True] * n if more.get("late") else ()
    shops = [str(more.get("shop", "main"))] * n
    span = min(times_us), max(times_us)
    ids, types, cells = ["1"] * n, [type_] * n, [cell] * n
    return Taken(range(n), [source] * n, ids, types, shops, times_us, cells, texts, (), late, span)


def told_by(found: Taken) -> list[HeardItem]:
    return heard(spoken(found, {*zip(found.shops, found.sources, strict=True)}))


def test_a_feed_is_told_by_the_first_and_last_minute_of_each_hour() -> None:
    found = events(*(NINE + minute * 60_000 + 59_999 for minute in (7, 3, 41, 60)))
    hours = {472_222: (NINE + 3 * 60_000, NINE + 41 * 60_000), 472_223: (NINE + HOUR, NINE + HOUR)}
    assert told_by(found) == [HeardItem("main/feed:/shop", hours)]


def test_a_parcels_event_is_heard_from_its_source_and_from_its_carrier() -> None:
    scan = events(NINE, source="/dhl-api", type_="logistics.parcel.scanned")
    assert [told.cell for told in told_by(scan)] == ["main/feed:/dhl-api", "main/feed:dhl"]


@pytest.mark.parametrize("type_", sorted(SHOPLESS_TYPES))
def test_a_carrier_is_heard_in_whatever_only_it_can_know(type_: str) -> None:
    assert [told.cell for told in told_by(events(NINE, type_=type_))] == ["main/feed:/shop", "main/feed:dhl"]


def test_a_registration_is_the_word_of_the_shop_only() -> None:
    label = events(NINE, source="/office", type_="logistics.parcel.registered")
    assert [told.cell for told in told_by(label)] == ["main/feed:/office"]


def test_a_carriers_event_without_a_shop_counts_for_the_default_one() -> None:
    scan = events(NINE, source="dhl", type_="logistics.parcel.scanned", shop="")
    assert [told.cell for told in told_by(scan)] == ["main/feed:dhl"]


def test_late_events_are_no_sign_of_life() -> None:
    assert told_by(events(NINE, late=True)) == []


def test_of_some_late_events_the_others_count() -> None:
    found = replace(events(NINE, NINE + 60_000), late=[True, False])
    assert told_by(found) == [HeardItem("main/feed:/shop", {472_222: (NINE + 60_000, NINE + 60_000)})]


def test_the_order_in_which_feeds_spoke_changes_nothing() -> None:
    minutes = [("main", f"/{minute % 3}", NINE // 60_000 + minute) for minute in (200, 7, 65, 130, 3)]
    assert [told.cell for told in heard(set(minutes))] == ["main/feed:/0", "main/feed:/1", "main/feed:/2"]
    assert all(list(told.hours) == sorted(told.hours) for told in heard(set(minutes)))
