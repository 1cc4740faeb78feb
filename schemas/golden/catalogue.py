"""The event catalogue: a page for people who send events."""

import json
from typing import Any, Final

from schemas.events import EVENT_TYPES, FAMILY_TOPIC, EventData
from schemas.golden.example_events import minimal, own_fields
from schemas.golden.json_schema import data_schema
from schemas.golden.prose import INTRODUCTION, REASONS

_FIELDS: Final = ("| field | required | kind | what it is |", "|---|---|---|---|")
_KINDS: Final = {"integer": "whole number", "number": "number", "boolean": "true or false", "array": "list"}


def catalogue() -> str:
    """The whole page, Markdown."""
    topics = ", ".join(f"`{topic}`" for topic in FAMILY_TOPIC.values())
    reasons = "\n".join(f"| `{reason}` | {cause} | {fix} |" for reason, (cause, fix) in REASONS.items())
    parts = [
        INTRODUCTION.replace("{example}", _json(minimal("storefront.order.placed")))
        .replace("{topics}", topics)
        .replace("{reasons}", reasons),
        _any_event(),
    ]
    for family, topic in FAMILY_TOPIC.items():
        parts.append(f"## {family.rstrip('.').capitalize()}\n\nAt home in `{topic}`.\n")
        parts.extend(_section(name, model) for name, model in EVENT_TYPES.items() if name.startswith(family))
    return "\n".join(parts)


def _any_event() -> str:
    schema = data_schema(EventData)
    rows = [_row(schema, name, "no") for name in EventData.model_fields]
    return "\n".join(["## What any event's data may carry\n", *_FIELDS, *rows, ""])


def _section(event_type: str, model: type[EventData]) -> str:
    schema = data_schema(model)
    rows = [_row(schema, name, _required(model, schema, name)) for name in own_fields(model)]
    return "\n".join(
        [
            f"### `{event_type}`\n",
            " ".join((model.__doc__ or "").split()) + "\n",
            *_FIELDS,
            *rows,
            *_items(schema),
            "\n```json",
            _json(minimal(event_type)["data"]),
            "```\n",
        ]
    )


def _required(model: type[EventData], schema: dict[str, Any], name: str) -> str:
    if name in schema.get("required", ()):
        return "yes"
    if name in model.any_of:
        return "one of " + ", ".join(f"`{field}`" for field in model.any_of)
    if name == "currency" and model.priced:
        return "with " + ", ".join(f"`{field}`" for field in model.priced)
    return "but for nps" if name == "scale" else "no"


def _items(schema: dict[str, Any]) -> list[str]:
    """The rows of an entry of `items`, where there are any."""
    item = schema.get("$defs", {}).get("Item")
    if item is None:
        return []
    required = item["required"]
    return [_row(item, name, "yes" if name in required else "no", prefix="items[].") for name in item["properties"]]


def _row(schema: dict[str, Any], name: str, required: str, prefix: str = "") -> str:
    field = schema["properties"][name]
    return f"| `{prefix}{name}` | {required} | {_kind(schema, field)} | {field.get('description', '')} |"


def _kind(root: dict[str, Any], field: dict[str, Any]) -> str:
    choices = [choice for choice in field.get("anyOf", [field]) if choice.get("type") != "null"]
    if len(choices) > 1:
        return "money"
    choice = choices[0]
    if "$ref" in choice:
        words = root["$defs"][choice["$ref"].rpartition("/")[2]]["enum"]
        return ", ".join(f"`{word}`" for word in words)
    if "enum" in choice:
        return "currency code"
    kind = choice["type"][0] if isinstance(choice["type"], list) else choice["type"]
    if kind == "string":
        return {"date-time": "instant", "uuid": "UUID"}.get(choice.get("format", ""), "text")
    return str(_KINDS[kind])


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
