"""What a pain point's row says to people: the lifecycle of one dedup key, as a table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    """What a notification says of its pain point."""

    FIRING = "firing"
    RESOLVED = "resolved"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Step:
    """An event that a status calls for, once `after` was announced and `unless` any of those was."""

    event: Event
    after: frozenset[Event] = frozenset()
    unless: frozenset[Event] = frozenset()


STEPS: Mapping[str, Step] = {
    "open": Step(Event.FIRING, unless=frozenset(Event)),
    "resolved": Step(Event.RESOLVED, after=frozenset({Event.FIRING}), unless=frozenset(Event) - {Event.FIRING}),
    "retracted": Step(Event.RETRACTED, after=frozenset({Event.FIRING}), unless=frozenset({Event.RETRACTED})),
}
"""Pain point status -> what to announce. Each event is announced at most once for a dedup key: one that opens again
under the same id stays silent, and one that turns out false after its end is still retracted."""


def next_event(status: str, held_back: bool, announced: Collection[Event]) -> Event | None:
    """The event that a row calls for after those already announced, or None.

    While a pain point is held back it is not announced. Its end is, if its beginning was.
    Raises `KeyError` for a status that is none: our own bug.
    """
    step = STEPS[status]
    if step.event is Event.FIRING and held_back:
        return None
    if not step.after <= set(announced) or step.unless & set(announced):
        return None
    return step.event
