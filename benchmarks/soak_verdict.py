"""What a soak saw, and whether it stayed flat: memory, what waits, latency, and the CPU of an event."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.whole_line import Look, percentile, slope

LOOK_S = 5.0
"""How often is looked."""
MEMORY_AN_HOUR = 0.25
"""By what share of itself a service may grow in an hour, by the slope behind the warm-up; 20 MiB an hour are allowed to
any. A leak that matters is steeper."""
SLACK_MIB = 20.0
GIVEN_MIB = {"kafka": 400.0, "clickhouse": 4096.0}
"""What may never be exceeded by those who take memory until they have what they were given, and only then look for what
they can give back: a heap of 256 MiB and the machine around it, and the engine's own limit with merges under way."""
COMES_AND_GOES = "clickhouse"
"""What holds twice its usual memory for the seconds of a great merge: its median must be flat, a slope says nothing."""
LAG_S = 15.0
"""How old the oldest record that waits may be, in the median of either quarter."""
GROWTH = 1.25
SLACK_S = 0.5
TAKEN = 0.97
"""The share of the rate asked for that must have been taken: less is another soak than the one that was wanted."""
LEAST_LOOKS = 16
"""Of fewer, nothing can be said."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A look, and what probes found since the one before."""

    at: float
    """Seconds since the beginning."""
    look: Look
    seconds: Sequence[float]

    def row(self) -> dict[str, object]:
        """Its line in the file."""
        seen = {
            "seen": len(self.seconds),
            "p50_s": percentile(self.seconds, 0.5),
            "max_s": max(self.seconds, default=0),
        }
        return {
            "at_s": round(self.at, 1),
            "events": int(self.look.events),
            **{f"cpu_s_{name}": round(value, 2) for name, value in self.look.cpu.items()},
            **{f"rss_mib_{name}": round(value, 1) for name, value in self.look.rss.items()},
            **{f"lag_{name}": int(value) for name, value in self.look.lag.items()},
            **{f"waiting_s_{name}": round(value, 2) for name, value in self.look.waiting.items()},
            **{name: round(value, 3) for name, value in seen.items()},
        }


def warm(moments: Sequence[Moment]) -> tuple[Sequence[Moment], Sequence[Moment]]:
    """The two quarters behind the warm-up."""
    quarter = len(moments) // 4
    return moments[2 * quarter : 3 * quarter], moments[3 * quarter :]


def figures(moments: Sequence[Moment]) -> dict[str, object]:
    """What to keep of it all."""
    if len(moments) < LEAST_LOOKS:
        return {}
    middle, end = warm(moments)
    late = [*middle, *end]
    span = late[-1].look.at - late[0].look.at
    return {
        "events_per_second": round((late[-1].look.events - late[0].look.events) / span),
        "rss_mib": {name: [round(low), round(high)] for name, (low, high) in _ranges(late).items()},
        "rss_mib_usual": {name: [round(_usual(middle, name)), round(_usual(end, name))] for name in _ranges(late)},
        "rss_mib_an_hour": {name: round(_memory_slope(late, name) * 3600, 1) for name in _ranges(late)},
        "cpu_us_an_event": {part: _costs(quarter) for part, quarter in (("middle", middle), ("end", end))},
        "waiting_s": {"middle": _waiting(middle), "end": _waiting(end)},
        "seen_s": {part: _seen(quarter) for part, quarter in (("middle", middle), ("end", end))},
    }


def kept_up(moments: Sequence[Moment], minutes: float, rate: float) -> Iterator[str]:
    """In words, what makes it another soak than the one asked for."""
    lasted = moments[-1].at if moments else 0.0
    if lasted < minutes * 60 * TAKEN - 2 * LOOK_S:
        yield f"it ended after {lasted / 60:.1f} of {minutes:g} minutes"
    if len(moments) > 1:
        first, last = moments[0].look, moments[-1].look
        taken = (last.events - first.events) / (last.at - first.at)
        if taken < TAKEN * rate:
            yield f"{taken:,.0f} events/s were taken of {rate:,.0f}"


