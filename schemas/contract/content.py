"""Judges the data of an event."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from schemas import aliases
from schemas.contract.answers import Reason, RefusedError
from schemas.contract.decoding import decode
from schemas.contract.wording import invalid_data, plain, shown
from schemas.events import EVENT_TYPES, EventData, names_somebody
from schemas.events.base import ALIASES

encode_sorted = msgspec.json.Encoder(order="sorted").encode
"""JSON that is equal for equal values, whatever the order of their keys."""


def _needs_alias(model: type[EventData]) -> bool:
    """Whether valid data of this type may still name nobody."""
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    return not (required.intersection(ALIASES) or {"carrier", "tracking_number"} <= required or model.any_of)


_RULES: Final = {
    name: (model.__pydantic_validator__.validate_python, _needs_alias(model)) for name, model in EVENT_TYPES.items()
}


def home_of(event_type: str, text: bytes) -> str:
    """The alias that data of a known type go to first; raises RefusedError where the model does not take them.

    It takes what a plain shape does not, and all that one does.
    """
    home = _home(event_type, _judged(event_type, text))
    if not home:
        raise RefusedError(Reason.NO_ALIAS, _NO_ALIAS)
    return home


def _home(event_type: str, content: Mapping[str, Any]) -> str:
    for prefix, field, more in _search_order(event_type):
        if (name := content.get(field)) and (number := content.get(more) if more else name):
            return f"{prefix}{name}/{number}" if more else f"{prefix}{name}"
    return ""


_search_order = lru_cache(aliases.search_order)


def _judged(event_type: str, text: bytes) -> dict[str, Any]:
    """The data as the model judges them."""
    rule = _RULES.get(event_type)
    if rule is None:
        raise RefusedError(Reason.UNKNOWN_TYPE, _unknown_type(event_type))
    validate, needs_alias = rule
    content = _decode(text)
    if type(content) is not dict:
        raise RefusedError(Reason.INVALID_DATA, f"data: given {shown(content)}, expected an object")
    try:
        validate(content)
    except ValidationError as problem:
        raise RefusedError(Reason.INVALID_DATA, invalid_data(problem)) from None
    if needs_alias and not names_somebody(content):
        raise RefusedError(Reason.NO_ALIAS, _NO_ALIAS)
    return content


def _decode(text: bytes) -> Any:
    try:
        return decode(text)
    except msgspec.ValidationError as problem:
        raise RefusedError(Reason.INVALID_DATA, f"data: {plain(problem)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise RefusedError(Reason.NOT_JSON, f"data is not JSON: {plain(problem)}") from None


def encode_others(others: Mapping[str, Any] | None) -> bytes:
    """The attributes that are only kept, as a JSON object, or nothing."""
    return encode_sorted(others) if others else b""


_NO_ALIAS: Final = (
    "data names nobody: expected at least one of "
    + ", ".join(ALIASES)
    + ", or carrier and tracking_number together; each as text that is not empty"
)


@lru_cache(maxsize=1_024)
def _unknown_type(event_type: str) -> str:
    near = get_close_matches(event_type, EVENT_TYPES, n=1)
    hint = f"did you mean {near[0]}?" if near else "expected a type of the event catalogue"
    return f"type: given {shown(event_type)}, {hint}"
