"""The quick way through the edge takes nothing that the careful way refuses, and says the same of what it takes."""

import json
import unittest.mock
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.contract_events import RECEIVED_MS, SHOPS, event
from support.examples import examples

from schemas.contract import judge_all
from schemas.contract.careful import Judged, judge_one
from schemas.contract.reading import judge
from schemas.events import EVENT_TYPES
from schemas.golden.example_events import full, minimal
from services.runtime.records import Record

TEXTS = ["", "a", "a/b", "é", "£5", "\x7f", "\x85", "\n", '"', "\\", "/", "😀", "12.50", "-0", ":-0", "dhl", "x" * 600]
VALUES = (
    st.sampled_from(TEXTS)
    | st.sampled_from([None, True, 0, -0.0, 1, 1.0, 2.5, 1e11, 1e12, -1, 10**30, [], {}, ["web", ""], [{"sku": "s"}]])
    | st.text(max_size=4)
)  # fmt: skip
TIMES = [
    "2024-05-02T10:15:00Z", "2024-05-02T12:15:00.5+02:00", "2024-05-02T10:15:00.000001-05:30", "2024-05-03T10:15:00Z",
    "2024-05-03T10:15:00.001Z", "2024-02-02T10:15:00Z", "2024-02-02T10:14:59.999Z", "1969-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z", "2199-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+23:00", "2024-05-02T10:15:00",
]  # fmt: skip
ATTRIBUTES = {
    "shop": st.sampled_from(["main", "olist", "replay-a", "", "?", "nobody", "ma/in", None]),
    "time": st.sampled_from(TIMES),
    "datacontenttype": st.sampled_from(["application/json", "text/plain", None]),
    "subject": st.sampled_from(["s", "", None]),
    "tenant": st.just("t"),
    "id": st.sampled_from(TEXTS),
    "source": st.sampled_from(TEXTS),
    "type": st.sampled_from([*EVENT_TYPES, "storefront.gift.wrapped"]),
    "specversion": st.sampled_from(["1.0", "0.3"]),
}


@st.composite
def written_events(draw: st.DrawFn) -> bytes:
    """An event near an example of its type, as any library might write it."""
    name = draw(st.sampled_from(sorted(EVENT_TYPES)))
    data = dict(draw(st.sampled_from([minimal, full]))(name)["data"])
    fields = st.sampled_from([*EVENT_TYPES[name].model_fields, "carrier", "x"])
    data.update(draw(st.dictionaries(fields, VALUES, max_size=2)))
    for gone in draw(st.lists(fields, max_size=2)):
        data.pop(gone, None)
    whole = event(**({"type": name, "data": data} | draw(st.fixed_dictionaries({}, optional=ATTRIBUTES))))
    text = json.dumps(
        whole,
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, None, 1])),
        separators=draw(st.sampled_from([None, (",", ":")])),
    )
    if draw(st.integers(0, 9)) == 0:
        text = text.replace("_id", "\\u005fid").replace("/", "\\/")
    return text.encode("utf-8", "replace")


def carefully(value: bytes) -> Judged:
    """The answer of the careful way alone."""
    return judge_one(value, RECEIVED_MS, SHOPS)


def together(values: list[bytes]) -> list[Judged]:
    """The answers to messages of one event each."""
    (run,) = judge_all([record(value) for value in values], SHOPS)
    return run.answers()


def record(value: bytes) -> Record:
    return Record(0, RECEIVED_MS, None, value, ())


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(written_events(), min_size=1, max_size=4))
@example([json.dumps(event(data={"session_id": "s", "url": "/", "lcp_ms": -0.0})).encode()])
def test_both_ways_give_the_same_answers(values: list[bytes]) -> None:
    expected: list[Any] = [carefully(value) for value in values]
    assert judge(b"[" + b",".join(values) + b"]", (), RECEIVED_MS, SHOPS) == expected
    assert together(values) == expected


@pytest.mark.parametrize("shop", ["main", "olist", "", "?", "nobody", None])
@pytest.mark.parametrize("name", ["storefront.page.viewed", "logistics.parcel.scanned", "logistics.order.packed"])
def test_both_ways_agree_on_shops_and_times_at_their_limits(name: str, shop: str | None) -> None:
    read = [{**full(name), "id": str(number), "time": time} for number, time in enumerate(TIMES)]
    values = [json.dumps(whole if shop is None else {**whole, "shop": shop}).encode() for whole in read]
    expected = [carefully(value) for value in values]
    assert judge(b"[" + b",".join(values) + b"]", (), RECEIVED_MS, SHOPS) == expected
    assert together(values) == expected


@pytest.mark.parametrize("name", ["storefront.page.viewed", "logistics.parcel.scanned"])
def test_both_ways_agree_on_neighbours_of_one_type_and_several_shops(name: str) -> None:
    named = [{"shop": shop} for shop in ("olist", "main", "nobody", "", "replay-a", "olist")]
    read = [{**full(name), "id": str(number), **shop} for number, shop in enumerate([{}, *named, {}])]
    values = [json.dumps(whole).encode() for whole in read]
    expected = [carefully(value) for value in values]
    assert judge(b"[" + b",".join(values) + b"]", (), RECEIVED_MS, SHOPS) == expected
    assert together(values) == expected


@pytest.mark.parametrize("name", ["id", "source"])
@pytest.mark.parametrize("text", ["a\nb", "\x7f", "\x85", "°"])
def test_both_ways_agree_on_control_characters_in_names(name: str, text: str) -> None:
    values = [json.dumps(event(**{name: text}), ensure_ascii=ascii_only).encode() for ascii_only in (True, False)]
    assert together(values) == [carefully(value) for value in values]


def test_one_event_with_a_line_break_leaves_its_neighbours_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [json.dumps(event(id="1")).encode(), json.dumps(event(id="2", source="a\nb")).encode()]
    expected = [carefully(value) for value in values]
    careful = unittest.mock.Mock(side_effect=carefully)
    monkeypatch.setattr("schemas.contract.reading.judge_one", lambda value, *_: careful(value))
    assert together(values) == expected
    assert careful.call_args_list == [unittest.mock.call(values[1])]


def test_the_examples_go_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted(set(EVENT_TYPES) - {"service.survey.answered", "service.action.taken"})
    values = [json.dumps({**full(name), "time": TIMES[0]}).encode() for name in names]
    slow = unittest.mock.Mock(return_value=[])
    monkeypatch.setattr("schemas.contract.reading.judge_one", slow)
    assert len(together(values)) == len(names)
    assert slow.call_args_list == []
