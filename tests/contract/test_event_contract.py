"""The published contract: schemas, examples and catalogue are what the models say, and the models take the examples."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped, unused-ignore]
from support.contract_events import SHOPS

from schemas.contract import Event, Reason, read
from schemas.events import EVENT_TYPES, SHOPLESS_TYPES, home_topic
from schemas.golden.example_events import TIME
from schemas.golden.files import stale
from schemas.golden.prose import REASONS
from schemas.instants import microseconds, read_instant
from schemas.topics import PUBLIC

ROOT = Path(__file__).parents[2]
NOW_MS = microseconds(read_instant(TIME)) // 1_000
EXAMPLES = sorted((ROOT / "schemas/examples").glob("*.json"))


def published_schema(event_type: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((ROOT / f"schemas/jsonschema/{event_type}.json").read_text(encoding="utf-8"))
    return schema


def test_generated_files_are_as_the_models_say() -> None:
    assert list(stale(ROOT)) == [], "run: python -m services.cli.commands.contract write"


def test_every_type_has_a_minimal_and_a_full_example() -> None:
    assert {path.name for path in EXAMPLES} == {
        f"{name}.{which}.json" for name in EVENT_TYPES for which in ("minimal", "full")
    }


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_fits_its_schema_and_is_taken(path: Path) -> None:
    value = path.read_bytes()
    example = json.loads(value)
    schema = published_schema(example["type"])
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(example)
    (answer,) = read(value, (), NOW_MS, SHOPS)
    assert isinstance(answer, Event), answer
    assert answer.shop == ("" if example["type"] in SHOPLESS_TYPES else "main")


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_required_field_is_required_by_schema_and_model_alike(event_type: str) -> None:
    schema = Draft202012Validator(published_schema(event_type))
    example = json.loads((ROOT / f"schemas/examples/{event_type}.minimal.json").read_bytes())
    for field in example["data"]:
        lacking = {**example, "data": {name: value for name, value in example["data"].items() if name != field}}
        assert not schema.is_valid(lacking), field
        assert not isinstance(read(json.dumps(lacking).encode(), (), NOW_MS, SHOPS)[0], Event), field


@pytest.mark.parametrize(
    ("event_type", "changes"),
    [
        ("service.survey.answered", {"survey": "nps"}),
        ("service.survey.answered", {"score": 0}),
        ("storefront.product.viewed", {"price": "1"}),
        ("storefront.order.placed", {"total": "12,50"}),
        ("storefront.order.placed", {"total": -1}),
        ("storefront.order.placed", {"currency": "EURO"}),
        ("storefront.order.placed", {"order_id": 5}),
        ("logistics.parcel.scanned", {"status": "lost"}),
    ],
)
def test_schema_and_model_refuse_the_same_mistakes(event_type: str, changes: dict[str, Any]) -> None:
    example = json.loads((ROOT / f"schemas/examples/{event_type}.minimal.json").read_bytes())
    wrong = {**example, "data": {**example["data"], **changes}}
    assert not Draft202012Validator(published_schema(event_type)).is_valid(wrong)
    assert not isinstance(read(json.dumps(wrong).encode(), (), NOW_MS, SHOPS)[0], Event)


def test_the_catalogue_explains_every_reason() -> None:
    assert set(REASONS) == set(Reason)


def test_every_type_is_at_home_in_a_public_topic() -> None:
    assert {home_topic(event_type) for event_type in EVENT_TYPES} == {topic.name for topic in PUBLIC}
