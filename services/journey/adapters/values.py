"""Reads the values of configuration files; what is wrong is named with file, line and key."""

import re
from collections.abc import Hashable, Mapping
from typing import Any

from services.runtime.config import Document

Keys = tuple[Hashable, ...]

_UNITS = {"s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d+)\s*(s|min|h|d)")


def read_mapping(document: Document, at: Keys, value: object) -> Mapping[str, Any]:
    """Keys and values. Raises ConfigError."""
    if not isinstance(value, Mapping):
        raise document.error(at, "expected a mapping of keys to values")
    return value


def read_number(document: Document, at: Keys, value: object) -> int:
    """A whole number, 0 or more. Raises ConfigError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise document.error(at, f"given {value!r}, expected a whole number")
    return value


def read_duration(document: Document, at: Keys, value: object) -> int:
    """Milliseconds of `30min`, `48h`, `5d`. Raises ConfigError."""
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise document.error(at, f"given {value!r}, expected a duration like 30min, 48h or 5d")
    return int(found[1]) * _UNITS[found[2]]
