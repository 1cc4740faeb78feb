"""The plain shapes take no event that its model refuses, and say the same of it."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from support.examples import examples

from schemas import aliases
from schemas.contract.decoding import decode
from schemas.contract.digest import digest
from schemas.contract.shapes import SHAPES, surely_plain
from schemas.events import EVENT_TYPES
from schemas.golden.example_events import full, minimal

TYPES = sorted(SHAPES)
FIELDS = sorted({name for model in EVENT_TYPES.values() for name in model.model_fields} | {"sku", "x"})
NUMBERS = "0 -0 -0.0 2 2.0 2e0 0.2E1 1e-400 0.1 1.5 1e9 1000000000 1000000001 1e400 -1 -1e-9 123456789012345678901 1e22"
TEXTS = (
    "", "a", "a/b", "é", "°", "\x7f", "\x80", "\x85", "\u2028", "\n", "x" * 64, "x" * 65, "ä" * 128, "x" * 129,
    "x" * 257,
    "EUR", "eur", "XXX", "12.50", "-1", "1e3", "1.", "012", "12.50\n", "1234567890123", "٣", "NaN",
    "in_transit", "email",
    "2024-05-06T14:00:00+02:00", "2024-05-06T14:00:00", "2024-05-06", "2200-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
    "2024-05-06T14:00:60Z", "2024-05-06 14:00:00Z", "2024-05-06T14:00:00.1234567891Z", "true", "shipping", "😀",
)  # fmt: skip
SCALARS = (
    st.sampled_from(NUMBERS.split())
    | st.sampled_from(["null", "true", "false", "[]", "{}", "[null]", '["web", ""]', '["a", "b"]', '[{"sku": "s"}]'])
    | (st.sampled_from(TEXTS) | st.text(max_size=6)).flatmap(
        lambda text: st.sampled_from([json.dumps(text), json.dumps(text, ensure_ascii=False)])
    )
)
ITEMS = st.lists(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("sku", "quantity", "unit_price", "in_stock", "x"), SCALARS)),
    max_size=3,
).map(lambda items: "[" + ",".join(map("{{{}}}".format, (",".join(_pairs(item)) for item in items))) + "]")
SPACES = st.sampled_from(["", " ", "\n", "\t ", "\r"])


def _pairs(fields: dict[str, str], colon: str = ":") -> list[str]:
    return [f"{json.dumps(name)}{colon}{value}" for name, value in fields.items()]


@st.composite
def spelled_data(draw: st.DrawFn) -> tuple[str, bytes]:
    """Data near an example of a type, as JSON text of any spelling."""
    name = draw(st.sampled_from(TYPES))
    fields = {key: json.dumps(value) for key, value in draw(st.sampled_from([minimal, full]))(name)["data"].items()}
    for gone in draw(st.lists(st.sampled_from(FIELDS), max_size=3)):
        fields.pop(gone, None)
    own = sorted(EVENT_TYPES[name].model_fields)
    fields.update(draw(st.dictionaries(st.sampled_from(own), SCALARS, max_size=2)))
    fields.update(draw(st.dictionaries(st.sampled_from(FIELDS), SCALARS, max_size=1)))
    if "items" in own and draw(st.booleans()):
        fields["items"] = draw(ITEMS)
    again = draw(st.dictionaries(st.sampled_from(own), SCALARS, max_size=1))
    pairs = draw(st.permutations(_pairs(fields, draw(SPACES) + ":" + draw(SPACES)) + _pairs(again)))
    return name, ("{" + (draw(SPACES) + "," + draw(SPACES)).join(pairs) + "}").encode("utf-8", "replace")


@settings(max_examples=examples(250), deadline=None)
@given(spelled_data())
def test_what_a_shape_takes_the_model_takes_and_both_read_the_same(spelled: tuple[str, bytes]) -> None:
    name, text = spelled
    home = SHAPES[name].home_of(text) if surely_plain(text) else ""
    if not home:
        return
    content = decode(text)
    try:
        EVENT_TYPES[name].model_validate(content)
    except ValidationError as problem:
        raise AssertionError(text) from problem
    assert aliases.home(name, aliases.named(content)) == home
    fitted = SHAPES[name].fit(content)
    assert fitted is not None
    assert fitted == SHAPES[name].decode(text)


@settings(max_examples=examples(250), deadline=None)
@given(spelled_data())
def test_the_digest_of_what_a_model_takes_does_not_depend_on_how_it_is_spelled(spelled: tuple[str, bytes]) -> None:
    name, text = spelled
    try:
        content = decode(text)
        EVENT_TYPES[name].model_validate(content)
    except (ValidationError, msgspec.ValidationError):
        return
    same = json.dumps(dict(reversed(content.items())), indent=1, ensure_ascii=False).encode()
    assert digest(name, "main", 1, b"", text) == digest(name, "main", 1, b"", same)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("example", [minimal, full])
def test_the_examples_are_of_their_plain_shape(name: str, example: Any) -> None:
    text = json.dumps(example(name)["data"]).encode()
    assert (not SHAPES[name].home_of(text)) == (b"pain_point_id" in text)


def test_only_a_type_with_rules_of_its_own_has_no_shape() -> None:
    assert set(EVENT_TYPES) - set(SHAPES) == {"service.survey.answered"}
