"""What was taken, packed into records of the internal topics."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import murmur2

from schemas import wire
from schemas.batches import batches
from schemas.contract import Run
from schemas.contract.quick import gather
from schemas.topics import BATCH_BYTES, BATCH_ITEMS
from schemas.wire import EventItem, Position, PositionItem, RejectedItem, Tick
from services.ingest.adapters.outputs import Packing, Routes, ticks
from services.ingest.domain.edge import Events, Taken
from services.runtime.records import Output, Record

EVENTS = (("waypost-kind", b"events"),)


def position(offset: int = 0, partition: int = 0) -> Position:
    return Position("service.events.v1", partition, offset, 0, 1, 5)


def item(cell: str, offset: int = 0, data: bytes = b"{}") -> EventItem:
    return EventItem(
        position(offset), "/s", str(offset), "service.ticket.solved", "main", 5_000, cell, data, b"", False
    )


def taken_of(*items: EventItem) -> Taken:
    """The items as the edge hands them on."""
    records = [Record(item.position.offset, item.position.received_ms, None, b"", ()) for item in items]
    rows = [(i.source, i.id, i.type, i.shop, i.time_us, i.cell, i.data, i.extensions, i.late) for i in items]
    run = Run(records, len(items), gather(dict(enumerate(rows))), {})
    return Taken(runs=[Events("service.events.v1", 0, run)] if items else [])


def refused(source: str, payload: bytes = b"x") -> RejectedItem:
    return RejectedItem(position(), "not_json", "why", payload, source)


def outputs(taken: Taken, partitions: int) -> list[Output]:
    """The records of one run."""
    packing = Packing(Routes(partitions))
    packing.add(taken)
    return packing.outputs()


def kafkas(key: str, partitions: int) -> int:
    """The partition that Kafka's own clients would choose for a key."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def read(found: list[Output]) -> list[tuple[int, list[EventItem]]]:
    return [(output.partition, wire.read_events(output.value or b"")) for output in found]


def test_nothing_taken_makes_no_record() -> None:
    assert outputs(Taken(), 4) == []


@given(st.lists(st.text(max_size=30), max_size=60), st.integers(1, 12))
def test_every_event_goes_to_the_partition_of_its_cell_in_order(cells: list[str], partitions: int) -> None:
    events = [item(cell, offset) for offset, cell in enumerate(cells)]
    found = outputs(taken_of(*events), partitions)
    expected = {
        number: [event for event in events if kafkas(event.cell, partitions) == number] for number in range(partitions)
    }
    assert {o.partition: wire.read_events(o.value or b"") for o in found} == {n: e for n, e in expected.items() if e}
    assert {(o.topic, o.key, o.headers) for o in found} <= {("journey.events.v1", None, EVENTS)}


@given(st.lists(st.lists(st.text(max_size=30), max_size=40), max_size=5), st.integers(1, 12))
def test_how_events_are_cut_into_runs_changes_no_message(runs: list[list[str]], partitions: int) -> None:
    packing = Packing(Routes(partitions))
    events = [[item(cell, 100 * run + offset) for offset, cell in enumerate(cells)] for run, cells in enumerate(runs)]
    for found in events:
        packing.add(taken_of(*found))
    whole = outputs(taken_of(*(event for found in events for event in found)), partitions)
    assert read(packing.outputs()) == read(whole)


def test_partitions_of_cells_are_found_again_after_they_were_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.adapters.outputs.REMEMBERED", 3)
    routes, cells = Routes(12), [f"main/order:{number}" for number in range(10)]
    assert [routes[cell] for cell in cells * 2] == [kafkas(cell, 12) for cell in cells] * 2
    assert len(routes) <= 3


def test_events_refusals_and_positions_are_records_of_their_own_kind_and_place() -> None:
    event = item("main/ticket:t")
    taken = replace(taken_of(event), rejected=[refused("/desk")], positions=[PositionItem(position(9, 3), "tick")])
    first, *others = outputs(taken, 12)
    assert (first.topic, first.headers, read([first])) == (
        "journey.events.v1",
        EVENTS,
        [(kafkas(event.cell, 12), [event])],
    )
    assert others == [
        Output("ingest.rejected.v1", kafkas("/desk", 12), _batch(taken.rejected[0]), (("waypost-kind", b"rejected"),)),
        Output(
            "journey.events.v1",
            kafkas("service.events.v1/3", 12),
            _batch(taken.positions[0]),
            (("waypost-kind", b"positions"),),
        ),
    ]


@pytest.mark.parametrize("count", [BATCH_ITEMS, BATCH_ITEMS + 1, 2 * BATCH_ITEMS + 7])
def test_a_record_holds_at_most_five_hundred_items(count: int) -> None:
    found = outputs(taken_of(*(item("main/order:1", offset) for offset in range(count))), 4)
    sizes = [len(wire.read_events(output.value or b"")) for output in found]
    assert sizes == [BATCH_ITEMS] * (count // BATCH_ITEMS) + [count % BATCH_ITEMS] * (count % BATCH_ITEMS > 0)


def test_a_record_holds_at_most_half_a_mebibyte_and_a_larger_item_travels_alone() -> None:
    big, small = refused("/s", b"x" * 1_000_000), refused("/s", b"x" * 200_000)
    found = outputs(Taken(rejected=[small, small, small, big, small, small]), 4)
    read = [[len(r.payload) for r in wire.read_rejected(o.value or b"")] for o in found]
    assert read == [[200_000, 200_000], [200_000], [1_000_000], [200_000, 200_000]]
    assert [len(o.value or b"") <= BATCH_BYTES for o in found] == [True, True, False, True]


def test_the_last_ticks_go_to_every_journey_partition_with_all_that_must_be_heard() -> None:
    origins = {"storefront.events.v1": 3, "service.events.v1": 3, "logistics.events.v1": 3}
    found = ticks({"": 5_000, "olist": 7}, "service.events.v1/2", origins, 3)
    tick = Tick(0, "service.events.v1/2", origins, {"": 5_000, "olist": 7})
    assert found == [
        Output("journey.events.v1", number, _batch(tick), (("waypost-kind", b"ticks"),)) for number in range(3)
    ]


def test_where_no_clock_moved_there_is_nothing_to_pass_on() -> None:
    assert list(ticks({}, "service.events.v1/2", {}, 3)) == []


def test_positions_of_one_public_partition_stay_together() -> None:
    taken = Taken(positions=[PositionItem(position(offset, offset % 2), "tick") for offset in range(10)])
    found = Counter(output.partition for output in outputs(taken, 12))
    assert found == Counter({kafkas("service.events.v1/0", 12), kafkas("service.events.v1/1", 12)})


def _batch(*items: object) -> bytes:
    return next(iter(batches(map(wire.pack_item, items))))
