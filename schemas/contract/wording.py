"""Messages for the sender of a refused event: which field, what was given, what is expected.

A message shows at most the start of the offending value, never the rest of the event.
"""

import json
from typing import Any, Final

from pydantic import ValidationError

_SHOWN: Final = 40

_EXPECTED: Final[dict[str, str]] = {
    "string_type": "text in quotes",
    "string_too_short": "at least {min_length} character(s)",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text without control characters (a carrier's name without slashes, too)",
    "enum": "one of {expected}",
    "int_type": "a whole number, not in quotes",
    "float_type": "a number, not in quotes",
    "bool_type": "true or false",
    "list_type": "a list",
    "too_long": "at most {max_length} entries",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than_equal": "a number of at most {le:g}",
    "finite_number": "a finite number",
    "model_type": "an object",
    "uuid_type": "a UUID in quotes",
    "uuid_parsing": "a UUID",
}


def shown(value: Any) -> str:
    """A value as JSON, shortened; of objects and lists only the size, of text nothing that UTF-8 cannot carry."""
    if isinstance(value, dict):
        return f"an object of {len(value)} field(s)"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        text = json.dumps(value[: _SHOWN + 1])
        return text if len(value) <= _SHOWN else json.dumps(value[:_SHOWN])[:-1] + '…"'
    text = json.dumps(value) if isinstance(value, bool | int | float | None) else type(value).__name__
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def plain(problem: Exception) -> str:
    """A decoder's complaint without what only a programmer reads in it."""
    if isinstance(problem, UnicodeDecodeError):
        return f"bytes that are no UTF-8 (near byte {problem.start} of a text)"
    return str(problem).partition(" - at `")[0].removeprefix("JSON is malformed: ")


def storable(text: str) -> str:
    """The text with every half of a surrogate pair replaced, so that UTF-8 can carry it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def invalid_data(problem: ValidationError) -> str:
    """What is wrong with the data: the first problem in full, the others counted."""
    errors = problem.errors(include_url=False)
    first = errors[0]
    where = "data" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    kind, context = first["type"], first.get("ctx") or {}
    if kind == "missing":
        message = f"{where} is missing"
    elif not first["loc"]:
        message = f"data: expected {first['msg']}"
    else:
        expected = _EXPECTED[kind].format(**context) if kind in _EXPECTED else first["msg"]
        message = f"{where}: given {shown(first['input'])}, expected {expected}"
    return message if len(errors) == 1 else f"{message} ({len(errors) - 1} more problem(s) in this event)"
