"""The simulated shop: customers arrive at random, each with a story; their events interleave in order of time."""

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from random import Random

from services.cli.replays.event import SentEvent
from services.cli.simulator.scenarios import SCENARIOS
from services.cli.simulator.story import Story
from services.cli.simulator.teller import Teller


def stories(shop: str, run: str, start: datetime, per_hour: float, rng: Random) -> Iterator[Story]:
    """Stories in order of their beginning, without end; every scenario comes once before chance decides.

    `run` is part of every name. The same arguments and seed tell the same stories.
    """
    now = start
    for number, scenario in zip(count(1), _deal(rng), strict=False):
        now += timedelta(milliseconds=1 + int(rng.expovariate(per_hour) * 3_600_000))
        teller = Teller(shop, f"{run}-{number}", now, Random(rng.getrandbits(64)))
        SCENARIOS[scenario].tell(teller)
        yield teller.told(scenario)


def merged(told: Iterator[Story]) -> Iterator[SentEvent]:
    """The events of all stories in order of time; holds only stories that have begun."""
    waiting: list[tuple[int, int, SentEvent]] = []
    number = 0
    for story in told:
        while waiting and waiting[0][0] < story.events[0].time_ms:
            yield heapq.heappop(waiting)[2]
        for event in story.events:
            heapq.heappush(waiting, (event.time_ms, number, event))
            number += 1
    while waiting:
        yield heapq.heappop(waiting)[2]


def _deal(rng: Random) -> Iterator[str]:
    names = list(SCENARIOS)
    yield from rng.sample(names, len(names))
    weights = [SCENARIOS[name].weight for name in names]
    while True:
        yield from rng.choices(names, weights, k=100)
