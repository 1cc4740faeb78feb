"""When a batch is stored: at once while little comes, seldom enough that storing leaves room for all else."""

from collections.abc import Callable
from time import monotonic

GATHER_SECONDS = 0.03
"""What belongs together arrives together: an event and its pain point are some ten milliseconds apart."""

EARLY_SECONDS = 0.2
"""A pain point in hand for so long is stored without the rest of its batch, if that is not due for as long again."""

LEAST_REST = 0.2
"""A batch makes a part in each of its tables: no table gets more than five a second."""

REST = 2.0
"""The writer rests so many times as long as the last batch took: of an engine that has much to do it asks less, and is
at most a third of the time in its hands."""


class Rhythm:
    """Keeps the times of one writer's batches."""

    def __init__(self, longest: float, now: Callable[[], float] = monotonic, gather: float = GATHER_SECONDS) -> None:
        """`longest` seconds are the most that a batch gathers, `gather` the least."""
        self._longest = longest
        self._gather = gather
        self._now = now
        self._begun = now()
        self._next_at = 0.0

    def begin(self) -> None:
        """The first message of a batch is there."""
        self._begun = self._now()

    def due(self) -> bool:
        """Whether a batch that is not empty is to be stored now."""
        age = self._now() - self._begun
        return age >= self._longest or (age >= self._gather and self._now() >= self._next_at)

    def wait(self, seconds: float) -> float:
        """How long to wait for more messages, if `seconds` are the most: not beyond the moment when it is due."""
        due_at = min(self._begun + self._longest, max(self._begun + self._gather, self._next_at))
        return min(seconds, max(0.0, due_at - self._now()))

    def stored(self, took: float) -> None:
        """A batch was stored just now, and took so many seconds."""
        self._next_at = self._now() + min(self._longest, max(LEAST_REST, REST * took))
