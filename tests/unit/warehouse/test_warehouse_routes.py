"""Items of any kind to rows by table."""

from collections.abc import Iterable
from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace
from support.event_messages import event_messages
from support.warehouse_items import AT, event, gap, one_of_each, pain_point, position, rejected, ticks

from schemas import rows
from schemas.batches import batches
from schemas.wire import EventItem, EventPage, EventPages, Kind, PositionItem, RejectedItem, pack_item
from services.warehouse.domain.batch import Batch, Limits, Message, UnreadableMessageError
from services.warehouse.domain.routes import TABLES, rows_of


def test_every_item_and_row_that_is_published_has_its_tables() -> None:
    published = {EventItem, RejectedItem, PositionItem, rows.PainPointRow, rows.AlertRow, *get_args(rows.AnyRow)}
    assert set(TABLES) == published


def test_pain_points_are_inserted_first_an_event_before_its_position_and_clocks_last() -> None:
    items = [*reversed(one_of_each()), rejected(position(0)), event(position(1))]
    assert [table.name for table in rows_of(items)] == [
        "pain_points",
        "pain_point_changes",
        "events",
        "ledger",
        "persons",
        "orders",
        "parcels",
        "promises",
        "surveys",
        "actions",
        "journeys",
        "alerts",
        "clocks",
    ]


def test_rows_of_one_table_are_inserted_together_whatever_they_came_from() -> None:
    [ledger] = [
        t for t in rows_of([event(position(0)), rejected(position(1)), ticks(position(2), 2)]) if t.name == "ledger"
    ]
    assert [row[2] for row in ledger.rows] == [0, 1, 2, 3]
    assert all(len(row) == len(ledger.columns) for row in ledger.rows)


def test_a_journey_has_a_column_for_each_stage() -> None:
    [table] = rows_of([row for row in one_of_each() if isinstance(row, rows.JourneyRow)])
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert (row["order_at"], row["deliver_at"], row["discover_at"]) == (AT, AT + 86_400_000, None)


def packed(items: Iterable[msgspec.Struct]) -> list[bytes]:
    return [*batches(map(pack_item, items))]


def message(kind: str, *items: msgspec.Struct, offset: int = 7) -> Message:
    [value] = (event_messages if kind == Kind.EVENTS else packed)(items) if items else [b""]
    return Message("journey.events.v1", 2, offset, AT, kind, value)


def test_a_batch_holds_items_and_how_far_each_partition_was_read() -> None:
    batch = Batch(Limits(items=3, bytes=1_000_000))
    batch.add(message(Kind.EVENTS, event(position(0)), offset=7))
    batch.add(message(Kind.POSITIONS, gap(position(1), 5), offset=8))
    assert (len(batch.items), batch.full, batch.empty) == (2, False, False)
    batch.add(message(Kind.PAIN_POINTS, pain_point(1), offset=9))
    assert batch.full
    [(source, span)] = batch.spans.items()
    assert (source, span.first_ms, span.next_offset, span.messages) == (("journey.events.v1", 2), AT, 10, 3)


@pytest.mark.parametrize("kind", [Kind.LETTERS, Kind.TICKS, ""])
def test_what_is_not_for_the_warehouse_only_moves_the_offset(kind: str) -> None:
    batch = Batch(Limits(3, 1000))
    batch.add(Message("journey.events.v1", 2, 7, AT, kind, b"\xc1 not even MessagePack"))
    assert (batch.items, batch.bytes, batch.spans["journey.events.v1", 2].next_offset) == ([], 0, 8)


def test_a_message_of_ours_that_cannot_be_read_is_named() -> None:
    with pytest.raises(UnreadableMessageError, match=r"journey.events.v1/2 offset 7: no message of kind events"):
        Batch(Limits(3, 1000)).add(message(Kind.EVENTS))


def test_so_is_one_that_would_lose_an_event() -> None:
    page = replace(EventPage.holding([event(position(1)), event(position(2))]), cell=["main/order:A-1"])
    torn = Message("journey.events.v1", 2, 7, AT, Kind.EVENTS, pack_item(EventPages([page])))
    with pytest.raises(UnreadableMessageError, match=r"journey.events.v1/2 offset 7: no message of kind events"):
        Batch(Limits(3, 1000)).add(torn)


def test_pain_points_that_were_stored_ahead_are_in_no_later_row_and_the_offsets_stay() -> None:
    batch = Batch(Limits(items=3, bytes=1_000_000))
    batch.add(message(Kind.POSITIONS, gap(position(1), 5), offset=7))
    batch.add(message(Kind.PAIN_POINTS, pain_point(1), offset=8))
    assert (batch.pain_points, [table.name for table in batch.rows_of_pain_points()]) == (
        1,
        ["pain_points", "pain_point_changes"],
    )
    assert batch.shown() == [AT]
    assert (batch.pain_points, batch.pain_points_ms, [table.name for table in batch.rows()]) == (0, [], ["ledger"])
    assert batch.spans["journey.events.v1", 2].next_offset == 9
