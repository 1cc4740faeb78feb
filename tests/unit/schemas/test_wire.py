"""Batches: what travels between services."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import wire
from schemas.topics import BATCH_BYTES, BATCH_ITEMS
from schemas.wire import EventItem, Position, PositionItem, RejectedItem, Tick

INTS = st.integers(0, 2**60)
POSITIONS = st.builds(Position, st.text(), INTS, INTS, INTS, INTS, INTS)
BYTES = st.binary(max_size=300)
ITEMS: dict[str, tuple[Callable[[bytes], list[Any]], st.SearchStrategy[Any]]] = {
    "events": (
        wire.read_events,
        st.builds(
            EventItem,
            POSITIONS,
            st.text(),
            st.text(),
            st.text(),
            st.text(),
            st.integers(-(2**60), 2**60),
            st.text(),
            BYTES,
            BYTES,
            BYTES,
            st.booleans(),
        ),
    ),
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

read_any = msgspec.msgpack.Decoder(list[bytes]).decode


@pytest.mark.parametrize("kind", sorted(ITEMS))
@given(data=st.data())
def test_items_come_out_of_batches_as_they_went_in(kind: str, data: st.DataObject) -> None:
    read, items = ITEMS[kind]
    given_items = data.draw(st.lists(items, max_size=20))
    batches = list(wire.batches(map(wire.pack_item, given_items)))
    assert [item for batch in batches for item in read(batch)] == given_items


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
