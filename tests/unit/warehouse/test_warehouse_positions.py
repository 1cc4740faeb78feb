"""Items to rows of the ledger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.warehouse_items import AT, event, gap, position, rejected, ticks

from schemas.wire import Position, RejectedItem
from services.warehouse.domain.events import earliness
from services.warehouse.domain.positions import COLUMNS, accepted, eventless
from services.warehouse.domain.positions import rejected as refused


def row(values: tuple[object, ...]) -> dict[str, object]:
    return dict(zip(COLUMNS, values, strict=True))


def test_an_accepted_event_says_where_it_was_and_what_it_held() -> None:
    assert row(accepted(event(position(5, 1, 3)))) == {
        "topic": "storefront.events.v1",
        "partition": 0,
        "offset": 5,
        "index": 1,
        "of": 3,
        "offsets": 1,
        "received_at": AT + 5,
        "finding": "accepted",
        "reason": "",
        "message": "",
        "payload": b"",
        "attributes": b"",
        "shop": "main",
        "source": "shop",
        "id": "e1",
        "type": "storefront.order.placed",
        "digest": int.from_bytes(b"12345678", "big"),
        "version": (4 << 60) + 1,
        "deleted": 0,
    }


def test_refused_bytes_are_kept_whole() -> None:
    item = RejectedItem(position(5), "not_json", "no", b"\xff\x00\xc3{", attributes=b'{"ce_id":"1"}')
    kept = row(refused(item))
    assert (kept["finding"], kept["reason"], kept["payload"]) == ("rejected", "not_json", b"\xff\x00\xc3{")
    assert kept["attributes"] == b'{"ce_id":"1"}'


def test_what_changed_journeys_wins_over_what_another_run_of_ingest_found() -> None:
    at = position(5)
    found = [
        row(accepted(event(at)))["version"],
        row(accepted(event(at, late=True)))["version"],
        row(refused(rejected(at)))["version"],
        row(eventless(ticks(at))[0])["version"],
        row(eventless(gap(at, 3))[0])["version"],
    ]
    assert found == sorted(found, reverse=True)  # type: ignore[type-var]
    assert len(set(found)) == len(found)
    assert all(0 < version < 1 << 63 for version in found)  # type: ignore[operator]


def test_a_run_of_ticks_is_a_row_for_each_so_that_other_runs_change_nothing() -> None:
    one_run = eventless(ticks(position(10), 4))
    two_runs = eventless(ticks(position(10), 1)) + eventless(ticks(position(11), 3))
    assert [(row(r)["offset"], row(r)["offsets"]) for r in one_run] == [(10, 1), (11, 1), (12, 1), (13, 1)]
    assert [row(r)["offset"] for r in two_runs] == [row(r)["offset"] for r in one_run]


def test_of_two_gaps_at_one_place_the_shorter_counts() -> None:
    [short], [long] = eventless(gap(position(0), 500)), eventless(gap(position(0), 900))
    assert row(short)["offsets"] == 500
    assert row(short)["version"] > row(long)["version"]  # type: ignore[operator]


positions = st.builds(
    Position,
    st.sampled_from(["logistics.events.v1", "service.events.v1", "storefront.events.v1"]),
    st.integers(0, 2**31),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**31),
    st.just(1),
    st.integers(0, 2**43),
)


@given(positions, positions)
def test_earliness_orders_positions_by_time_topic_partition_offset_and_index(one: Position, other: Position) -> None:
    def key(at: Position) -> tuple[object, ...]:
        return (at.received_ms, at.topic, at.partition, at.offset, at.index)

    assert (earliness(one) > earliness(other)) == (key(one) < key(other))


@pytest.mark.parametrize(
    "at", [Position("storefront.events.v1", 0, 0, 0, 1, 0), Position("t", 2**32 - 1, 2**64 - 1, 2**32 - 1, 1, 2**63)]
)
def test_earliness_fits_its_column(at: Position) -> None:
    assert 0 <= earliness(at) < 1 << 256
