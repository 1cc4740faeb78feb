"""The whole line: what it sustains, and how long an event takes until its pain point is seen, all on this machine.

Run: python benchmarks/bench_line.py [EVENTS] [PROBES]. Starts an installation of its own on free ports and stops it.

One simulated shop goes on through all of it. What it says is made before it is measured (`shop_stream.py`) and sent by
a small process (`shop_sender.py`), whose CPU is shown beside that of the line's processes.

- `backlog`: so many events, sent at once; events/s from the first one sent to the last one in its view, and the CPU
  that each process used for one: with all cores at work, the line cannot do more than their number by the sum. A
  smaller one goes before it, so that the broker is compiled and what is paid once is paid.
- `sustained`: steady rates for three minutes each, by halving. The line's capacity is the greatest of some shares of
  the backlog's rate at which the lag stays where it is.
- `seen`: bad scores of a live shop, from before they are sent until the view shows their pain point, with nothing
  else to do and beside half of the capacity. Who looks asks every 100 ms.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.shop_stream import MadeShop
from benchmarks.whole_line import (
    SHOP,
    Probes,
    awaited,
    cpu_seconds,
    installation,
    look,
    percentile,
    sending,
    slope,
)
from services.cli.clickhouse.stored import awaiting, wait_until_stored
from services.cli.clickhouse.views import ClickHouseViews
from services.cli.kafka.drain import KafkaGroups, passing
from services.cli.local.settings import LocalSettings
from services.runtime.settings import KafkaSettings

FIRST_EVENTS = 15_000
BACKLOG_RATE = 2000.0
"""What a backlog has ticks for: one a second of it."""
WARM_S = 20.0
SUSTAINED_S = 180.0
LOOK_S = 3.0
DRAINED_S = 300.0
PER_SECOND = 4.0
SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
FLAT_S_A_MINUTE = 0.5
"""How much more the oldest record may wait with each minute, by the slope of all looks. One look is up to a second off,
since batches are stored every second or less; the slope of three minutes of looks is off by far less."""
FLAT_S = 5.0
SENT_S = 60.0
"""How long a sender may take to end behind its time."""


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    probes = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    print(f"load of the machine before: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    with installation() as line:
        shop = MadeShop(SHOP, line.home, line.partitions)
        found = capacity(line, shop, events)
        seen("light load", probes)
        if found:
            beside(shop, 0.5 * found, probes)
    print(f"load of the machine after: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")


def capacity(line: LocalSettings, shop: MadeShop, events: int) -> float:
    """Events/s that the line takes steadily; 0 when it takes none of what is tried."""
    backlog(line, shop, min(events, FIRST_EVENTS))
    most = backlog(line, shop, events)
    tried: dict[float, Steady] = {}

    def holds(share: float) -> bool:
        found = tried[share] = steady(line, shop, share * most)
        print(f"sustained      {found}", flush=True)
        drain()
        return found.flat

    share = greatest(SHARES, holds)
    taken = 0.0 if share is None else tried[share].taken
    print(f"capacity       {taken:,.0f} events/s", flush=True)
    return taken


def greatest(values: Sequence[float], holds: Callable[[float], bool]) -> float | None:
    """The greatest of rising values that holds, tried by halving; None when none of those tried does."""
    last, over = -1, len(values)
    while over - last > 1:
        tried = (last + over) // 2
        if holds(values[tried]):
            last = tried
        else:
            over = tried
    return values[last] if last >= 0 else None


def backlog(line: LocalSettings, shop: MadeShop, events: int) -> float:
    """Events/s when all of it waits already."""
    made = shop.make(events, BACKLOG_RATE)
    before, begin = cpu_seconds(line.home), time.perf_counter()
    with sending(made, 0) as sender:
        sent = sender.sent(DRAINED_S)
    wait_until_stored(awaiting(ClickHouseViews(), KafkaGroups(KafkaSettings()), awaited(SHOP, sent)))
    took = time.perf_counter() - begin
    used = costs(before, cpu_seconds(line.home), made.events)
    print(f"backlog        {made.events:,} events, sent in {sent.seconds:.1f} s, all in the views after {took:.1f} s: "
          f"{made.events / took:,.0f} events/s")  # fmt: skip
    print(f"CPU an event   {used}; sender {sent.cpu / sent.events * 1e6:.0f} µs", flush=True)
    return made.events / took


def costs(before: Mapping[str, float], after: Mapping[str, float], events: float) -> str:
    """What each process used for one event, and all of them."""
    used = {name: (seconds - before[name]) / events * 1e6 for name, seconds in after.items()}
    return ", ".join(f"{name} {cost:.0f} µs" for name, cost in used.items()) + f"; all {sum(used.values()):.0f} µs"


@dataclass(frozen=True, slots=True)
class Steady:
    """What a line did under a steady load."""

    asked: float
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
            f"{self.asked:,.0f} events/s sent, {self.taken:,.0f} taken, {self.stored:,.0f} events/s stored, "
            f"oldest waits {self.waits:.1f} s, {self.more:+.1f} s a minute{verdict}; CPU an event: {self.cpu}"
        )


def steady(line: LocalSettings, shop: MadeShop, rate: float) -> Steady:
    """Send at a rate, and look."""
    made = shop.make(rate * (WARM_S + SUSTAINED_S), rate)
    with sending(made, rate) as sender:
        time.sleep(WARM_S)
        before, looks = cpu_seconds(line.home), [look(line)]
        while looks[-1].at - looks[0].at < SUSTAINED_S - LOOK_S:
            time.sleep(LOOK_S)
            looks.append(look(line))
        after, sent = cpu_seconds(line.home), sender.sent(SENT_S)
    seconds, ages = looks[-1].at - looks[0].at, [(each.at, max(each.waiting.values())) for each in looks]
    events = looks[-1].events - looks[0].events
    stored = (looks[-1].stored - looks[0].stored) / seconds
    waits = percentile([age for _, age in ages], 0.5)
    used = costs(before, after, max(1.0, events)) + f"; sender {sent.cpu / sent.events * 1e6:.0f} µs"
    return Steady(sent.events / sent.seconds, events / seconds, stored, waits, slope(ages) * 60, used)


def drain() -> None:
    """Wait until nothing is left of a load that was too much."""
    groups, until = KafkaGroups(KafkaSettings()), time.monotonic() + DRAINED_S
    for _ in passing(groups):
        if time.monotonic() > until:
            raise TimeoutError(f"the line has not come to rest {DRAINED_S:.0f} s after a load that was too much")
        time.sleep(LOOK_S)


def beside(shop: MadeShop, rate: float, probes: int) -> None:
    """How long they take while the shop goes on at a rate."""
    made = shop.make(rate * (WARM_S + probes / PER_SECOND + SENT_S), rate)
    with sending(made, rate):
        time.sleep(WARM_S)
        seen(f"beside {rate:,.0f} events/s", probes)


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
