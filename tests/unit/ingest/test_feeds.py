"""Which feeds were heard, and when."""

from schemas.wire import EventItem, HeardItem, Position
from services.ingest.domain.feeds import heard, spoken

HOUR = 3_600_000
NINE = 472_222 * HOUR


def item(time_ms: int, *, source: str = "/shop", type_: str = "storefront.page.viewed", **more: object) -> EventItem:
    shop, late = str(more.get("shop", "main")), bool(more.get("late"))
    position = Position("storefront.events.v1", 0, 0, 0, 1, 0)
    cell = "/parcel:dhl/1" if type_.startswith("logistics.parcel.") else "main/session:s"
    return EventItem(position, source, "1", type_, shop, time_ms, cell, b"{}", b"", b"8", late)


def test_a_feed_is_told_by_the_first_and_last_minute_of_each_hour() -> None:
    items = [item(NINE + minute * 60_000 + 59_999) for minute in (7, 3, 41, 60)]
    hours = {472_222: (NINE + 3 * 60_000, NINE + 41 * 60_000), 472_223: (NINE + HOUR, NINE + HOUR)}
    assert heard(spoken(items)) == [HeardItem("main/feed:/shop", hours)]


def test_a_parcels_event_is_heard_from_its_source_and_from_its_carrier() -> None:
    scan = item(NINE, source="/dhl-api", type_="logistics.parcel.scanned")
    assert [told.cell for told in heard(spoken([scan]))] == ["main/feed:/dhl-api", "main/feed:dhl"]


def test_a_carriers_event_without_a_shop_counts_for_the_default_one() -> None:
    scan = item(NINE, source="dhl", type_="logistics.parcel.scanned", shop="")
    assert [told.cell for told in heard(spoken([scan]))] == ["main/feed:dhl"]


def test_late_events_are_no_sign_of_life() -> None:
    assert heard(spoken([item(NINE, late=True)])) == []


def test_the_order_of_events_changes_nothing() -> None:
    items = [item(NINE + minute * 60_000, source=f"/{minute % 3}") for minute in (200, 7, 65, 130, 3)]
    assert heard(spoken(items)) == heard(spoken(items[::-1]))
    assert [list(told.hours) for told in heard(spoken(items))] == [sorted(told.hours) for told in heard(spoken(items))]
