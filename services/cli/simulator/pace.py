"""The simulated shop's time against the wall's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from services.cli.replays.disturbance import Release
from services.cli.replays.portions import Portion

BURST_SECONDS = 0.5
"""Two ticks a second: the clock moves visibly, and a tick costs each partition of each service a message."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How shop time runs: from where, how much of it a second, and up to where."""

    start_ms: int
    per_second: timedelta
    end_ms: int | None = None


def bursts(releases: Iterator[Release], pace: Pace, elapsed: Callable[[], float]) -> Iterator[Portion]:
    """At each step all that has left by the shop's now, and that now as the tick; the last tick is exactly the end.

    What would leave after the end, since it was held back, leaves with the last.
    `elapsed` gives the seconds since the start; who steps decides how often, more rarely makes larger portions.
    """
    waiting: Release | None = next(releases, None)
    now_ms = pace.start_ms
    while pace.end_ms is None or now_ms < pace.end_ms:
        now_ms = pace.start_ms + int(elapsed() * (pace.per_second / timedelta(milliseconds=1)))
        if pace.end_ms is not None:
            now_ms = min(now_ms, pace.end_ms)
        left = []
        while waiting is not None and (waiting.at_ms <= now_ms or now_ms == pace.end_ms):
            left.append(waiting.event)
            waiting = next(releases, None)
        yield Portion(tuple(left), now_ms)
