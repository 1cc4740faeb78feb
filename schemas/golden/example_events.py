"""Example events, made of the examples that the models' fields carry."""

from typing import Any, Final

from schemas.events import EVENT_TYPES, SHOPLESS_TYPES, EventData
from schemas.golden.json_schema import data_schema

_SOURCES: Final = {
    "storefront": "https://shop.example/storefront",
    "logistics": "https://carrier.example/tracking",
    "service": "https://help.example/desk",
}
_PERSON: Final = ("customer_id", "anonymous_id", "session_id", "channel", "device")

TIME: Final = "2024-05-02T10:15:00+02:00"
"""When every example happened."""


def minimal(event_type: str) -> dict[str, Any]:
    """The smallest event of a type that is taken."""
    model = EVENT_TYPES[event_type]
    schema = data_schema(model)
    names = [*schema.get("required", ()), *(name for name in model.shown if name not in schema.get("required", ()))]
    return _event(event_type, "minimal", _values(schema, schema, names, full=False))


def full(event_type: str) -> dict[str, Any]:
    """An event of a type with every field that the catalogue lists for it."""
    model = EVENT_TYPES[event_type]
    schema = data_schema(model)
    names = [*own_fields(model), *model.shown, *(_PERSON if event_type.startswith("storefront.") else ())]
    event = _event(event_type, "full", _values(schema, schema, list(dict.fromkeys(names)), full=True))
    return event if event_type in SHOPLESS_TYPES else {**event, "shop": "main"}


def own_fields(model: type[EventData]) -> list[str]:
    """The fields that a type lists itself, required ones first, beyond those that any event may carry."""
    declared = {
        name
        for parent in model.__mro__
        if issubclass(parent, EventData) and parent is not EventData
        for name in parent.__annotations__
        if name in model.model_fields
    }
    return sorted(declared, key=lambda name: (not model.model_fields[name].is_required(), _place(model, name)))


def _place(model: type[EventData], name: str) -> int:
    return list(model.model_fields).index(name)


def _event(event_type: str, which: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{event_type}-{which}",
        "source": _SOURCES[event_type.partition(".")[0]],
        "type": event_type,
        "time": TIME,
        "data": data,
    }


def _values(root: dict[str, Any], schema: dict[str, Any], names: list[str], *, full: bool) -> dict[str, Any]:
    return {name: _value(root, schema["properties"][name], full=full) for name in names}


def _value(root: dict[str, Any], field: dict[str, Any], *, full: bool) -> Any:
    if "examples" in field:
        return field["examples"][0]
    choices = [field, *field.get("anyOf", ())]
    entry = next(choice["items"] for choice in choices if "items" in choice)
    part = root["$defs"][entry["$ref"].rpartition("/")[2]]
    names = list(part["properties"]) if full else part["required"]
    return [_values(root, part, names, full=full)]
