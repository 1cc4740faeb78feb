"""The edge: each position of a public topic is answered once, and only true ticks move clocks."""

import json
from collections import Counter
from typing import Any

import pytest
from support.contract_events import RECEIVED_MS, SHOPS, event, text

from schemas.events import EVENT_TYPES
from schemas.golden.example_events import full
from schemas.topics import MAX_MESSAGE_BYTES
from schemas.wire import LIVE_CLOCK, TICK_HEADER, EventItem, Position, PositionItem, RejectedItem, pack_item
from services.ingest.domain.edge import Taken, take
from services.runtime.records import Record

TOPIC = "storefront.events.v1"
TICK = ((TICK_HEADER, b"1"),)
HOUR = 3_600_000

CELLS = (
    ("logistics.parcel.", "/parcel:acme-post/AP"),
    ("logistics.", "main/order:"),
    ("service.ticket.", "main/ticket:"),
    ("service.", "main/order:"),
    ("storefront.customer.identified", "main/anonymous:"),
    ("storefront.cart.updated", "main/cart:"),
    ("storefront.checkout.", "main/checkout:"),
    ("storefront.payment.", "main/order:"),
    ("storefront.order.", "main/order:"),
    ("storefront.", "main/session:"),
)
"""Where the full example of each type goes: the first that fits."""


def taken(
    value: bytes | None, headers: tuple[tuple[str, bytes], ...] = (), received_ms: int = RECEIVED_MS, offset: int = 7
) -> Taken:
    """What becomes of one record."""
    return take(TOPIC, 2, offset, [Record(offset, received_ms, None, value, headers)], SHOPS)


def ticked(body: bytes | None, received_ms: int = RECEIVED_MS) -> dict[str, int]:
    """The clocks that a tick with this body moves; its position is answered in any case."""
    found = taken(body, TICK, received_ms)
    assert (found.events, found.rejected) == ([], [])
    assert found.positions == [PositionItem(Position(TOPIC, 2, 7, 0, 1, received_ms), "tick")]
    return found.clocks


def binary(data: bytes, **attributes: bytes) -> Taken:
    """One event in Kafka's binary mode."""
    usual = {
        "specversion": b"1.0",
        "id": b"e-1",
        "source": b"/desk",
        "type": b"service.ticket.solved",
        "time": b"2024-05-02T10:15:00Z",
    }
    return taken(data, tuple((f"ce_{name}", value) for name, value in (usual | attributes).items()))


