"""What a campaign came to: for people, and as JSON for whoever keeps figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Report:
    """One campaign; seconds are those of the wall."""

    campaign: str
    seed: int
    kills: Mapping[str, int] = field(default_factory=dict)
    """By target."""
    blows: Mapping[str, int] = field(default_factory=dict)
    """By kind."""
    seconds: float = 0.0
    """From the first blow to the last."""
    settled: float = 0.0
    """From the last blow until everything that was sent showed."""
    events: int = 0
    """Sent while blows fell, repeats included."""
    rows: int = 0
    """Compared with the undisturbed run."""
    differences: int = 0
    alerts: int = 0
    """Notifications that had to reach the receiver."""
    late: int = 0
    """Those that would have had to, had alerts not heard of them over 120 days of the shop's time behind."""
    requests: int = 0
    """Those that did, repeats of them included."""
    recovery: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By target: how often it recovered, the median and the longest recovery."""
    repeats: Mapping[str, int] = field(default_factory=dict)
    """By topic: items that were written again."""

    def text(self) -> str:
        """For people, a line each."""
        kills = ", ".join(f"{target} {count}" for target, count in sorted(self.kills.items()))
        blows = ", ".join(f"{kind} {count}" for kind, count in sorted(self.blows.items()))
        lines = [
            f"campaign {self.campaign}, seed {self.seed}: {sum(self.kills.values())} kills survived ({kills})",
            f"blows: {blows}; {self.seconds:.0f} s, settled {self.settled:.0f} s after the last",
            f"events sent meanwhile: {self.events:,}; rows compared: {self.rows:,}; differences: {self.differences}",
            f"alerts due: {self.alerts:,}; heard of too late: {self.late:,}; requests: {self.requests:,}",
            *(
                f"recovery of {target}: {times['times']:.0f} times, median {times['median']:.1f} s, "
                f"longest {times['longest']:.1f} s"
                for target, times in sorted(self.recovery.items())
            ),
            "written again: " + ", ".join(f"{count:,} in {topic}" for topic, count in self.repeats.items()),
        ]
        return "\n".join(lines)

    def json(self) -> str:
        """All of it."""
        return json.dumps(asdict(self), indent=2)
