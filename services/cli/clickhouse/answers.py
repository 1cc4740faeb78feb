"""Reads the answers to records that held one event each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.cli.clickhouse.views import Views

ASKED_AT_ONCE = 1000
Position = tuple[str, int, int]
"""Topic, partition and offset."""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """The answer that an event got, with the reason and the message of a refusal."""

    answer: str
    reason: str = ""
    message: str = ""


def answers_of(views: Views, positions: Sequence[Position]) -> dict[Position, GivenAnswer]:
    """The answers that are given so far. Raises `ViewsError`."""
    return dict(pair for start in range(0, len(positions), ASKED_AT_ONCE) for pair in _asked(views, positions, start))


def _asked(views: Views, positions: Sequence[Position], start: int) -> Iterator[tuple[Position, GivenAnswer]]:
    rows = views.rows(
        "SELECT topic, partition, offset, answer, reason, message FROM waypost.answers "
        "WHERE (topic, partition, offset) IN %(positions)s",
        {"positions": tuple(positions[start : start + ASKED_AT_ONCE])},
    )
    for topic, partition, offset, *answer in rows:
        yield (topic, partition, offset), GivenAnswer(*map(str, answer))
