"""How long those that were struck take to work again."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from chaos.line import Line

from services.cli.local.processes import Identity

LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Wound:
    """Since when a target does not work, and which of its processes never will again."""

    since: float
    dead: Identity | None


@dataclass(slots=True)
class Recoveries:
    """Watches in a thread of its own; one that is struck again before it works goes on counting from the first blow."""

    line: Line
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """By target, in the order of recovery."""
    _wounds: dict[str, Wound] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._watch, name="recoveries", daemon=True)
        self._thread.start()

    def struck(self, target: str, dead: Identity | None = None) -> None:
        """From now on it is asked whether the target works, by another process than the dead one."""
        with self._lock:
            before = self._wounds.get(target)
            self._wounds[target] = Wound(before.since if before else time.monotonic(), dead)

    def all_well(self) -> bool:
        """Whether everything that was struck works again."""
        return not self._wounds

    def close(self) -> None:
        """End the watch."""
        self._over.set()
        self._thread.join()

    def longest(self) -> float:
        """Seconds that the slowest recovery took."""
        return max((took for each in self.seconds.values() for took in each), default=0.0)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_S):
            for target, wound in list(self._wounds.items()):
                process = self.line.process(target)
                if process is not None and process != wound.dead and self.line.works(target):
                    self._recovered(target, wound)

    def _recovered(self, target: str, wound: Wound) -> None:
        with self._lock:
            if self._wounds.get(target) == wound:
                del self._wounds[target]
                self.seconds.setdefault(target, []).append(time.monotonic() - wound.since)
