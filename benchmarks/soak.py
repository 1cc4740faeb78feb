"""A soak: the whole line under a steady load for as long as you let it; memory, lag and latency must stay flat.

Run: python benchmarks/soak.py [--minutes 5] [--rate RATE] [--capacity RATE] [--share 0.7] [--out FOLDER]

Starts an installation of its own on free ports and stops it. It sends `--rate` events a second, else `--share` of what
the line sustains: `--capacity` where `bench_line.py` has said it, else it measures that itself. What is sent is made
before (`shop_stream.py`), in half a minute for each million events. Every 5 s it looks at each process's resident
memory, each service's lag, and how long bad scores of a live shop took to show; each minute it says so in a line.

With `--out`, each look is written to `soak.csv` there as soon as it is made, so that a soak that is cut off leaves what
it saw; at its end, and after Ctrl-C or SIGTERM, `soak.svg` and `soak.json` are made of it.

The first half is warming up: caches fill, and as much begins to leave the state as comes. Behind it, no service may
grow by more than a quarter (or 20 MiB) an hour, nor what the engine usually holds between its merges; the engine and
the broker must stay below what they were given. The lag must be bounded, the latency of the last quarter be no more
than a quarter (and half a second) above that of the quarter before it, and the CPU of an event no more than a quarter
(`soak_verdict.py`). No process may be restarted, and the rate must have been taken. The exit code is 1 when that does
not hold, and each reason is told.

It is no part of `make bench`, which ends.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from benchmarks.bench_line import capacity
from benchmarks.line_chart import Chart, chart
from benchmarks.shop_stream import MadeShop
from benchmarks.soak_verdict import LOOK_S, Moment, figures, judged, kept_up
from benchmarks.whole_line import SHOP, Probes, installation, look, percentile, sending
from services.cli.local.settings import LocalSettings

PER_SECOND = 2.0
POLL_S = 0.25
"""How often somebody looks for them: the engine should have something else to do."""
TOLD_S = 60.0
PER_HOUR = 7.0
"""At 1,200 events/s 11 hours of such a shop pass in a second: the 400 days after which journey forgets what is open
take 14 minutes, the 520 of alerts 19. What grows after that is not the shop's past."""


def main() -> int:
    asked = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: nothing keeps running
    with installation() as line:
        shop = MadeShop(SHOP, line.home, line.partitions, PER_HOUR)
        most = asked.capacity or (0.0 if asked.rate else capacity(line, shop, asked.events))
        rate = asked.rate or asked.share * most
        if not rate:
            print("no steady rate is sustained, so there is none to soak at; --rate names one", file=sys.stderr)
            return 1
        print(f"soak           {asked.minutes:g} minutes at {rate:,.0f} events/s", flush=True)
        about = {"minutes": asked.minutes, "capacity": round(most), "rate": round(rate), "load": load()}
        with writing(asked.out) as diary:
            try:
                soak(line, shop, rate, asked.minutes, diary)
            finally:
                wrong = [*kept_up(diary.moments, asked.minutes, rate), *judged(diary.moments)]
                conclude({**about, **figures(diary.moments), "wrong": wrong}, diary.moments, asked.out)
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


def load() -> Sequence[float]:
    """The machine's, of the last 1, 5 and 15 minutes."""
    return [round(value, 1) for value in os.getloadavg()]


@dataclass(slots=True)
class Diary:
    """All moments so far, each in the file, if there is one, as soon as it is known; a line for each minute."""

    file: IO[str] | None = None
    moments: list[Moment] = field(default_factory=list)
    _told: int = 0

    def note(self, moment: Moment) -> None:
        """Keep a moment."""
        self.moments.append(moment)
        if self.file:
            row = moment.row()
            writer = csv.DictWriter(self.file, list(self.moments[0].row()), restval="", extrasaction="ignore")
            if len(self.moments) == 1:
                writer.writeheader()
            writer.writerow(row)
            self.file.flush()
        if (minute := int(moment.at / TOLD_S)) > self._told:
            self._told = minute
            print(told([each for each in self.moments if each.at > moment.at - TOLD_S]), flush=True)


@contextmanager
def writing(folder: Path | None) -> Iterator[Diary]:
    """A diary, in a folder if there is one."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with (folder / "soak.csv").open("w", newline="") if folder else nullcontext() as file:
        yield Diary(file)


def soak(line: LocalSettings, shop: MadeShop, rate: float, minutes: float, diary: Diary) -> None:
    """Send at a rate for so long, and look."""
    made = shop.make(rate * minutes * 60, rate)
    eyes, begin = Probes(PER_SECOND, POLL_S), time.time()
    with sending(made, rate), eyes.running():
        while time.time() - begin < minutes * 60 - LOOK_S:
            time.sleep(LOOK_S)
            diary.note(Moment(time.time() - begin, look(line), eyes.take()))


def told(minute: Sequence[Moment]) -> str:
    """A minute in a line."""
    first, last, took = minute[0].look, minute[-1].look, [seconds for each in minute for seconds in each.seconds]
    rate = (last.events - first.events) / max(1.0, last.at - first.at)
    waits = max(max(each.look.waiting.values(), default=0.0) for each in minute)
    memory = ", ".join(f"{name} {mib:.0f}" for name, mib in last.rss.items())
    longest = max(took, default=0.0)
    return (
        f"minute {minute[-1].at / 60:3.0f}     {rate:,.0f} events/s, the oldest record waits {waits:.1f} s at most, "
        f"seen after {percentile(took, 0.5):.2f} s (longest {longest:.2f}); MiB: {memory}; load {load()[0]}"
    )


def conclude(found: Mapping[str, object], moments: Sequence[Moment], folder: Path | None) -> None:
    """Say what was found, and keep it with the plot where there is a folder."""
    print(json.dumps(found, indent=2), flush=True)
    if folder:
        (folder / "soak.json").write_text(json.dumps(found, indent=2) + "\n")
        (folder / "soak.svg").write_text(chart([*charts(moments)]))


def charts(moments: Sequence[Moment]) -> Sequence[Chart]:
    """Memory, age of what waits, and latency, over the minutes."""
    processes = sorted({name for each in moments for name in each.look.rss})
    services = sorted({name for each in moments for name in each.look.waiting})
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