def judged(moments: Sequence[Moment]) -> list[str]:
    """What is not flat, in words."""
    if len(moments) < LEAST_LOOKS:
        return [f"{len(moments)} looks are too few to judge by"]
    middle, end = warm(moments)
    late = [*middle, *end]
    wrong = [*_restarted(moments), *_grown(late), *_risen(middle, end), *_exceeded(moments)]
    if (waiting := max(_waiting(middle), _waiting(end))) > LAG_S:
        wrong.append(f"the oldest record waits {waiting:.1f} s in the median, more than {LAG_S:.0f}")
    before, after = _seen(middle)["p50"], _seen(end)["p50"]
    if not (before and after):
        wrong.append("no pain point was seen")
    if after > GROWTH * before + SLACK_S:
        wrong.append(f"pain points are seen after {after:.2f} s at last, {before:.2f} s before")
    cost, costs = sum(_costs(middle).values()), sum(_costs(end).values())
    if costs > GROWTH * cost:
        wrong.append(f"an event costs {costs:,.0f} µs of CPU at last, {cost:,.0f} µs before")
    return wrong


def _restarted(moments: Sequence[Moment]) -> Iterator[str]:
    """Whose CPU time fell is another process than before, or none."""
    for before, after in pairwise(moments):
        for name, used in before.look.cpu.items():
            if after.look.cpu.get(name, 0.0) < used:
                yield f"{name} was restarted or gone after {after.at / 60:.1f} minutes"


def _grown(moments: Sequence[Moment]) -> Iterator[str]:
    for name, (low, _) in _ranges(moments).items():
        grown = _memory_slope(moments, name) * 3600
        allowed = max(SLACK_MIB, MEMORY_AN_HOUR * low)
        if name not in GIVEN_MIB and grown > allowed:
            yield f"{name} grows by {grown:.0f} MiB an hour, more than {allowed:.0f}"


def _risen(middle: Sequence[Moment], end: Sequence[Moment]) -> Iterator[str]:
    before, after = _usual(middle, COMES_AND_GOES), _usual(end, COMES_AND_GOES)
    if after > before + SLACK_MIB:
        yield f"{COMES_AND_GOES} usually holds {after:.0f} MiB at last, {before:.0f} before"


def _usual(moments: Sequence[Moment], name: str) -> float:
    """The median of what a process holds, MiB."""
    return percentile([each.look.rss[name] for each in moments if name in each.look.rss], 0.5)


def _exceeded(moments: Sequence[Moment]) -> Iterator[str]:
    for name, (_, high) in _ranges(moments).items():
        if high > GIVEN_MIB.get(name, math.inf):
            yield f"{name} holds {high:.0f} MiB, more than {GIVEN_MIB[name]:.0f}"


def _ranges(moments: Sequence[Moment]) -> Mapping[str, tuple[float, float]]:
    names = moments[-1].look.rss
    held = {name: [each.look.rss[name] for each in moments if name in each.look.rss] for name in names}
    return {name: (min(values), max(values)) for name, values in held.items()}


def _memory_slope(moments: Sequence[Moment], name: str) -> float:
    return slope([(each.at, each.look.rss[name]) for each in moments if name in each.look.rss])


def _costs(moments: Sequence[Moment]) -> dict[str, int]:
    """By process: CPU an event, µs."""
    first, last = moments[0].look, moments[-1].look
    events = max(1.0, last.events - first.events)
    return {name: round((used - first.cpu.get(name, 0)) / events * 1e6) for name, used in last.cpu.items()}


def _waiting(moments: Sequence[Moment]) -> float:
    return round(percentile([max(each.look.waiting.values()) for each in moments], 0.5), 2)


def _seen(moments: Sequence[Moment]) -> dict[str, float]:
    took = [seconds for each in moments for seconds in each.seconds]
    return {"p50": round(percentile(took, 0.5), 3), "p99": round(percentile(took, 0.99), 3), "probes": len(took)}
