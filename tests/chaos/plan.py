"""What is done to the line, and when: a seed gives one list of blows, always the same.

`python -m chaos.plan SEED [sample|middle|long] [KILLS]` prints one (with `tests` and the checkout in PYTHONPATH).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """A kind of blow."""

    KILL = "kill"
    """SIGKILL."""
    PAUSE = "pause"
    """SIGSTOP for a while."""
    HALT = "halt"
    """Stopped as an operator stops it, and not started for a while."""
    FILL = "fill"
    """Its disk takes nothing more for a while, whether it goes on or starts again."""
    JOIN = "join"
    """One more worker for a while; it leaves with SIGTERM."""
    VISIT = "visit"
    """One more worker for a while; it leaves with SIGKILL."""


TARGETS: Mapping[Kind, tuple[str, ...]] = {
    Kind.KILL: ("ingest", "journey", "alerts", "warehouse", "kafka", "clickhouse"),
    Kind.PAUSE: ("ingest", "journey", "warehouse", "kafka", "alerts", "clickhouse"),
    Kind.HALT: ("warehouse",),
    Kind.FILL: ("journey", "kafka", "clickhouse"),
    Kind.JOIN: ("warehouse", "ingest", "journey"),
    Kind.VISIT: ("journey", "ingest", "warehouse"),
}
"""Whom a blow of each kind may hit; the first ones come first where there are few."""

DEADLY = (Kind.KILL, Kind.VISIT)
"""Blows with a SIGKILL in them."""

GUESTS = (Kind.JOIN, Kind.VISIT)
"""Blows that add a worker, and leave the one that is there alone."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One thing that is done to one target; `at` and `lasts` in seconds."""

    at: float
    kind: Kind
    target: str
    lasts: float = 0.0

    @property
    def until(self) -> float:
        """When it is over."""
        return self.at + self.lasts

    def __str__(self) -> str:
        lasts = f"for {self.lasts:g} s" if self.lasts else ""
        return f"{self.at:7.1f} s  {self.kind:5}  {self.target:10}  {lasts}".rstrip()


@dataclass(frozen=True, slots=True)
class Campaign:
    """How many blows of each kind, how far apart, how long those last that last."""

    counts: Mapping[Kind, int]
    apart: float
    """Seconds from one blow to the next, in the mean; from half of it to one and a half."""
    lasting: Mapping[Kind, float]
    quiet: float = 2.0
    """Seconds before the first blow."""

    def with_kills(self, kills: int) -> Campaign:
        """The same with so many SIGKILLs; other blows grow with them."""
        factor = kills / self.kills()
        counts = {kind: max(1, round(count * factor)) for kind, count in self.counts.items()}
        counts[Kind.KILL] = kills - counts.get(Kind.VISIT, 0)
        return replace(self, counts=counts)

    def kills(self) -> int:
        """How many SIGKILLs there are in it."""
        return sum(self.counts.get(kind, 0) for kind in DEADLY)


CAMPAIGNS: Mapping[str, Campaign] = {
    "sample": Campaign(
        {Kind.KILL: 6, Kind.PAUSE: 1, Kind.HALT: 1, Kind.FILL: 1, Kind.VISIT: 1},
        2.4,
        {Kind.PAUSE: 11, Kind.HALT: 5, Kind.FILL: 4, Kind.VISIT: 9},
    ),
    "middle": Campaign(
        {Kind.KILL: 24, Kind.PAUSE: 6, Kind.HALT: 1, Kind.FILL: 3, Kind.JOIN: 3, Kind.VISIT: 3},
        4,
        {Kind.PAUSE: 20, Kind.HALT: 40, Kind.FILL: 8, Kind.JOIN: 25, Kind.VISIT: 15},
    ),
    "long": Campaign(
        {Kind.KILL: 298, Kind.PAUSE: 15, Kind.HALT: 2, Kind.FILL: 9, Kind.JOIN: 8, Kind.VISIT: 12},
        4.2,
        {Kind.PAUSE: 20, Kind.HALT: 150, Kind.FILL: 10, Kind.JOIN: 40, Kind.VISIT: 20},
    ),
}

SAMPLE_SEED = 4
"""In its plan of the sample, each process is killed once, and the wounds of one hardly fall together."""


def plan(seed: int, campaign: Campaign) -> list[Blow]:
    """The blows of a campaign in the order of their time.

    Targets take turns: each that a kind may hit is hit before any is hit again, but for those that an earlier blow
    still holds; these come next.
    """
    chance = Random(seed)
    kinds = [kind for kind, count in campaign.counts.items() for _ in range(count)]
    chance.shuffle(kinds)
    turns = {kind: Turns(TARGETS[kind], chance) for kind in campaign.counts}
    blows: list[Blow] = []
    at = campaign.quiet
    for kind in kinds:
        held = {blow.target: blow.until for blow in blows if blow.until > at}
        if held.keys() >= set(TARGETS[kind]):
            at = min(held[target] for target in TARGETS[kind])
            held = {target: until for target, until in held.items() if until > at}
        at = round(at, 1)
        blows.append(Blow(at, kind, turns[kind].next(held), campaign.lasting.get(kind, 0.0)))
        at += campaign.apart * chance.uniform(0.5, 1.5)
    return blows


class Turns:
    """Targets in turns, without end; the first ones come in their given order, later ones in any."""

    def __init__(self, targets: Sequence[str], chance: Random) -> None:
        self._targets, self._chance, self._waiting = targets, chance, list(targets)

    def next(self, held: Collection[str]) -> str:
        """The next that is not held; at least one is not."""
        while True:
            for target in self._waiting:
                if target not in held:
                    self._waiting.remove(target)
                    return target
            self._waiting += self._chance.sample(self._targets, len(self._targets))


def duration(blows: Iterable[Blow]) -> float:
    """Seconds until the last of them is over."""
    return max((blow.until for blow in blows), default=0.0)


def main(arguments: list[str]) -> None:
    """Print the plan of a seed."""
    seed, name, kills, *_ = [*arguments, *("0", "sample", "0")[len(arguments) :]]
    campaign = CAMPAIGNS[name].with_kills(int(kills)) if int(kills) else CAMPAIGNS[name]
    blows = plan(int(seed), campaign)
    print(f"seed {seed}: {len(blows)} blows, {campaign.kills()} of them kills, {duration(blows):.0f} s")
    print("\n".join(map(str, blows)))


if __name__ == "__main__":
    main(sys.argv[1:])
