"""Laws of the edge, whatever is sent."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from support.contract_events import RECEIVED_MS, SHOPS, answers, digest_of, event, text
from support.examples import examples

from schemas.contract import Event, Rejected, read
from schemas.contract.envelope import open_envelope, open_text
from schemas.contract.structure import elements

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SANE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["specversion", "id", "source", "type", "time", "data", "shop", "subject", "tenant"])
DATA = st.dictionaries(st.sampled_from(["session_id", "url", "lcp_ms", "page", "x"]), JSON, max_size=5)


@st.composite
def near_events(draw: st.DrawFn) -> bytes:
    """An event with a few attributes and data fields replaced by anything."""
    whole: dict[str, Any] = event()
    whole["data"] = {**whole["data"], **draw(DATA)}
    whole.update(draw(st.dictionaries(NAMES, JSON, max_size=2)))
    return text(whole)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An event's text with a stretch replaced by any bytes."""
    value = draw(near_events())
    start = draw(st.integers(0, len(value)))
    end = draw(st.integers(start, min(len(value), start + 5)))
    return value[:start] + draw(st.binary(max_size=4)) + value[end:]


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["ce_id", "ce_specversion", "ce_type", "content-type", "CE_time", "x", "ce_"]),
        st.binary(max_size=30),
    ),
    max_size=6,
)
VALUES = st.binary(max_size=200) | JSON.map(text) | near_events() | damaged()


@settings(max_examples=examples(150), deadline=None)
@given(VALUES, HEADERS)
def test_anything_at_all_gets_at_least_one_answer_that_can_be_stored(
    value: bytes, headers: list[tuple[str, bytes]]
) -> None:
    given_answers = read(value, headers, RECEIVED_MS, SHOPS)
    assert given_answers
    for answer in given_answers:
        if isinstance(answer, Rejected):
            assert answer.payload in value
            assert answer.message
            (answer.message + answer.source + answer.id + answer.type + answer.shop).encode()
        else:
            msgspec.json.decode(answer.data)


@settings(max_examples=examples(80), deadline=None)
@given(st.lists(near_events() | damaged(), min_size=1, max_size=5), st.sampled_from([b",", b" ,\n", b"\t,"]))
def test_an_array_is_answered_as_its_elements_are_alone(values: list[bytes], comma: bytes) -> None:
    array = b"[" + comma.join(values) + b"]"
    if elements(array) == values:
        assert answers(array) == [answer for value in values for answer in answers(value)]


@settings(max_examples=examples(80), deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=4))
def test_a_refused_message_keeps_its_bytes_whole(parts: list[bytes]) -> None:
    value = b"".join(parts)
    given_answers = answers(value)
    if len(given_answers) == 1 and isinstance(given_answers[0], Rejected) and value.lstrip()[:1] != b"[":
        assert given_answers[0].payload == value


@settings(max_examples=examples(80), deadline=None)
@given(st.dictionaries(st.text(max_size=6), SANE, max_size=5), st.randoms(use_true_random=False))
def test_key_order_and_whitespace_change_no_digest(extra: dict[str, Any], random: Any) -> None:
    whole = event(data={**extra, "session_id": "s", "url": "/"})
    (one,) = answers(text(whole))
    (other,) = answers(json.dumps(_shuffled(whole, random), indent=3, ensure_ascii=False).encode())
    assert isinstance(one, Event) == isinstance(other, Event)
    if isinstance(one, Event) and isinstance(other, Event):
        assert digest_of(one) == digest_of(other)


@settings(max_examples=examples(80), deadline=None)
@given(near_events())
def test_the_quick_and_the_careful_way_read_the_same(value: bytes) -> None:
    from schemas.contract.answers import RefusedError
    from schemas.contract.envelope import Envelope, _open_carefully

    try:
        quick = open_envelope(msgspec.json.decode(value, type=Envelope))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    try:
        careful = _open_carefully(value)
    except RefusedError as refused:
        raise AssertionError(refused.message) from refused
    assert _plain(quick) == _plain(careful) == _plain(open_text(value))


def _plain(opened: Any) -> Any:
    envelope, others = opened
    return envelope.id, envelope.source, envelope.type, envelope.time, bytes(envelope.data), envelope.shop, others


def _shuffled(value: Any, random: Any) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: _shuffled(value[key], random) for key in keys}
    return [_shuffled(entry, random) for entry in value] if isinstance(value, list) else value
