"""Whether this worker may still write for its partitions: a lease that heartbeats renew."""

import threading
from collections.abc import Callable
from time import monotonic


class Lease:
    """Valid while the group's last answered heartbeat was sent less than `seconds` ago.

    A worker that was paused or cut off for longer may have lost its partitions without knowing it, so it must not
    write before the group has confirmed it. Renewed by the consumer's thread, read by all.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._lock = threading.Lock()
        self._renewed: float | None = None

    def renew(self, sent: float) -> None:
        """The group answered a request that was sent at `sent` (monotonic seconds)."""
        with self._lock:
            self._renewed = sent if self._renewed is None else max(self._renewed, sent)

    def drop(self) -> None:
        """The group does not know this worker any more."""
        with self._lock:
            self._renewed = None

    @property
    def valid(self) -> bool:
        """Whether the broker cannot have given the partitions to another worker yet."""
        with self._lock:
            return self._renewed is not None and self._now() - self._renewed < self._seconds

    @property
    def age(self) -> float | None:
        """Seconds since the last renewal."""
        with self._lock:
            return None if self._renewed is None else self._now() - self._renewed