def test_an_event_becomes_one_item_at_its_position() -> None:
    found = taken(text(event(extra="kept", data={"session_id": "s", "url": "/", "x": 1.50})))
    assert found.events == [
        EventItem(
            position=Position(TOPIC, 2, 7, 0, 1, RECEIVED_MS),
            source="https://shop.example",
            id="e-1",
            type="storefront.page.viewed",
            shop="main",
            time_us=RECEIVED_MS * 1_000,
            cell="main/session:s",
            data=b'{"session_id": "s", "url": "/", "x": 1.5}',
            extensions=b'{"extra":"kept"}',
            late=False,
        )
    ]
    assert found == Taken(
        runs=found.runs,
        sources=Counter(["https://shop.example"]),
        minutes={("main", "https://shop.example", RECEIVED_MS // 60_000)},
    )


def test_a_late_event_is_counted_as_such_and_is_no_sign_of_life() -> None:
    found = taken(text([event(id="1"), event(id="2", time="2023-05-02T10:15:00Z", source="/old")]))
    assert ([item.late for item in found.events], found.late) == ([False, True], 1)
    assert found.sources == {"https://shop.example": 1, "/old": 1}
    assert found.minutes == {("main", "https://shop.example", RECEIVED_MS // 60_000)}


@pytest.mark.parametrize("data", [{"session_id": "s", "url": "/"}, {"session_id": "s", "url": "/", "x": 1}])
def test_a_source_is_heard_in_each_minute_that_it_speaks_of_whatever_way_events_are_judged(data: object) -> None:
    times = ("2024-05-02T10:14:00Z", "2024-05-02T10:12:59.999Z", "2024-05-02T10:15:00Z")
    found = taken(text([event(id=time, time=time, data=data) for time in times]))
    now = RECEIVED_MS // 60_000
    assert found.minutes == {("main", "https://shop.example", now - ago) for ago in (0, 1, 3)}


def test_events_keep_their_order_whatever_way_they_are_judged() -> None:
    odd = {"extra": "kept", "data": {"session_id": "s", "url": "/", "x": 1}}
    product = {"type": "storefront.product.viewed", "data": {"session_id": "s", "sku": "k"}}
    kinds: list[dict[str, Any]] = [{}, odd, product, odd, {}]
    values = [text(event(id=str(number), **more)) for number, more in enumerate(kinds)]
    values.insert(2, b"[" + b",".join(values) + b"]")
    found = take(TOPIC, 2, 7, [Record(7 + n, RECEIVED_MS, None, value, ()) for n, value in enumerate(values)], SHOPS)
    assert [(item.position.offset, item.id) for item in found.events] == [
        (7, "0"), (8, "1"), *((9, name) for name in "01234"), (10, "2"), (11, "3"), (12, "4"),
    ]  # fmt: skip


def test_each_element_of_an_array_is_answered_at_its_own_position() -> None:
    found = taken(b"[" + b",".join([text(event(id="a")), b"null", text(event(id="c", shop="nobody's"))]) + b"]")
    assert [item.position for item in found.events] == [Position(TOPIC, 2, 7, 0, 3, RECEIVED_MS)]
    assert [(item.position, item.reason) for item in found.rejected] == [
        (Position(TOPIC, 2, 7, 1, 3, RECEIVED_MS), "not_cloudevents"),
        (Position(TOPIC, 2, 7, 2, 3, RECEIVED_MS), "unknown_shop"),
    ]
    assert (found.positions, found.clocks) == ([], {})


def test_what_is_no_array_is_answered_as_a_whole_with_its_bytes() -> None:
    (refused,) = taken(b'[{"id": 1}, {').rejected
    assert (refused.position, refused.reason, refused.payload) == (
        Position(TOPIC, 2, 7, 0, 1, RECEIVED_MS),
        "not_json",
        b'[{"id": 1}, {',
    )


def test_a_refused_event_keeps_all_that_could_be_read_of_it() -> None:
    payload = text(event(type="storefront.gift.wrapped", shop="olist"))
    (refused,) = taken(payload).rejected
    assert refused == RejectedItem(
        position=Position(TOPIC, 2, 7, 0, 1, RECEIVED_MS),
        reason="unknown_type",
        message=refused.message,
        payload=payload,
        source="https://shop.example",
        id="e-1",
        type="storefront.gift.wrapped",
        shop="olist",
        attributes=b"",
    )
    assert "storefront.gift.wrapped" in refused.message


def test_the_attributes_of_a_refused_event_in_binary_mode_are_kept_with_it() -> None:
    (refused,) = binary(b'{"ticket_id": 5', **{"x-trace": b"t"}).rejected
    assert (refused.reason, refused.payload, refused.id) == ("not_json", b'{"ticket_id": 5', "e-1")
    assert json.loads(refused.attributes) == {
        "ce_specversion": "1.0",
        "ce_id": "e-1",
        "ce_source": "/desk",
        "ce_type": "service.ticket.solved",
        "ce_time": "2024-05-02T10:15:00Z",
        "ce_x-trace": "t",
    }


@pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
def test_an_event_of_every_type_is_taken_to_the_cell_of_what_it_is_about(type_: str) -> None:
    (item,) = taken(text(full(type_) | {"time": "2024-05-02T10:15:00Z"})).events
    expected = next(cell for prefix, cell in CELLS if type_.startswith(prefix))
    assert item.cell.startswith(expected)


def test_a_carriers_event_that_names_no_shop_has_none_and_goes_to_its_parcel() -> None:
    parcel = {"carrier": "dhl", "tracking_number": "1", "status": "at_hub"}
    (item,) = taken(text(event(type="logistics.parcel.scanned", data=parcel))).events
    assert (item.shop, item.cell) == ("", "/parcel:dhl/1")


@pytest.mark.parametrize(("behind_ms", "late"), [(90 * 24 * HOUR, False), (90 * 24 * HOUR + 1, True)])
def test_a_live_shops_event_is_late_when_it_is_more_than_ninety_days_behind(behind_ms: int, late: bool) -> None:
    (item,) = taken(text(event()), received_ms=RECEIVED_MS + behind_ms).events
    assert item.late is late


def test_an_event_of_a_replayed_shop_is_never_late() -> None:
    (item,) = taken(text(event(shop="olist")), received_ms=RECEIVED_MS + 5_000 * 24 * HOUR).events
    assert not item.late


def test_offsets_that_the_broker_never_delivers_are_answered_as_a_gap() -> None:
    records = [Record(offset, RECEIVED_MS + offset, None, text(event()), ()) for offset in (13, 14, 16)]
    found = take(TOPIC, 2, 10, records, SHOPS)
    assert found.positions == [
        PositionItem(Position(TOPIC, 2, 10, 0, 1, RECEIVED_MS + 13), "gap", 3),
        PositionItem(Position(TOPIC, 2, 15, 0, 1, RECEIVED_MS + 16), "gap", 1),
    ]
    assert [item.position.offset for item in found.events] == [13, 14, 16]


@pytest.mark.parametrize("body", [b"{}", b'{"shop":""}', b'{"time_ms": 99999999999999}', b'{"time_ms": -1, "x": [1]}'])
def test_a_live_tick_says_the_second_at_which_the_broker_took_it_whatever_is_in_it(body: bytes) -> None:
    assert ticked(body, received_ms=1_714_644_900_999) == {LIVE_CLOCK: 1_714_644_900_000}


@pytest.mark.parametrize("name", ["olist", "replay-a"])
def test_a_replayed_shops_tick_says_its_time_to_the_millisecond(name: str) -> None:
    assert ticked(text({"shop": name, "time_ms": 1_500_000_000_123})) == {name: 1_500_000_000_123}


@pytest.mark.parametrize("name", ["main", "nobody", "replay", "*", "repl\ud800", "x" * 100_000])
def test_a_tick_moves_no_clock_of_a_live_shop_nor_of_one_that_is_not_declared(name: str) -> None:
    assert ticked(text({"shop": name, "time_ms": 1_500_000_000_000})) == {}


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"now",
        b"[]",
        b"null",
        b'{"shop": "\xff"}',
        b'{"shop": 5}',
        b'{"shop": "olist", "time_ms": 1.5}',
        b'{"shop": "olist", "time_ms": "1500000000000"}',
        b'{"shop": "olist", "x": ' + b"[" * 100_000,
        b'{"shop": "olist", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: repr(body)[:30],
)
def test_a_tick_that_cannot_be_read_moves_no_clock_and_is_answered_like_any_other(body: bytes | None) -> None:
    assert ticked(body) == {}


@pytest.mark.parametrize("time_ms", [-1, 7_258_118_400_000, 2**63, 2**64 - 1, 2**64, 10**30])
def test_a_replayed_shops_tick_of_an_impossible_time_moves_no_clock(time_ms: int) -> None:
    assert ticked(text({"shop": "olist", "time_ms": time_ms})) == {}


def test_the_latest_tick_of_each_clock_counts() -> None:
    ticks = [("olist", 5), ("replay-a", 4), ("olist", 9), ("olist", 7)]
    bodies = [*(text({"shop": name, "time_ms": time_ms}) for name, time_ms in ticks), b"{}"]
    found = take(TOPIC, 0, 0, [Record(offset, 12_345, None, body, TICK) for offset, body in enumerate(bodies)], SHOPS)
    assert found.clocks == {"olist": 9, "replay-a": 4, LIVE_CLOCK: 12_000}
    assert [item.position.offset for item in found.positions] == [0, 1, 2, 3, 4]


def test_a_tick_in_the_body_alone_is_an_event_like_any_other() -> None:
    found = taken(b'{"shop": "olist", "time_ms": 5}')
    assert ([item.reason for item in found.rejected], found.clocks) == (["not_cloudevents"], {})


@pytest.mark.parametrize("size", [MAX_MESSAGE_BYTES - 100, 5 * MAX_MESSAGE_BYTES])
def test_a_refused_message_too_large_for_a_record_is_cut_and_says_so(size: int) -> None:
    (refused,) = taken(b"x" * size).rejected
    assert refused.reason == "too_large"
    assert len(pack_item(refused)) < MAX_MESSAGE_BYTES - 16_384
    assert len(refused.payload) > 0.95 * MAX_MESSAGE_BYTES
    assert refused.message.endswith(f"; of its {size:,} bytes the first {len(refused.payload):,} are kept")


def test_a_refused_message_that_fits_is_kept_whole() -> None:
    (refused,) = taken(b"x" * 1_900_000).rejected
    assert len(refused.payload) == 1_900_000


@pytest.mark.parametrize("header", [b"\x01" * 900_000, b"x" * 1_900_000])
@pytest.mark.parametrize("id_", [b"e-1", b""])
def test_headers_however_large_make_no_item_too_large_for_a_record(header: bytes, id_: bytes) -> None:
    found = binary(b'{"ticket_id": "t"}' + b" " * 100_000, id=id_, padding=header)
    items: list[Any] = [*found.events, *found.rejected]
    assert [len(pack_item(item)) < MAX_MESSAGE_BYTES - 16_384 for item in items] == [True]
