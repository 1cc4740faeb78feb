"""What a real transport does to a stream: events that overtake one another, and events sent twice."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from services.cli.replays.event import SentEvent

LEAST_REPEAT_WINDOW = timedelta(hours=1)
"""A repeat follows within this of its first sending, or within the disorder where that is longer."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """How far an event may be sent behind its place, and which share is sent a second time."""

    disorder: timedelta = timedelta(0)
    duplicates: float = 0.0

    @property
    def none(self) -> bool:
        """Whether the stream stays as it is."""
        return not self.disorder and not self.duplicates


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """An event and the moment of event time at which it leaves."""

    at_ms: int
    number: int
    event: SentEvent


def disturbed(events: Iterable[SentEvent], how: Disturbance, rng: Random) -> Iterator[Release]:
    """Every event of a time-ordered stream once, and some twice, in the order of leaving.

    An event leaves at most `disorder` after its time, so that it is overtaken only by events of that span. Nothing is
    held longer than needed: a stream without end works, too.
    """
    held: list[Release] = []
    number = 0
    for event in events:
        while held and held[0].at_ms <= event.time_ms:
            yield heapq.heappop(held)
        for at_ms in _departures(event, how, rng):
            heapq.heappush(held, Release(at_ms, number, event))
            number += 1
    while held:
        yield heapq.heappop(held)


def _departures(event: SentEvent, how: Disturbance, rng: Random) -> Iterator[int]:
    if how.none:
        yield event.time_ms
        return
    first = event.time_ms + _up_to(how.disorder, rng)
    yield first
    if rng.random() < how.duplicates:
        yield first + _up_to(max(how.disorder, LEAST_REPEAT_WINDOW), rng)


def _up_to(span: timedelta, rng: Random) -> int:
    return rng.randint(0, span // timedelta(milliseconds=1))
