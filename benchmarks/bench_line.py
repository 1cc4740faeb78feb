"""The whole line: what it sustains, and how long an event takes until its pain point is seen, all on this machine.

Run: python benchmarks/bench_line.py [JOURNEYS] [PROBES]. Starts an installation of its own on free ports and stops it.

- `backlog`: a simulated shop's mix, sent at once; events/s from the first one sent to the last one in its view, and the
  CPU that each process used for one: with all cores at work, the line cannot do more than their number by the sum.
- `sustained`: the same mix at nine tenths of that for 30 s; the lag must stay where it is.
- `seen`: bad scores of a live shop, from before they are sent until the view shows their pain point, with nothing
  else to do and beside half of what the line sustains. Who looks asks every 50 ms.
"""

import os
import sys
import time
from datetime import UTC, datetime

from benchmarks.whole_line import (
    SHOP,
    Look,
    Probes,
    cpu_seconds,
    installation,
    look,
    percentile,
    pour,
    simulated,
    slope,
)
from services.cli.clickhouse.stored import awaiting, wait_until_stored
from services.cli.clickhouse.views import ClickHouseViews
from services.cli.kafka.drain import KafkaGroups
from services.cli.local.settings import LocalSettings
from services.cli.simulator.session import Simulation, Stage
from services.runtime.settings import KafkaSettings

WARM_S = 20.0
SUSTAINED_S = 30.0
LOOK_S = 2.0
PER_SECOND = 4.0


def main() -> None:
    journeys = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    probes = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    print(f"load of the machine before: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    with installation() as line:
        capacity = backlog(line, journeys)
        seen("light load", probes)
        sustained(line, 0.9 * capacity)
        with simulated(0.5 * capacity):
            time.sleep(WARM_S)
            seen(f"beside {0.5 * capacity:,.0f} events/s", probes)
    print(f"load of the machine after: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")


def backlog(line: LocalSettings, journeys: int) -> float:
    """Events/s of the mix when all of it waits already."""
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    cut = list(Stage(Simulation(SHOP, "backlog", start, 1, journeys, per_hour=40)).portions(lambda: 0.0))
    events = sum(len(portion.events) for portion in cut)
    before, begin = cpu_seconds(line.home), time.perf_counter()
    awaited = pour(SHOP, cut)
    sent = time.perf_counter() - begin
    wait_until_stored(awaiting(ClickHouseViews(), KafkaGroups(KafkaSettings()), awaited))
    took = time.perf_counter() - begin
    print(f"backlog        {events:,} events, sent in {sent:.1f} s, all in the views after {took:.1f} s: "
          f"{events / took:,.0f} events/s")  # fmt: skip
    used = {name: (after - before[name]) / events * 1e6 for name, after in cpu_seconds(line.home).items()}
    costs = ", ".join(f"{name} {cost:.0f} µs" for name, cost in used.items())
    print(f"CPU an event   {costs}; all {sum(used.values()):.0f} µs", flush=True)
    return events / took


def sustained(line: LocalSettings, rate: float) -> None:
    """Whether the lag stays where it is at a rate."""
    with simulated(rate):
        time.sleep(WARM_S)
        looks = [look(line)]
        while looks[-1].at - looks[0].at < SUSTAINED_S:
            time.sleep(LOOK_S)
            looks.append(look(line))
    seconds = looks[-1].at - looks[0].at
    stored = (looks[-1].stored - looks[0].stored) / seconds
    taken = (looks[-1].events - looks[0].events) / seconds
    print(f"sustained      {taken:,.0f} events/s taken, {stored:,.0f} events/s "
          f"stored, {lags(looks)}")  # fmt: skip


def lags(looks: list[Look]) -> str:
    """How old the oldest record that waits is, and how that changes."""
    ages = [(each.at, max(each.waiting.values())) for each in looks]
    return f"oldest waits {percentile([age for _, age in ages], 0.5):.1f} s, {slope(ages) * 60:+.1f} s a minute"


def seen(what: str, probes: int) -> None:
    """How long pain points take to show."""
    eyes = Probes(PER_SECOND)
    with eyes.running():
        time.sleep(probes / PER_SECOND)
    took = eyes.seconds
    print(f"seen           {what}: {len(took)} pain points, p50 {percentile(took, 0.5) * 1000:,.0f} ms, "
          f"p99 {percentile(took, 0.99) * 1000:,.0f} ms, longest {max(took, default=0) * 1000:,.0f} ms"
          + (f"; {len(eyes.waiting)} never" if eyes.waiting else ""))  # fmt: skip


if __name__ == "__main__":
    main()
