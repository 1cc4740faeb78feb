"""A soak: the whole line under a steady load for as long as you let it; memory, lag and latency must stay flat.

Run: python benchmarks/soak.py [--minutes 5] [--rate RATE] [--capacity RATE] [--share 0.7] [--out FOLDER]

Starts an installation of its own on free ports and stops it. It sends `--rate` events a second, else `--share` of what
the line sustains: `--capacity` where `bench_line.py` has said it, else it measures that itself. What is sent is made
before (`shop_stream.py`), in half a minute for each million events. Every 5 s it writes down each process's resident
memory, each service's lag, and how long bad scores of a live shop took to show. With `--out` these are kept there as
`soak.csv`, `soak.svg` and `soak.json`.

The first half is warming up: caches fill, and as much begins to leave the state as comes. Behind it, no service may
grow by more than a quarter (or 20 MiB) an hour, the broker and the engine must stay below what they were given, the lag
must be bounded, the latency of the last quarter be no more than a quarter (and half a second) above that of the quarter
before it, and the CPU of an event no more than a quarter. The exit code is 1 when that does not hold.

It is no part of `make bench`, which ends.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench_line import capacity
from benchmarks.line_chart import Chart, chart
from benchmarks.shop_stream import MadeShop
from benchmarks.whole_line import SHOP, Look, Probes, installation, look, percentile, sending, slope

LOOK_S = 5.0
PER_SECOND = 2.0
POLL_S = 0.25
"""How often somebody looks for them: the engine should have something else to do."""
MEMORY_AN_HOUR = 0.25
"""By what share of itself a service may grow in an hour, by the slope behind the warm-up; 20 MiB an hour are allowed to
any. A leak that matters is steeper."""
SLACK_MIB = 20.0
BOUNDS_MIB = {"kafka": 400.0, "clickhouse": 1024.0}
"""What may never be exceeded by those who take memory until they have what they were given, and only then look for what
they can give back: a heap of 256 MiB and the machine around it, and the engine with merges under way."""
LAG_S = 15.0
"""How old the oldest record that waits may be, in the median of either quarter."""
GROWTH = 1.25
SLACK_S = 0.5


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


def main() -> int:
    asked = arguments()
    with installation() as line:
        shop = MadeShop(SHOP, line.home, line.partitions)
        most = asked.capacity or (0.0 if asked.rate else capacity(line, shop, asked.events))
        rate = asked.rate or asked.share * most
        if not rate:
            print("no steady rate is sustained, so there is none to soak at; --rate names one", file=sys.stderr)
            return 1
        made, load = shop.make(rate * asked.minutes * 60, rate), os.getloadavg()
        print(f"soak           {asked.minutes:g} minutes at {rate:,.0f} events/s", flush=True)
        eyes, moments, begin = Probes(PER_SECOND, POLL_S), list[Moment](), time.time()
        with sending(made, rate), eyes.running():
            while time.time() - begin < asked.minutes * 60 - LOOK_S:
                time.sleep(LOOK_S)
                moments.append(Moment(time.time() - begin, look(line), eyes.take()))
    wrong = judged(moments)
    found = {
        "minutes": asked.minutes,
        "capacity": round(most),
        "rate": round(rate),
        "load": [round(value, 1) for value in load],
        **figures(moments),
        "wrong": wrong,
    }
    print(json.dumps(found, indent=2))
    if asked.out:
        keep(asked.out, moments, found)
    return 1 if wrong else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--rate", type=float, default=0.0, help="events a second; 0 measures what the line takes")
    parser.add_argument("--capacity", type=float, default=0.0, help="events a second that it takes, if that is known")
    parser.add_argument("--share", type=float, default=0.7, help="of what it takes")
    parser.add_argument("--events", type=int, default=75_000, help="of the backlog that is measured")
    parser.add_argument("--out", type=Path, help="folder for the figures and the plot")
    return parser.parse_args()


def warm(moments: Sequence[Moment]) -> tuple[Sequence[Moment], Sequence[Moment]]:
    """The two quarters behind the warm-up."""
    quarter = len(moments) // 4
    return moments[2 * quarter : 3 * quarter], moments[3 * quarter :]


def figures(moments: Sequence[Moment]) -> dict[str, object]:
    """What to keep of it all."""
    middle, end = warm(moments)
    late = [*middle, *end]
    span = late[-1].look.at - late[0].look.at
    return {
        "events_per_second": round((late[-1].look.events - late[0].look.events) / span),
        "rss_mib": {name: [round(low), round(high)] for name, (low, high) in _ranges(late).items()},
        "rss_mib_an_hour": {name: round(_memory_slope(late, name) * 3600, 1) for name in _ranges(late)},
        "cpu_us_an_event": {part: _costs(quarter) for part, quarter in (("middle", middle), ("end", end))},
        "waiting_s": {"middle": _waiting(middle), "end": _waiting(end)},
        "seen_s": {part: _seen(quarter) for part, quarter in (("middle", middle), ("end", end))},
    }


def judged(moments: Sequence[Moment]) -> list[str]:
    """What is not flat, in words."""
    middle, end = warm(moments)
    late = [*middle, *end]
    wrong = [*_grown(late), *_exceeded(moments)]
    if (waiting := max(_waiting(middle), _waiting(end))) > LAG_S:
        wrong.append(f"the oldest record waits {waiting:.1f} s in the median")
    before, after = _seen(middle)["p50"], _seen(end)["p50"]
    if not (before and after):
        wrong.append("no pain point was seen")
    if after > GROWTH * before + SLACK_S:
        wrong.append(f"pain points are seen after {after:.2f} s at last, {before:.2f} s before")
    cost, costs = sum(_costs(middle).values()), sum(_costs(end).values())
    if costs > GROWTH * cost:
        wrong.append(f"an event costs {costs:,.0f} µs of CPU at last, {cost:,.0f} µs before")
    return wrong


def _grown(moments: Sequence[Moment]) -> Iterator[str]:
    for name, (low, _) in _ranges(moments).items():
        grown = _memory_slope(moments, name) * 3600
        if name not in BOUNDS_MIB and grown > max(SLACK_MIB, MEMORY_AN_HOUR * low):
            yield f"{name} grows by {grown:.0f} MiB an hour"


def _exceeded(moments: Sequence[Moment]) -> Iterator[str]:
    for name, (_, high) in _ranges(moments).items():
        if high > BOUNDS_MIB.get(name, math.inf):
            yield f"{name} holds {high:.0f} MiB, more than {BOUNDS_MIB[name]:.0f}"


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


def keep(folder: Path, moments: Sequence[Moment], found: Mapping[str, object]) -> None:
    """Write the figures and the plot."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [each.row() for each in moments]
    names = list(dict.fromkeys(name for row in rows for name in row))
    with (folder / "soak.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    (folder / "soak.json").write_text(json.dumps(found, indent=2) + "\n")
    (folder / "soak.svg").write_text(chart([*charts(moments)]))


def charts(moments: Sequence[Moment]) -> Sequence[Chart]:
    """Memory, age of what waits, and latency, over the minutes."""
    processes, services = sorted(moments[-1].look.rss), sorted(moments[-1].look.waiting)
    memory = {n: [(m.at / 60, m.look.rss[n]) for m in moments if n in m.look.rss] for n in processes}
    waiting = {n: [(m.at / 60, m.look.waiting[n]) for m in moments if n in m.look.waiting] for n in services}
    seen = {
        "median": [(m.at / 60, percentile(m.seconds, 0.5)) for m in moments if m.seconds],
        "longest": [(m.at / 60, max(m.seconds)) for m in moments if m.seconds],
    }
    return (
        Chart("resident memory, MiB", memory),
        Chart("age of the oldest record that waits, s", waiting),
        Chart("from an event to its pain point in the view, s", seen),
    )


if __name__ == "__main__":
    sys.exit(main())
