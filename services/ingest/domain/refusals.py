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
            if source not in self.windows and len(self.windows) >= SOURCES:
                continue
            window = self.windows.setdefault(source, _Window())
            window.seen += 1
            window.refused += refused
            if window.seen == WINDOW:
                if window.refused * 2 > WINDOW:
                    alarms.append((source, window.refused / WINDOW))
                del self.windows[source]
        return alarms
