"""Two positions of one event are a duplicate or a conflict: their digests say which."""

import pytest
from support.contract_events import accepted, answer, digest_of, event, text
from xxhash import xxh3_64_hexdigest

from schemas.contract import Event
from schemas.events import EVENT_TYPES
from schemas.golden.example_events import full


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"time": "2024-05-02T10:15:00Z"}, {"time": "2024-05-02T12:15:00.000+02:00"}),
        ({}, {"shop": "main"}),
        ({}, {"datacontenttype": "application/json"}),
        ({"data": {"session_id": "s", "url": "/", "x": 1}}, {"data": {"x": 1.0, "url": "/", "session_id": "s"}}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ],
)
def test_the_same_content_spelled_otherwise_has_the_same_digest(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert digest_of(accepted(**one)) == digest_of(accepted(**other))


@pytest.mark.parametrize(
    "changes",
    [
        {"time": "2024-05-02T10:15:00.000001Z"},
        {"shop": "olist"},
        {"subject": "s"},
        {"tenant": "t"},
        {"data": {"session_id": "s-1", "url": "https://shop.example/", "x": None}},
        {"data": {"session_id": "s-1", "url": "https://shop.example/#"}},
        {"type": "storefront.search.performed", "data": {"session_id": "s-1", "query": "", "results": 0}},
    ],
    ids=str,
)
def test_anything_else_that_was_sent_counts(changes: dict[str, object]) -> None:
    assert digest_of(accepted(**changes)) != digest_of(accepted())


def test_text_and_number_are_different_content() -> None:
    values = (1, "1", True, [1], None, 1.5, "1.5")
    found = {digest_of(accepted(data={"session_id": "s", "url": "/", "x": value})) for value in values}
    assert len(found) == len(values)


def test_escapes_and_whitespace_do_not_count() -> None:
    plain = text(event(data={"session_id": "s", "url": "/é"}))
    spelled = plain.replace(b"\\u00e9", "é".encode()).replace(b": ", b" :\n ")
    one, other = answer(plain), answer(spelled)
    assert isinstance(one, Event)
    assert isinstance(other, Event)
    assert plain != spelled
    assert digest_of(one) == digest_of(other)


def test_digests_stay_what_they_were_in_earlier_versions() -> None:
    """Events that were stored before an upgrade and are sent again after it would all be conflicts."""
    found = [digest_of(accepted(**(full(name) | {"time": "2024-05-02T10:15:00Z"}))) for name in sorted(EVENT_TYPES)]
    assert xxh3_64_hexdigest(b"".join(found)) == "7bd96fbc257e9dee"
