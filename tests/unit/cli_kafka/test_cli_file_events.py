import json

import yaml

from schemas.aliases import partition_of
from schemas.contract import Event, Rejected, read
from schemas.shops import read_shops
from services.cli.kafka.file_events import FileEvent, file_events

SHOPS = read_shops(yaml.safe_load("main: {clock: live}"))
NOW_MS = 1_704_067_200_000


def event(id_: str, **changes: object) -> bytes:
    whole = {
        "specversion": "1.0",
        "id": id_,
        "source": "t",
        "type": "storefront.page.viewed",
        "time": "2024-01-01T00:00:00Z",
        "data": {"session_id": "s1", "url": "https://shop.example/"},
    }
    return json.dumps({**whole, **changes}).encode()


def found(text: bytes) -> list[FileEvent]:
    return list(file_events(text, SHOPS, NOW_MS))


def test_each_line_is_an_event_with_its_own_bytes() -> None:
    text = event("1") + b"\n\n" + event("2") + b"\n"
    assert [(e.line, e.index, e.value) for e in found(text)] == [(1, 0, event("1")), (3, 0, event("2"))]


def test_an_array_on_a_line_is_cut_into_its_events() -> None:
    text = event("1") + b"\n[" + event("2") + b", " + event("3", id="") + b"]\n"
    assert [(e.line, e.index, e.value, type(e.answer)) for e in found(text)] == [
        (1, 0, event("1"), Event),
        (2, 0, event("2"), Event),
        (2, 1, event("3", id=""), Rejected),
    ]


def test_what_cannot_be_cut_is_one_refused_event_with_all_its_bytes() -> None:
    (only,) = found(b"[" + event("1") + b", {")
    assert isinstance(only.answer, Rejected)
    assert only.value == b"[" + event("1") + b", {"


def test_an_array_within_an_array_stays_one_event_when_sent_alone() -> None:
    inner = b"[" + event("1") + b"," + event("2") + b"]"
    text = b"[" + event("0") + b"," + inner + b"]\n" + event("3")
    nested = found(text)[1]
    (answer,) = read(nested.value, (), NOW_MS, SHOPS)
    assert isinstance(nested.answer, Rejected)
    assert answer == nested.answer


def test_an_event_goes_to_the_partition_of_what_it_is_about() -> None:
    (only,) = found(event("1"))
    record = only.record(4)
    assert (record.topic, record.partition, record.value) == (
        "storefront.events.v1",
        partition_of("main/session:s1", 4),
        event("1"),
    )


def test_a_refused_event_goes_where_its_type_says_if_it_says_so() -> None:
    topics = [e.record(4).topic for e in found(event("1", type="logistics.nope") + b"\nnot json\n")]
    assert topics == ["logistics.events.v1", "storefront.events.v1"]
