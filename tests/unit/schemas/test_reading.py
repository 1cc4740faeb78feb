"""The edge: any bytes in, one answer per event out."""

import sys

import pytest
from support.contract_events import (
    RECEIVED_MS,
    SHOPS,
    accepted,
    answer,
    answers,
    digest_of,
    event,
    refusal,
    rejected,
    text,
)

from schemas.contract import MAX_ARRAY, MAX_DEPTH, MAX_EVENT_BYTES, Event, Reason, Rejected, read
from schemas.topics import MAX_MESSAGE_BYTES


def test_an_event_is_taken_with_its_data_as_sent() -> None:
    given = answer(
        b'{"specversion":"1.0","id":"e","source":"s","type":"service.ticket.solved",'
        b'"time":"2024-05-02T12:15:00.1239+02:00","data": {"ticket_id" : "t",  "x":1.50} }'
    )
    assert isinstance(given, Event)
    assert (given.source, given.id, given.type, given.shop) == ("s", "e", "service.ticket.solved", "main")
    assert given.time_us == RECEIVED_MS * 1_000 + 123_900
    assert given.data == b'{"ticket_id" : "t",  "x":1.50}'
    assert (given.extensions, given.late, len(digest_of(given))) == (b"", False, 8)


@pytest.mark.parametrize(
    ("value", "reason", "said"),
    [
        (None, Reason.NOT_JSON, "the message is empty"),
        (b"", Reason.NOT_JSON, "the message is empty"),
        (b" \n\t", Reason.NOT_JSON, "the message is empty"),
        (b"hello", Reason.NOT_JSON, "invalid character (byte 0)"),
        (b"\xef\xbb\xbf{}", Reason.NOT_JSON, "invalid character (byte 0)"),
        (b'{"id":', Reason.NOT_JSON, "truncated"),
        (b'{"id":"\xff"}', Reason.NOT_JSON, "no UTF-8"),
        (b"{} {}", Reason.NOT_JSON, "trailing characters"),
        (b"[" * 100_000, Reason.NOT_JSON, "do not close"),
        (b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Reason.NOT_JSON, "nested too deep"),
        (b'{"data":' + b'{"a":' * 40_000, Reason.NOT_JSON, "nested too deep"),
        (b'{"x":"' + b'\\"' * 60_000, Reason.NOT_JSON, "truncated"),
        (b"null", Reason.NOT_CLOUDEVENTS, "given null, expected one CloudEvents object"),
        (b"5", Reason.NOT_CLOUDEVENTS, "given a number"),
        (b'"x"', Reason.NOT_CLOUDEVENTS, "given text"),
        (b"{}", Reason.NOT_CLOUDEVENTS, "specversion is missing"),
        (b"[]", Reason.NOT_CLOUDEVENTS, "the array is empty"),
        (b" [ ] ", Reason.NOT_CLOUDEVENTS, "the array is empty"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_event_is_refused_whole(value: bytes | None, reason: Reason, said: str) -> None:
    given = rejected(value)
    assert (given.reason, given.payload) == (reason, value or b"")
    assert said in given.message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": None}, "id is missing, expected the event's own name, unique within its source"),
        ({"id": ""}, 'id: given "", expected the event\'s own name, unique within its source'),
        ({"id": 7}, "id: given 7, expected the event's own name, unique within its source"),
        ({"id": "x" * 513}, "id: given 513 characters, expected at most 512"),
        ({"id": "a\x00b"}, 'id: given "a\\u0000b", expected text without control characters'),
        ({"source": "a\x9fb"}, 'source: given "a\\u009fb", expected text without control characters'),
        ({"source": None}, "source is missing, expected the name of the system that sends it"),
        ({"type": None}, "type is missing, expected what happened, like storefront.order.placed"),
        ({"specversion": "0.3"}, 'specversion: given "0.3", expected the version of CloudEvents, "1.0"'),
        ({"specversion": 1.5}, 'specversion: given 1.5, expected the version of CloudEvents, "1.0"'),
        ({"shop": 5}, "shop: given 5, expected the name of a shop, or nothing"),
        ({"data": None}, "data is missing, expected an object with the facts of the event"),
        ({"data": None, "data_base64": "e30="}, "data is missing: data_base64 is not read, expected"),
        (
            {"time": "1969-12-31T23:59:59Z"},
            "time: given 1969-12-31T23:59:59+00:00, expected an instant of 1970 or later",
        ),
    ],
    ids=str,
)
def test_a_wrong_attribute_is_named_with_what_is_expected(changes: dict[str, object], message: str) -> None:
    reason, said = refusal(**changes)
    assert reason == Reason.NOT_CLOUDEVENTS
    assert said.startswith(message)


@pytest.mark.parametrize(
    "time",
    [
        "2024-05-02T10:15:00",  # naive
        "2024-05-02",
        "2024-05-02T10:15Z",
        "2024-05-02T23:59:60Z",  # leap second
        "2024-05-02T24:00:00Z",
        "2024-13-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "1714644900",
        1714644900,
        "",
        "yesterday",
    ],
)
def test_a_time_without_offset_or_that_never_was_is_refused(time: object) -> None:
    reason, said = refusal(time=time)
    assert reason == Reason.NOT_CLOUDEVENTS
    assert said.startswith("time: given ")
    assert "RFC 3339" in said


@pytest.mark.parametrize("shop", ["main", "olist"])
def test_the_year_9999_is_in_the_future_of_every_shop(shop: str) -> None:
    assert refusal(time="9999-12-31T23:59:59.9999999Z", shop=shop)[0] in (Reason.IN_THE_FUTURE, Reason.NOT_CLOUDEVENTS)
    assert refusal(time="9999-12-31T23:59:59Z", shop=shop)[0] == Reason.IN_THE_FUTURE
    assert refusal(time="2200-01-01T00:00:00Z", shop=shop)[0] == Reason.IN_THE_FUTURE


def test_exactly_24_hours_ahead_is_in_time_and_a_millisecond_more_is_not() -> None:
    assert not accepted(time="2024-05-03T10:15:00Z").late
    assert not accepted(time="2024-05-03T10:15:00.0009Z").late
    assert refusal(time="2024-05-03T10:15:00.001Z")[0] == Reason.IN_THE_FUTURE


def test_exactly_90_days_behind_is_in_time_and_a_millisecond_more_is_late() -> None:
    assert not accepted(time="2024-02-02T10:15:00Z").late
    assert accepted(time="2024-02-02T10:14:59.999Z").late


def test_a_replayed_shop_is_never_late_nor_ahead() -> None:
    assert not accepted(time="1970-01-01T00:00:00Z", shop="olist").late
    assert not accepted(time="2199-12-31T23:59:59.999Z", shop="replay-x").late


def test_a_shop_that_is_not_declared_is_refused() -> None:
    assert refusal(shop="nope") == (
        "unknown_shop",
        'shop: given "nope", expected a shop declared in config/shops.yaml',
    )
    assert refusal(shop="")[0] == "unknown_shop"


def test_a_carrier_need_not_know_the_shop_but_may() -> None:
    parcel = {"carrier": "c", "tracking_number": "n"}
    assert accepted(type="logistics.parcel.delivered", data=parcel).shop == ""
    assert accepted(type="logistics.parcel.delivered", data=parcel, shop="olist").shop == "olist"
    registered = accepted(type="logistics.parcel.registered", data={**parcel, "order_id": "o"})
    assert registered.shop == "main"


def test_an_unknown_type_gets_the_nearest_one_named() -> None:
    assert refusal(type="storefront.page.view") == (
        "unknown_type",
        'type: given "storefront.page.view", did you mean storefront.page.viewed?',
    )
    assert refusal(type="x")[1] == 'type: given "x", expected a type of the event catalogue'


def test_data_that_name_nobody_are_refused() -> None:
    assert refusal(data={"url": "/"})[0] == Reason.NO_ALIAS
    assert refusal(data={"url": "/", "session_id": None})[0] == Reason.NO_ALIAS
    assert refusal(data={"url": "/", "carrier": "c"})[0] == Reason.NO_ALIAS
    assert accepted(data={"url": "/", "carrier": "c", "tracking_number": "n"})


@pytest.mark.parametrize("data", [[], "x", 5, True, [{"session_id": "s", "url": "/"}]])
def test_data_that_are_no_object_are_refused(data: object) -> None:
    reason, said = refusal(data=data)
    assert reason == Reason.INVALID_DATA
    assert said.endswith("expected an object")


def test_exactly_256_kib_is_taken_and_a_byte_more_is_not() -> None:
    def sized(size: int) -> bytes:
        whole = text(event(data={"session_id": "s", "url": "/", "note": ""}))
        return whole.replace(b'"note": ""', b'"note": "' + b"x" * (size - len(whole)) + b'"')

    exact, over = sized(MAX_EVENT_BYTES), sized(MAX_EVENT_BYTES + 1)
    assert isinstance(answer(exact), Event)
    too_large = rejected(over)
    assert (too_large.reason, too_large.payload, too_large.id) == (Reason.TOO_LARGE, over, "e-1")
    assert [type(given) for given in answers(b"[" + exact + b"," + over + b"," + exact + b"]")] == [
        Event,
        Rejected,
        Event,
    ]


def test_a_megabyte_of_anything_is_too_large_and_kept_whole() -> None:
    for value in (b"x" * 1_000_000, text(event(data={"session_id": "s", "url": "/", "blob": "x" * 1_000_000}))):
        given = rejected(value)
        assert (given.reason, given.payload) == (Reason.TOO_LARGE, value)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (text(event(id=None)), Reason.NOT_CLOUDEVENTS),
        (text(event(data={"session_id": "s", "url": float("nan")})), Reason.NOT_JSON),
        (text(event(data={"session_id": "s", "url": "\ud800"})), Reason.NOT_JSON),
        (text(event(data={"session_id": "s", "url": "x"})).replace(b'"x"', b'"\xff"'), Reason.NOT_JSON),
        (text(event(id="x")).replace(b'"x"', b'"\xff"'), Reason.NOT_JSON),
        (b'{"data":' + b"[" * 5_000 + b"]" * 5_000 + b"}", Reason.NOT_JSON),
        (text(event()).replace(b'"url"', b'"n": 1e400, "url"'), Reason.INVALID_DATA),
        (text(event()).replace(b'"url"', b'"n": ' + b"9" * 5_000 + b', "url"'), Reason.INVALID_DATA),
        (b"garbage", Reason.NOT_JSON),
        (b"17", Reason.NOT_CLOUDEVENTS),
        (text(event(x={"deep": [1]}, shop="nope")), Reason.UNKNOWN_SHOP),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_one_bad_event_in_an_array_leaves_its_neighbours_alone(bad: bytes, reason: Reason) -> None:
    first, last = text(event(id="first")), text(event(id="last"))
    given = answers(b"[ " + first + b" ,\n" + bad + b" , " + last + b" ]\n")
    assert [given[0], given[2]] == [answer(first), answer(last)]
    assert isinstance(given[1], Rejected)
    assert (given[1].reason, given[1].payload) == (reason, bad)


@pytest.mark.parametrize("broken", [b"[1, 2", b'["a]', b"[1,,2]", b"[1,]", b"[1] 2", b"[(]", b'[{"a":[1}, 2]', b"[1}}"])
def test_an_array_that_cannot_be_cut_is_refused_once(broken: bytes) -> None:
    given = rejected(broken)
    if broken == b"[(]":
        assert given.payload == b"("
    else:
        assert (given.reason, given.payload) == (Reason.NOT_JSON, broken)


def test_an_array_in_an_array_is_no_event() -> None:
    given = rejected(b"[[]]")
    assert (given.reason, given.payload) == (Reason.NOT_CLOUDEVENTS, b"[]")
    assert given.message == "given a list, expected one CloudEvents object"


def test_an_array_of_more_elements_than_events_could_be_is_refused_once() -> None:
    assert len(answers(b"[" + b",".join([b"1"] * MAX_ARRAY) + b"]")) == MAX_ARRAY
    value = b"[" + b",".join([b"1"] * (MAX_ARRAY + 1)) + b"]"
    given = rejected(value)
    assert (given.reason, given.payload) == (Reason.TOO_LARGE, value)


def test_the_longest_array_holds_more_than_a_record_of_the_smallest_events() -> None:
    smallest = text(event(id="1", source="s", type="service.ticket.solved", data={"ticket_id": "t"}))
    assert isinstance(answer(smallest), Event)
    assert MAX_MESSAGE_BYTES / len(smallest) < MAX_ARRAY


def test_a_truncated_array_is_one_answer() -> None:
    whole = text([event(id="1"), event(id="2")])
    given = rejected(whole[:-5])
    assert (given.reason, given.payload) == (Reason.NOT_JSON, whole[:-5])


def test_nesting_is_judged_the_same_however_deep_the_caller_stands() -> None:
    def nested(depth: int) -> bytes:
        return text(event(data={"session_id": "s", "url": "/"})).replace(
            b'"url"', b'"n": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b', "url"'
        )

    def deeper(frames: int, value: bytes) -> object:
        return deeper(frames - 1, value) if frames else answer(value)

    for frames in (0, sys.getrecursionlimit() // 2):
        assert isinstance(deeper(frames, nested(MAX_DEPTH)), Event)
        assert isinstance(deeper(frames, nested(MAX_DEPTH + 1)), Rejected)


def test_a_refused_event_keeps_the_names_that_could_be_read() -> None:
    given = rejected(text(event(data={"session_id": "s", "url": float("inf")}, shop="olist")))
    assert (given.source, given.id, given.type, given.shop) == (
        "https://shop.example",
        "e-1",
        "storefront.page.viewed",
        "olist",
    )
    half = rejected(text(event(id="\ud83d", source=5)))
    assert (half.id, half.source, half.shop) == ("?", "", "main")


def test_other_attributes_are_kept_and_a_default_content_type_is_not() -> None:
    given = accepted(subject="s", tenant="t", datacontenttype="application/json; charset=utf-8", dataschema=None)
    assert given.extensions == b'{"subject":"s","tenant":"t"}'
    assert accepted(datacontenttype="application/json").extensions == b""


def test_a_key_that_is_there_twice_counts_last() -> None:
    value = text(event()).replace(b'"id": "e-1"', b'"id": "first", "id": "last"')
    value = value.replace(b'"url":', b'"url": 5, "url":')
    given = answer(value)
    assert isinstance(given, Event)
    assert given.id == "last"


HEADERS = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"e-1"),
    ("ce_source", b"https://shop.example"),
    ("ce_type", b"storefront.page.viewed"),
    ("ce_time", b"2024-05-02T10:15:00Z"),
    ("content-type", b"application/json"),
)


