"""What is typed on the command line: spans of time, and instants."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from services.cli.failure import CommandFailedError
from services.runtime.config import ConfigError

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def duration(text: str) -> timedelta:
    """`6h`, `90m`, `1d12h`, `500ms`; `0` is none. Raises `ValueError` saying how to write it."""
    if text.strip() == "0":
        return timedelta(0)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        raise ValueError(f"{text!r} is no span of time; write for example 6h, 90m, 1d12h or 0")
    return sum((timedelta(**{_UNITS[unit]: float(number)}) for number, unit in parts), timedelta(0))


def instant(text: str) -> datetime:
    """An RFC 3339 time with its offset. Raises `ValueError` saying how to write it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(f"{text!r} is no instant; write a time with its offset, like 2018-10-17T17:30:18-03:00")
    return found


def shown(instant: datetime) -> str:
    """An instant for people: UTC to the second, or to the millisecond where it has any."""
    spec = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", spec) + " UTC"


@contextmanager
def bad_input_told() -> Iterator[None]:
    """What is wrong with arguments or files becomes a failed command's message."""
    try:
        yield
    except (ValueError, OSError, ConfigError) as error:
        raise CommandFailedError(str(error)) from error
