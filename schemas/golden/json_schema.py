"""JSON Schemas of whole events, one per type, for teams that check what they send without our code."""

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from schemas.contract.envelope import LONGEST_NAME
from schemas.events import EVENT_TYPES, EventData
from schemas.events.base import ALIASES

_HOISTED: Final[tuple[str, ...]] = ("description", "examples")


class _Plain(GenerateJsonSchema):
    """Without titles and null defaults; an optional field may be null, which is the same as absent."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return {key: value for key, value in super().default_schema(schema).items() if key != "default"}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        inner = dict(self.generate_inner(schema["schema"]))
        hoisted = {key: inner.pop(key) for key in _HOISTED if key in inner}
        if isinstance(inner.get("type"), str) and "enum" not in inner:
            return {**inner, "type": [inner["type"], "null"], **hoisted}
        choices = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
        return {"anyOf": [*choices, {"type": "null"}], **hoisted}


def data_schema(model: type[EventData]) -> dict[str, Any]:
    """The schema of one type's `data`, with the rules that span several fields."""
    schema = model.model_json_schema(schema_generator=_Plain)
    schema.pop("title", None)
    schema.pop("description", None)
    rules = _rules(model, set(schema.get("required", ())))
    return {**schema, "allOf": rules} if rules else schema


def event_schema(event_type: str, examples: list[dict[str, Any]]) -> dict[str, Any]:
    """The schema of one type's whole event in structured mode."""
    model = EVENT_TYPES[event_type]
    data = data_schema(model)
    definitions = data.pop("$defs", {})
    name = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:waypost:event:{event_type}",
        "title": event_type,
        "description": " ".join((model.__doc__ or "").split()),
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**name, "description": "The event's own name, unique within its source."},
            "source": {**name, "description": "The name of the system that sends it."},
            "type": {"const": event_type},
            "time": {"type": "string", "format": "date-time", "description": "When it happened, with an offset."},
            "shop": {"type": ["string", "null"], "description": "The shop's name; without it, `main`."},
            "data": data,
        },
        "$defs": definitions,
        "examples": examples,
    }


def _rules(model: type[EventData], required: set[str]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = []
    if model.any_of:
        rules.append({"anyOf": [_given(name) for name in model.any_of]})
    elif not (required & set(ALIASES) or {"carrier", "tracking_number"} <= required):
        rules.append({"anyOf": [*(_given(alias) for alias in ALIASES), _given("carrier", "tracking_number")]})
    rules.extend({"if": _given(field), "then": _given("currency")} for field in model.priced)
    return rules


def _given(*fields: str) -> dict[str, Any]:
    return {"required": list(fields), "properties": {field: {"not": {"type": "null"}} for field in fields}}