def test_binary_mode_gives_the_same_event_as_structured_mode() -> None:
    whole = event()
    given = answer(b"\n " + text(whole["data"]) + b"\r\n", (*HEADERS, ("unrelated", b"\xff")))
    assert given == accepted()


def test_binary_mode_keeps_extensions() -> None:
    given = answer(text(event()["data"]), (*HEADERS, ("ce_tenant", b"t"), ("CE_Shop", b"olist")))
    assert given == accepted(tenant="t", shop="olist")


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (b"", HEADERS, Reason.NOT_JSON),
        (None, HEADERS, Reason.NOT_JSON),
        (b"{", HEADERS, Reason.NOT_JSON),
        (b"[{}]", HEADERS, Reason.INVALID_DATA),
        (b"{}", HEADERS[1:], Reason.NOT_CLOUDEVENTS),
        (b"{}", (*HEADERS, ("ce_source", b"\xff")), Reason.NOT_CLOUDEVENTS),
        (b"{}", HEADERS, Reason.INVALID_DATA),
        (b" " * (MAX_EVENT_BYTES + 1), HEADERS, Reason.TOO_LARGE),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_refused_event_in_binary_mode_keeps_its_headers(
    value: bytes | None, headers: tuple[tuple[str, bytes], ...], reason: Reason
) -> None:
    given = answer(value, headers)
    assert isinstance(given, Rejected)
    assert (given.reason, given.payload, given.id) == (reason, value or b"", "e-1")
    assert b'"ce_id":"e-1"' in given.attributes


def test_a_content_type_of_cloudevents_means_structured_mode_whatever_else_is_there() -> None:
    for content_type in (b"application/cloudevents+json; charset=UTF-8", b"application/cloudevents-batch+json"):
        assert answer(text([event()]), (*HEADERS[:5], ("Content-Type", content_type))) == accepted()


def test_no_answer_depends_on_headers_of_others() -> None:
    assert read(
        text(event()), [("traceparent", b"00-x"), ("content-type", b"application/json")], RECEIVED_MS, SHOPS
    ) == [accepted()]
