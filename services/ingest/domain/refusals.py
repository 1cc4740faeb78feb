"""Notices a source of which most events are refused."""

from collections.abc import Iterable
from dataclasses import dataclass, field

WINDOW = 1000
"""How many consecutive events of a source are judged together."""

SOURCES = 10_000
"""How many sources are watched at once; anybody may invent names, so that there is an end."""


@dataclass(slots=True)
class _Window:
    seen: int = 0
    refused: int = 0


@dataclass(slots=True)
class Refusals:
    """Counts by source, in windows of consecutive events."""

    windows: dict[str, _Window] = field(default_factory=dict)

    def judge(self, answers: Iterable[tuple[str, bool]]) -> list[tuple[str, float]]:
        """Take in (source, refused) in order; returns (source, refused share) of each window over half refused."""
        alarms = []
        for source, refused in answers:
            window = self.windows.get(source) or self._begin(source)
            window.seen += 1
            window.refused += refused
            if window.seen == WINDOW:
                if window.refused * 2 > WINDOW:
                    alarms.append((source, window.refused / WINDOW))
                del self.windows[source]
        return alarms

    def _begin(self, source: str) -> _Window:
        """A window for a source that has none; the oldest makes room for it."""
        if len(self.windows) >= SOURCES:
            del self.windows[next(iter(self.windows))]
        window = self.windows[source] = _Window()
        return window
