"""The line of pain points waiting for one receiver: whose turn it is, and when. Time and chance are handed in."""

import heapq
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first` to `longest` seconds, of which a random part (at least half) is waited."""

    first: float = 1.0
    longest: float = 60.0

    def wait(self, failures: int, chance: float) -> float:
        """Seconds to wait after so many failures in a row, for a chance in 0..1."""
        full = min(self.longest, self.first * 2.0 ** min(failures - 1, 32))
        return full * (0.5 + chance / 2)


class Line:
    """Pain points with something to tell one receiver, one attempt at a time.

    A failure holds back the receiver as a whole, so that one that is down is only probed, and sends the pain point to
    the back of the line, so that one notification that a receiver cannot digest holds up no other. A success opens
    the line again.
    """

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._heap: list[tuple[float, int, UUID]] = []
        self._since: dict[UUID, int] = {}
        self._attempts: dict[UUID, int] = {}
        self._failures = 0
        self._opens = 0.0
        self._turns = 0

    def __len__(self) -> int:
        return len(self._since)

    @property
    def oldest(self) -> int | None:
        """When the notice that waits longest was decided, ms."""
        return min(self._since.values(), default=None)

    def join(self, key: UUID, decided_at: int, now: float) -> None:
        """A pain point has something to tell; nothing changes if it is in the line already."""
        if key not in self._since:
            self._since[key] = decided_at
            self._push(key, now)

    def due(self) -> float | None:
        """When the next attempt may be made, or None while nobody waits."""
        return max(self._heap[0][0], self._opens) if self._heap else None

    def next(self, now: float) -> UUID | None:
        """Whose turn it is; it stays in the line until `leave`, and has no other turn before `again`."""
        due = self.due()
        return heapq.heappop(self._heap)[2] if due is not None and due <= now else None

    def attempts(self, key: UUID) -> int:
        """How many attempts failed since it joined or last succeeded."""
        return self._attempts.get(key, 0)

    def succeeded(self, key: UUID) -> None:
        """The receiver took it: whatever held the line back is over."""
        self._attempts.pop(key, None)
        self._failures, self._opens = 0, 0.0

    def failed(self, key: UUID, now: float, chance: float, at_least: float = 0.0, again: bool = True) -> float:
        """The receiver did not take it; returns the seconds for which the line is held back.

        `at_least` is what the receiver asked for. With `again` the pain point goes to the back of the line.
        """
        self._failures += 1
        attempts = self._attempts[key] = self.attempts(key) + 1
        wait = max(at_least, self._backoff.wait(self._failures, chance))
        self._opens = now + wait
        if again:
            self._push(key, now + max(wait, self._backoff.wait(attempts, chance)))
        return wait

    def again(self, key: UUID, decided_at: int, now: float) -> None:
        """It has more to tell."""
        self._since[key] = decided_at
        self._attempts.pop(key, None)
        self._push(key, now)

    def leave(self, key: UUID) -> None:
        """It has nothing more to tell."""
        self._since.pop(key, None)
        self._attempts.pop(key, None)

    def _push(self, key: UUID, due: float) -> None:
        self._turns += 1
        heapq.heappush(self._heap, (due, self._turns, key))
