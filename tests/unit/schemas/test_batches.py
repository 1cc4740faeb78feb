"""Batches: how what was packed is joined into messages."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.event_messages import paging

from schemas import wire
from schemas.batches import PagePile, Pile, batches
from schemas.topics import BATCH_BYTES, BATCH_ITEMS
from schemas.wire import EventItem, Position, PositionItem

read_any = msgspec.msgpack.Decoder(list[bytes]).decode


@given(st.lists(st.sampled_from([0, 10, 5_000, 200_000, BATCH_BYTES - 5, BATCH_BYTES + 10]), max_size=40))
def test_a_batch_keeps_its_limit_in_bytes_and_its_order(sizes: list[int]) -> None:
    packed = [wire.pack_item(number.to_bytes(2, "big") * ((size + 1) // 2)) for number, size in enumerate(sizes)]
    found = [read_any(batch) for batch in batches(packed)]
    assert [wire.pack_item(item) for batch in found for item in batch] == packed
    weights = [sum(len(wire.pack_item(item)) for item in batch) for batch in found]
    assert all(weight <= BATCH_BYTES or len(batch) == 1 for weight, batch in zip(weights, found, strict=True))


@pytest.mark.parametrize("count", [1, 15, 16, BATCH_ITEMS, BATCH_ITEMS + 1, 3 * BATCH_ITEMS])
def test_a_batch_has_at_most_so_many_items_and_no_fewer_than_it_could(count: int) -> None:
    found = [read_any(batch) for batch in batches([wire.pack_item(b"x")] * count)]
    whole, rest = divmod(count, BATCH_ITEMS)
    assert [len(batch) for batch in found] == [BATCH_ITEMS] * whole + [rest] * (rest > 0)


def test_items_that_fill_a_batch_exactly_share_it() -> None:
    half = b"x" * (BATCH_BYTES // 2)
    assert [len(b) for b in _joined([half, half])] == [2]
    assert [len(b) for b in _joined([half, half, b"\x00"])] == [2, 1]


def test_an_item_larger_than_a_batch_travels_alone() -> None:
    assert [len(b) for b in _joined([b"\x01", b"x" * (BATCH_BYTES + 1), b"\x02", b"\x03"])] == [1, 1, 2]


def test_nothing_makes_no_batch() -> None:
    assert list(batches([])) == []


@given(
    st.lists(st.lists(st.sampled_from([0, 10, 30_000, BATCH_BYTES + 10]) | st.just(1), max_size=8), max_size=6),
    st.integers(1, 90),
)
def test_a_pile_keeps_order_and_limits_however_its_items_come(runs: list[list[int]], times: int) -> None:
    pile, items = Pile(), []
    for run in runs:
        added = [
            PositionItem(Position("t", 0, len(items) + n, 0, 1, 5), "x" * size) for n, size in enumerate(run * times)
        ]
        added = added if sum(run) < 1_000 else added[: len(run)]
        pile.add(added)
        items += added
    values = pile.values()
    found = [wire.read_positions(value) for value in values]
    assert [item for batch in found for item in batch] == items
    assert all(0 < len(batch) <= BATCH_ITEMS for batch in found)
    assert all(len(value) <= BATCH_BYTES + 3 or len(batch) == 1 for value, batch in zip(values, found, strict=True))
    assert pile.values() == []


@pytest.mark.parametrize("runs", [[1] * 40, [15, 1, 500, 16], [1_501], [499, 2, 499]])
def test_a_pile_of_small_items_fills_its_messages(runs: list[int]) -> None:
    pile = Pile()
    items = [PositionItem(Position("t", 0, offset, 0, 1, 5), "tick") for offset in range(sum(runs))]
    at = 0
    for count in runs:
        pile.add(items[at : at + count])
        at += count
    assert pile.values() == list(batches(map(wire.pack_item, items)))


@given(
    st.lists(st.lists(st.sampled_from([2, 10, 30_000, BATCH_BYTES + 10]) | st.just(2), max_size=8), max_size=6),
    st.integers(1, 90),
)
def test_a_pile_of_pages_keeps_order_and_limits_however_its_events_come(runs: list[list[int]], times: int) -> None:
    pile, events = PagePile(), []
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
    pile = PagePile()
    for count in runs:
        pile.add(range(count), paging([told(offset, 2) for offset in range(count)]))
    whole, rest = divmod(sum(runs), BATCH_ITEMS)
    assert [len(wire.read_events(value)) for value in pile.values()] == [BATCH_ITEMS] * whole + [rest] * (rest > 0)


def _joined(packed: list[bytes]) -> list[list[int]]:
    """Which of these items share a batch; they are told apart by their place, so they need not be MessagePack."""
    found, at = [], 0
    for batch in batches(packed):
        taken: list[int] = []
        left = len(batch) - (1 if batch[0] != 0xDC else 3)
        while left:
            left -= len(packed[at])
            taken.append(at)
            at += 1
        found.append(taken)
    return found


def told(offset: int, size: int) -> EventItem:
    """An event whose data have so many bytes."""
    data = b'"%b"' % (b"x" * (size - 2))
    return EventItem(Position("t", 0, offset, 0, 1, 5), "/s", "1", "a", "main", 7, "main/order:1", data, b"", False)
