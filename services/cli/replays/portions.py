"""A stream cut into portions, each followed by a tick of its shop's clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from services.cli.replays.event import SentEvent

TICK_EVENTS = 500
TICK_SPAN = timedelta(days=1)
"""A tick follows so many events, or so much of event time, whichever is first."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Events in the order of sending, and the shop's clock once they are sent."""

    events: tuple[SentEvent, ...]
    tick_ms: int


def up_to(events: Iterable[SentEvent], until_ms: int | None) -> Iterator[SentEvent]:
    """The events not after an instant; all without one."""
    return (event for event in events if until_ms is None or event.time_ms <= until_ms)


def portions(
    events: Iterable[SentEvent],
    until_ms: int | None = None,
    size: int = TICK_EVENTS,
    span: timedelta = TICK_SPAN,
) -> Iterator[Portion]:
    """Cut a stream; a tick is the greatest time sent so far, the last one exactly `until_ms` if that is given.

    `until_ms` is not before any event: see `up_to`.
    """
    held: list[SentEvent] = []
    ticked = greatest = None
    for event in events:
        held.append(event)
        greatest = event.time_ms if greatest is None else max(greatest, event.time_ms)
        ticked = event.time_ms if ticked is None else ticked
        if len(held) >= size or greatest - ticked >= span // timedelta(milliseconds=1):
            yield Portion(tuple(held), greatest)
            held, ticked = [], greatest
    last = greatest if until_ms is None else until_ms
    if last is not None and (held or last != ticked):
        yield Portion(tuple(held), last)
