"""Instants and durations inside the core: integers, UTC milliseconds since the epoch."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

from schemas.instants import microseconds, read_instant

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def rfc3339(ms: int) -> str:
    """`2018-03-01T10:00:00.000Z`: how an instant is written in ids."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def parse(text: str) -> int:
    """The instant of an RFC 3339 text that the contract has let through; digits past the ms are dropped."""
    return microseconds(read_instant(text)) // 1000


def earliest(*instants: int | None) -> int | None:
    """The smallest of those that are known."""
    found: int | None = None
    for at in instants:
        if at is not None and (found is None or at < found):
            found = at
    return found


def first_after(instants: Sequence[int], since: int) -> int | None:
    """The first of ascending instants that is later than `since`."""
    at = bisect_right(instants, since)
    return instants[at] if at < len(instants) else None


def at_or_after(instants: Sequence[int], since: int) -> int | None:
    """The first of ascending instants that is not before `since`."""
    at = bisect_left(instants, since)
    return instants[at] if at < len(instants) else None
