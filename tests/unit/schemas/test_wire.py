"""What travels between services."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.event_messages import event_messages

from schemas import wire
from schemas.batches import batches
from schemas.wire import EventItem, EventPage, EventPages, Position, PositionItem, RejectedItem, Tick

INTS = st.integers(0, 2**60)
POSITIONS = st.builds(Position, st.text(), INTS, INTS, INTS, INTS, INTS)
BYTES = st.binary(max_size=300)
ITEMS: dict[str, tuple[Callable[[bytes], list[Any]], st.SearchStrategy[Any]]] = {
    "rejected": (
        wire.read_rejected,
        st.builds(
            RejectedItem, POSITIONS, st.text(), st.text(), BYTES, st.text(), st.text(), st.text(), st.text(), BYTES
        ),
    ),
    "positions": (wire.read_positions, st.builds(PositionItem, POSITIONS, st.text(), INTS)),
    "ticks": (
        wire.read_ticks,
        st.builds(
            Tick, st.integers(0, 4), st.text(), st.dictionaries(st.text(), INTS), st.dictionaries(st.text(), INTS)
        ),
    ),
}

JSON = st.dictionaries(st.text(), st.text() | INTS | st.none(), max_size=3).map(lambda data: json.dumps(data).encode())
EVENTS = st.builds(
    EventItem,
    st.builds(Position, st.sampled_from(["t", "u"]), st.integers(0, 1), INTS, INTS, INTS, INTS),
    st.text(),
    st.text(),
    st.text(),
    st.text(),
    st.integers(0, 2**60),
    st.text(),
    JSON,
    BYTES,
    st.booleans(),
)


@pytest.mark.parametrize("kind", sorted(ITEMS))
@given(data=st.data())
def test_items_come_out_of_batches_as_they_went_in(kind: str, data: st.DataObject) -> None:
    read, items = ITEMS[kind]
    given_items = data.draw(st.lists(items, max_size=20))
    assert [item for batch in batches(map(wire.pack_item, given_items)) for item in read(batch)] == given_items


@given(st.lists(EVENTS, max_size=20))
def test_events_come_out_of_pages_as_they_went_in(events: list[EventItem]) -> None:
    values = event_messages(events)
    assert [item for value in values for item in wire.read_events(value)] == events
    assert [wire.first_event(value) for value in values] == [wire.read_events(value)[0] for value in values]


@given(EVENTS, st.integers(1, 5), st.data())
def test_a_value_that_all_events_share_stands_for_its_column(event: EventItem, count: int, data: st.DataObject) -> None:
    each = EventPage.holding([event] * count)
    shared = data.draw(st.sets(st.sampled_from(["offset", "index", "of", "received_ms", "extensions", "late"])))
    one = replace(each, **{name: getattr(each, name)[0] for name in shared})
    assert wire.read_events(wire.pack_item(EventPages([one]))) == [event] * count


@pytest.mark.parametrize("column", ["offset", "source", "cell", "extensions"])
def test_a_page_of_which_a_column_is_short_loses_no_event_unseen(column: str) -> None:
    whole = EventPage.holding([told(0, 2), told(1, 2)])
    short = replace(whole, **{column: getattr(whole, column)[:1]})
    with pytest.raises(ValueError, match="shorter"):
        wire.read_events(wire.pack_item(EventPages([short])))


def test_a_page_with_fewer_texts_than_events_loses_none_unseen() -> None:
    short = replace(EventPage.holding([told(0, 2), told(1, 2)]), data=b'["x"]')
    with pytest.raises(ValueError, match="shorter"):
        wire.read_events(wire.pack_item(EventPages([short])))


def test_events_as_versions_before_pages_wrote_them_are_read() -> None:
    earlier = (("t", 2, 7, 0, 1, 5), "/s", "e1", "a", "main", 9, "main/order:1", b"{}", b"", b"12345678", True)
    found = wire.read_events(wire.pack_item([earlier, earlier]))
    position = Position("t", 2, 7, 0, 1, 5)
    event = EventItem(position, "/s", "e1", "a", "main", 9_000, "main/order:1", b"{}", b"", True, b"12345678")
    assert found == [event, event]
    assert event.time_ms == 9


def test_a_message_says_what_it_carries_in_a_header() -> None:
    assert wire.kind([("traceparent", b"00"), ("waypost-kind", b"letters")]) == "letters"
    assert wire.kind([]) == ""


def told(offset: int, size: int) -> EventItem:
    """An event whose data have so many bytes."""
    data = b'"%b"' % (b"x" * (size - 2))
    return EventItem(Position("t", 0, offset, 0, 1, 5), "/s", "1", "a", "main", 7, "main/order:1", data, b"", False)
