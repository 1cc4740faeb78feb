"""The full line under load, with disorder and repeats, while its processes are struck: nothing is lost or differs.

`WAYPOST_CHAOS_SEED` chooses another plan, `WAYPOST_CHAOS_KILLS` the number of kills of the long campaign, and
`WAYPOST_CHAOS_REPORT` names a file for the figures. docs/chaos.md tells the rest.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chaos.campaign import arena, under_blows
from chaos.load import DISORDER, Span, recorded, simulated
from chaos.plan import CAMPAIGNS, SAMPLE_SEED, plan
from chaos.report import Report

from services.cli.replays.disturbance import Disturbance

CALM = Disturbance()
KILLS = 310


@dataclass(frozen=True, slots=True)
class Load:
    """What flows: so much of the recorded orders, so many times beside each other, and so many simulated journeys."""

    span: Span
    copies: int
    journeys: int
    days: int
    """Of the simulated shop."""


WINTER = Span(datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 3, 10, tzinfo=UTC))
SPRING = Span(datetime(2018, 2, 1, tzinfo=UTC), datetime(2018, 5, 15, tzinfo=UTC))
ALL = Span(datetime(2016, 1, 1, tzinfo=UTC), datetime(2018, 10, 18, tzinfo=UTC))
LOADS = {
    "sample": Load(WINTER, copies=1, journeys=60, days=100),
    "middle": Load(SPRING, copies=3, journeys=400, days=115),
    "long": Load(ALL, copies=4, journeys=1500, days=115),
}
"""By campaign."""


@pytest.mark.chaos
@pytest.mark.sample
@pytest.mark.timeout(400)
def test_a_few_blows_change_nothing(tmp_path: Path, shared_data: Path) -> None:
    """Every process is killed once, one is paused, one runs out of disk, one is halted, and a worker comes and goes."""
    campaign(tmp_path, "sample", seed(SAMPLE_SEED), shared_data)


@pytest.mark.chaos
@pytest.mark.timeout(1200)
def test_dozens_of_blows_change_nothing(tmp_path: Path, shared_data: Path) -> None:
    campaign(tmp_path, "middle", seed(1), shared_data)


@pytest.mark.chaos
@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_hundreds_of_blows_change_nothing(tmp_path: Path, shared_data: Path) -> None:
    campaign(tmp_path, "long", seed(1), shared_data)


def seed(otherwise: int) -> int:
    """The seed to go by: the one asked for, else this."""
    return int(os.environ.get("WAYPOST_CHAOS_SEED") or otherwise)


def campaign(folder: Path, name: str, seed: int, data: Path) -> None:
    """Carry one out; a failure tells its seed and how to repeat it."""
    what, load, report = CAMPAIGNS[name], LOADS[name], Report(name, seed)
    if name == "long":
        what = what.with_kills(int(os.environ.get("WAYPOST_CHAOS_KILLS") or KILLS))
    orders = recorded("replay-calm", data / "olist", load.span, CALM, seed)
    mix = simulated("demo-calm", load.journeys, load.days, CALM, seed)
    pairs = [(mix.name, simulated("demo-wild", load.journeys, load.days, DISORDER, seed))]
    wild = (recorded(f"replay-wild{n}", data / "olist", load.span, DISORDER, seed + n) for n in range(load.copies))
    pairs += ((orders.name, shop) for shop in wild)
    try:
        with arena(folder) as made:
            made.undisturbed([orders, mix])
            wrong = under_blows(made, report, plan(seed, what), pairs)
    finally:
        told(report)
    assert not wrong, "\n".join([*wrong, f"to repeat it: {again(name, seed)}"])


def told(report: Report) -> None:
    """Print it, and write it where it is wanted."""
    print(report.text())
    if file := os.environ.get("WAYPOST_CHAOS_REPORT"):
        Path(file).write_text(report.json())


def again(name: str, seed: int) -> str:
    """The command that does the same again."""
    return f"WAYPOST_CHAOS_SEED={seed} python -m pytest tests/chaos/test_full_line.py -s -m chaos -k {WORDS[name]}"


WORDS = {"sample": "few", "middle": "dozens", "long": "hundreds"}
"""By campaign, what the name of its test has alone."""
