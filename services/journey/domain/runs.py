"""Runs: attempts at a purchase, each of touches up to an order or up to a silence; and runs of words alone."""

from collections import Counter
from dataclasses import dataclass, field

from services.journey.domain.entity import time_of
from services.journey.domain.instants import DAY, rfc3339

SILENCE = 30 * DAY
"""A longer pause ends a journey without an order; exactly this long does not."""

Touch = tuple[int, str]
"""(stamp, alias of the visitor or session): in order of time."""


@dataclass(slots=True)
class Run:
    """One attempt: a run of touches, its order, or both."""

    anchor: str
    unit: str  # alias of the unit that publishes its row
    started_at: int
    last: int | None = None  # ms: its last touch, or word
    order: str = ""  # alias
    visits: Counter[str] = field(default_factory=Counter)  # touches by visitor or session
    placed_at: int | None = None
    tickets: tuple[str, ...] | None = None  # aliases; of a run of words alone, None for any other

    @property
    def silent_at(self) -> int | None:
        """When silence ends it, if it does not go on; None for one with an order."""
        return None if self.order or self.last is None else self.last + SILENCE

    @property
    def reaches_to(self) -> int:
        """The last instant of what led to it: the order, else the silence after the last touch."""
        return self.placed_at if self.placed_at is not None else self.silent_at or 0

    @property
    def place(self) -> tuple[str, int, int]:
        """What makes it another run to those who look for one by an instant."""
        return self.anchor, self.started_at, self.reaches_to if self.order else 0


def cut_at_silences(touches: list[Touch]) -> list[list[Touch]]:
    """Touches in order of time, cut where a silence lies between two of them."""
    found: list[list[Touch]] = []
    before: int | None = None
    for touch in touches:
        instant = time_of(touch[0])
        if before is None or instant - before > SILENCE:
            found.append([])
        found[-1].append(touch)
        before = instant
    return found


def ordered(order: str, placed_at: int, touches: list[Touch]) -> Run:
    """The attempt that ended in an order, with the touches that led to it, if any did."""
    started_at = time_of(touches[0][0]) if touches else placed_at
    return Run(order, order, started_at, _last(touches), order, _visits(touches), placed_at)


def unordered(touches: list[Touch]) -> Run:
    """The attempt that these touches make alone."""
    stamp, visitor = touches[0]
    started_at = time_of(stamp)
    return Run(f"{visitor}/{rfc3339(started_at)}", visitor, started_at, _last(touches), "", _visits(touches))


def _last(touches: list[Touch]) -> int | None:
    return time_of(touches[-1][0]) if touches else None


def _visits(touches: list[Touch]) -> Counter[str]:
    return Counter(visitor for _, visitor in touches)
