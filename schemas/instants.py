"""Instants as Waypost reads them: RFC 3339 with an offset, on the UTC line of microseconds."""

import re
from datetime import UTC, datetime
from typing import Final

import msgspec

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
END: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""The first instant that is refused everywhere: the database's times end in 2299, and sums want room."""

_LONGEST_EXACT: Final = len("2024-01-31T12:00:00.123456+00:00")
_BEYOND_MICROSECONDS: Final = re.compile(r"(\.\d{6})\d+")


def read_instant(text: str) -> datetime:
    """The instant that an RFC 3339 text names; raises ValueError for a date, a naive time or a leap second.

    Digits past the microsecond are dropped, not rounded: a promise of 23:59:59.9999999 is still for that day.
    """
    if len(text) > _LONGEST_EXACT:
        text = _BEYOND_MICROSECONDS.sub(r"\1", text, count=1)
    try:
        instant = msgspec.convert(text, datetime)
    except msgspec.ValidationError as problem:
        raise ValueError("not an RFC 3339 instant") from problem
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset from UTC")
    return instant


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970 in UTC; negative before."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
