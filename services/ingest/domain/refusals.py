"""Notices a source of which most events are refused."""

from collections.abc import Iterable, Mapping
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
                alarms += self._end(source, window)
        return alarms

    def accept(self, events: Mapping[str, int]) -> list[tuple[str, float]]:
        """As `judge` of so many events of each source, none of them refused."""
        alarms = []
        for source, left in events.items():
            while left:
                window = self.windows.get(source) or self._begin(source)
                step = min(left, WINDOW - window.seen)
                window.seen, left = window.seen + step, left - step
                if window.seen == WINDOW:
                    alarms += self._end(source, window)
        return alarms

    def _end(self, source: str, window: _Window) -> list[tuple[str, float]]:
        del self.windows[source]
        return [(source, window.refused / WINDOW)] if window.refused * 2 > WINDOW else []

    def _begin(self, source: str) -> _Window:
        """A window for a source that has none; the oldest makes room for it."""
        if len(self.windows) >= SOURCES:
            del self.windows[next(iter(self.windows))]
        window = self.windows[source] = _Window()
        return window
