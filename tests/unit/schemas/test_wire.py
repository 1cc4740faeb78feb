"""Batches: what travels between services."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.event_messages import event_messages, paging

from schemas import wire
from schemas.topics import BATCH_BYTES, BATCH_ITEMS
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
read_any = msgspec.msgpack.Decoder(list[bytes]).decode


@pytest.mark.parametrize("kind", sorted(ITEMS))
@given(data=st.data())
def test_items_come_out_of_batches_as_they_went_in(kind: str, data: st.DataObject) -> None:
    read, items = ITEMS[kind]
    given_items = data.draw(st.lists(items, max_size=20))
    batches = list(wire.batches(map(wire.pack_item, given_items)))
    assert [item for batch in batches for item in read(batch)] == given_items


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


@given(
    st.lists(st.lists(st.sampled_from([2, 10, 30_000, BATCH_BYTES + 10]) | st.just(2), max_size=8), max_size=6),
    st.integers(1, 90),
)
def test_a_pile_of_pages_keeps_order_and_limits_however_its_events_come(runs: list[list[int]], times: int) -> None:
    pile, events = wire.PagePile(), []
    for run in runs:
        sizes = run * times if sum(run) < 1_000 else run
        added = [told(len(events) + number, size) for number, size in enumerate(sizes)]
        if added:
            pile.add(range(len(added)), paging(added))
        events += added
    values = pile.values()
    found = [wire.read_events(value) for value in values]
    assert [event for some in found for event in some] == events
    assert all(0 < len(some) <= BATCH_ITEMS for some in found)
    assert all(len(value) <= BATCH_BYTES or len(some) == 1 for value, some in zip(values, found, strict=True))
    assert pile.values() == []


@pytest.mark.parametrize("runs", [[1] * 40, [15, 1, 500, 16], [1_501], [499, 2, 499]])
def test_a_pile_of_small_pages_fills_its_messages(runs: list[int]) -> None:
    pile = wire.PagePile()
    for count in runs:
        pile.add(range(count), paging([told(offset, 2) for offset in range(count)]))
    whole, rest = divmod(sum(runs), BATCH_ITEMS)
    assert [len(wire.read_events(value)) for value in pile.values()] == [BATCH_ITEMS] * whole + [rest] * (rest > 0)


def told(offset: int, size: int) -> EventItem:
    """An event whose data have so many bytes."""
    data = b'"%b"' % (b"x" * (size - 2))
    return EventItem(Position("t", 0, offset, 0, 1, 5), "/s", "1", "a", "main", 7, "main/order:1", data, b"", False)


def test_events_as_versions_before_pages_wrote_them_are_read() -> None:
    earlier = (("t", 2, 7, 0, 1, 5), "/s", "e1", "a", "main", 9, "main/order:1", b"{}", b"", b"12345678", True)
    found = wire.read_events(wire.pack_item([earlier, earlier]))
    position = Position("t", 2, 7, 0, 1, 5)
    event = EventItem(position, "/s", "e1", "a", "main", 9_000, "main/order:1", b"{}", b"", True, b"12345678")
    assert found == [event, event]
    assert event.time_ms == 9


@given(st.lists(st.sampled_from([0, 10, 5_000, 200_000, BATCH_BYTES - 5, BATCH_BYTES + 10]), max_size=40))
def test_a_batch_keeps_its_limit_in_bytes_and_its_order(sizes: list[int]) -> None:
    packed = [wire.pack_item(number.to_bytes(2, "big") * ((size + 1) // 2)) for number, size in enumerate(sizes)]
    batches = [read_any(batch) for batch in wire.batches(packed)]
    assert [wire.pack_item(item) for batch in batches for item in batch] == packed
    weights = [sum(len(wire.pack_item(item)) for item in batch) for batch in batches]
    assert all(weight <= BATCH_BYTES or len(batch) == 1 for weight, batch in zip(weights, batches, strict=True))


@pytest.mark.parametrize("count", [1, 15, 16, BATCH_ITEMS, BATCH_ITEMS + 1, 3 * BATCH_ITEMS])
def test_a_batch_has_at_most_so_many_items_and_no_fewer_than_it_could(count: int) -> None:
    batches = [read_any(batch) for batch in wire.batches([wire.pack_item(b"x")] * count)]
    whole, rest = divmod(count, BATCH_ITEMS)
    assert [len(batch) for batch in batches] == [BATCH_ITEMS] * whole + [rest] * (rest > 0)


def test_items_that_fill_a_batch_exactly_share_it() -> None:
    half = b"x" * (BATCH_BYTES // 2)
    assert [len(b) for b in _joined([half, half])] == [2]
    assert [len(b) for b in _joined([half, half, b"\x00"])] == [2, 1]


def test_an_item_larger_than_a_batch_travels_alone() -> None:
    assert [len(b) for b in _joined([b"\x01", b"x" * (BATCH_BYTES + 1), b"\x02", b"\x03"])] == [1, 1, 2]


def test_nothing_makes_no_batch() -> None:
    assert list(wire.batches([])) == []


def test_a_message_says_what_it_carries_in_a_header() -> None:
    assert wire.kind([("traceparent", b"00"), ("waypost-kind", b"letters")]) == "letters"
    assert wire.kind([]) == ""


def _joined(packed: list[bytes]) -> list[list[int]]:
    """Which of these items share a batch; they are told apart by their place, so they need not be MessagePack."""
    found, at = [], 0
    for batch in wire.batches(packed):
        taken: list[int] = []
        left = len(batch) - (1 if batch[0] != 0xDC else 3)
        while left:
            left -= len(packed[at])
            taken.append(at)
            at += 1
        found.append(taken)
    return found


@pytest.mark.parametrize("size", [0, BATCH_BYTES // 20 - 200, BATCH_BYTES // 20, BATCH_BYTES + 1])
@pytest.mark.parametrize("count", [0, 1, 15, 16, 20, BATCH_ITEMS, BATCH_ITEMS + 1])
def test_items_packed_in_one_go_make_the_same_messages(count: int, size: int) -> None:
    few = count if size == 0 else min(count, 41)
    items = [PositionItem(Position("t", 0, offset, 0, 1, 5), "x" * size) for offset in range(few)]
    assert list(wire.joined(items)) == list(wire.batches(map(wire.pack_item, items)))


@given(
    st.lists(st.lists(st.sampled_from([0, 10, 30_000, BATCH_BYTES + 10]) | st.just(1), max_size=8), max_size=6),
    st.integers(1, 90),
)
def test_a_pile_keeps_order_and_limits_however_its_items_come(runs: list[list[int]], times: int) -> None:
    pile, items = wire.Pile(), []
    for run in runs:
        added = [
            PositionItem(Position("t", 0, len(items) + n, 0, 1, 5), "x" * size) for n, size in enumerate(run * times)
        ]
        added = added if sum(run) < 1_000 else added[: len(run)]
        pile.add(added)
        items += added
    values = pile.values()
    batches = [wire.read_positions(value) for value in values]
    assert [item for batch in batches for item in batch] == items
    assert all(0 < len(batch) <= BATCH_ITEMS for batch in batches)
    assert all(len(value) <= BATCH_BYTES + 3 or len(batch) == 1 for value, batch in zip(values, batches, strict=True))
    assert pile.values() == []


@pytest.mark.parametrize("runs", [[1] * 40, [15, 1, 500, 16], [1_501], [499, 2, 499]])
def test_a_pile_of_small_items_fills_its_messages(runs: list[int]) -> None:
    pile = wire.Pile()
    items = [PositionItem(Position("t", 0, offset, 0, 1, 5), "tick") for offset in range(sum(runs))]
    at = 0
    for count in runs:
        pile.add(items[at : at + count])
        at += count
    assert pile.values() == list(wire.joined(items))
