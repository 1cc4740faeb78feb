"""The whole line: what it sustains, and how long an event takes until its pain point is seen, all on this machine.

Run: python benchmarks/bench_line.py [JOURNEYS] [PROBES]. Starts an installation of its own on free ports and stops it.

- `backlog`: a simulated shop's mix, sent at once; events/s from the first one sent to the last one in its view, and the
  CPU that each process used for one: with all cores at work, the line cannot do more than their number by the sum. A
  smaller one goes before it, so that the broker is compiled and what is paid once is paid.
- `sustained`: the same mix, sent steadily: nine tenths of the backlog's rate, and less until the lag stays where it is.
  The first rate at which it does is the line's capacity. The shop's own process shares the machine.
- `seen`: bad scores of a live shop, from before they are sent until the view shows their pain point, with nothing
  else to do and beside half of the capacity. Who looks asks every 50 ms.
"""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.whole_line import (
    SHOP,
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
from services.cli.kafka.drain import KafkaGroups, passing
from services.cli.local.settings import LocalSettings
from services.cli.replays.event import from_epoch_ms
from services.cli.simulator.session import Simulation, Stage
from services.runtime.settings import KafkaSettings

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
FIRST_JOURNEYS = 1000
WARM_S = 30.0
"""In seven days and a half of the shop most of what a customer does is done: the rate is near what was asked."""
SUSTAINED_S = 40.0
LOOK_S = 2.0
DRAINED_S = 300.0
PER_SECOND = 4.0
SHARES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
FLAT_S_A_MINUTE = 5.0
"""How much more the oldest record may wait with each minute: batches of a second make it go up and down by as much."""
FLAT_S = 5.0


def main() -> None:
    journeys = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    probes = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    print(f"load of the machine before: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    with installation() as line:
        found = capacity(line, journeys)
        drain()
        seen("light load", probes)
        with simulated(0.5 * found):
            time.sleep(WARM_S)
            seen(f"beside {0.5 * found:,.0f} events/s", probes)
    print(f"load of the machine after: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")


def capacity(line: LocalSettings, journeys: int) -> float:
    """Events/s that the line takes steadily; 0 when it takes none of what is tried."""
    first = backlog(line, Simulation(SHOP, "first", START, 1, min(journeys, FIRST_JOURNEYS), per_hour=40))
    most = backlog(line, Simulation(SHOP, "backlog", first.ends, 2, journeys, per_hour=40)).rate
    for share in SHARES:
        found = steady(line, share * most)
        print(f"sustained      {found}", flush=True)
        if found.flat:
            return found.taken
        drain()
    return 0.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """How it went, and where the shop's clock is behind it."""

    rate: float
    ends: datetime


def backlog(line: LocalSettings, simulation: Simulation) -> Backlog:
    """Events/s of the mix when all of it waits already."""
    cut = list(Stage(simulation).portions(lambda: 0.0))
    events = sum(len(portion.events) for portion in cut)
    before, begin = cpu_seconds(line.home), time.perf_counter()
    awaited = pour(SHOP, cut)
    sent = time.perf_counter() - begin
    wait_until_stored(awaiting(ClickHouseViews(), KafkaGroups(KafkaSettings()), awaited))
    took = time.perf_counter() - begin
    print(f"backlog        {events:,} events, sent in {sent:.1f} s, all in the views after {took:.1f} s: "
          f"{events / took:,.0f} events/s")  # fmt: skip
    print(f"CPU an event   {costs(before, cpu_seconds(line.home), events)}", flush=True)
    return Backlog(events / took, from_epoch_ms(cut[-1].tick_ms) + timedelta(hours=1))


def costs(before: Mapping[str, float], after: Mapping[str, float], events: float) -> str:
    """What each process used for one event, and all of them."""
    used = {name: (seconds - before[name]) / events * 1e6 for name, seconds in after.items()}
    return ", ".join(f"{name} {cost:.0f} µs" for name, cost in used.items()) + f"; all {sum(used.values()):.0f} µs"


@dataclass(frozen=True, slots=True)
class Steady:
    """What a line did under a steady load."""

    taken: float
    stored: float
    waits: float
    """How old the oldest record was that waited, seconds, in the median."""
    more: float
    """By how much that rose in a minute, seconds."""
    cpu: str

    @property
    def flat(self) -> bool:
        """Whether it could go on like this."""
        return self.waits <= FLAT_S and self.more <= FLAT_S_A_MINUTE

    def __str__(self) -> str:
        verdict = "" if self.flat else ": NOT sustained"
        return (
            f"{self.taken:,.0f} events/s taken, {self.stored:,.0f} events/s stored, oldest waits {self.waits:.1f} s, "
            f"{self.more:+.1f} s a minute{verdict}; CPU an event: {self.cpu}"
        )


def steady(line: LocalSettings, rate: float) -> Steady:
    """Send at about a rate, and look."""
    with simulated(rate):
        time.sleep(WARM_S)
        before, looks = cpu_seconds(line.home), [look(line)]
        while looks[-1].at - looks[0].at < SUSTAINED_S:
            time.sleep(LOOK_S)
            looks.append(look(line))
        after = cpu_seconds(line.home)
    seconds, ages = looks[-1].at - looks[0].at, [(each.at, max(each.waiting.values())) for each in looks]
    events = looks[-1].events - looks[0].events
    stored = (looks[-1].stored - looks[0].stored) / seconds
    waits = percentile([age for _, age in ages], 0.5)
    return Steady(events / seconds, stored, waits, slope(ages) * 60, costs(before, after, max(1.0, events)))


def drain() -> None:
    """Wait until nothing is left of a load that was too much."""
    groups, until = KafkaGroups(KafkaSettings()), time.monotonic() + DRAINED_S
    for _ in passing(groups):
        if time.monotonic() > until:
            raise TimeoutError(f"the line has not come to rest {DRAINED_S:.0f} s after a load that was too much")
        time.sleep(LOOK_S)


def seen(what: str, probes: int) -> None:
    """How long pain points take to show."""
    eyes = Probes(PER_SECOND)
    with eyes.running():
        time.sleep(probes / PER_SECOND)
    took = eyes.seconds
    print(f"seen           {what}: {len(took)} pain points, p50 {percentile(took, 0.5) * 1000:,.0f} ms, "
          f"p99 {percentile(took, 0.99) * 1000:,.0f} ms, longest {max(took, default=0) * 1000:,.0f} ms"
          + (f"; {len(eyes.waiting)} never" if eyes.waiting else ""), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
