"""A portrait that learns bit by bit says, at every moment, what one made of everything at once says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.generated_shops import GeneratedShop, shops
from support.story import SHOP, T0, ms
from support.world import RULES, Worker, World

from services.journey.domain.cells import LiveCell
from services.journey.domain.person import Person
from services.journey.domain.portrait import Portrait


def portraits(worker: Worker) -> Iterator[LiveCell]:
    """The roots that a worker has at hand with their portraits."""
    return (live for live in worker.alive().cells if live.portrait is not None and not live.left)


def said(portrait: Portrait) -> object:
    """All that a portrait says, but for when something was found."""
    rows = {unit: rows for unit, rows in portrait.rows.items() if rows}
    pains = {
        unit: {id_: msgspec.structs.replace(pain, detected_at=0) for id_, pain in pains.items()}
        for unit, pains in portrait.pains.items()
        if pains
    }
    return {
        "rows": rows,
        "pains": pains,
        "due": portrait.timers.due,
        "waiting": portrait.timers.waiting,
        "busy": portrait.busy,
    }


def afresh(live: LiveCell, worker: Worker) -> Portrait:
    portrait = Portrait(Person(live.cell.shop, live.cell.alias), RULES)
    for alias, unit in worker.alive().cells.units(live):
        if unit.members:
            portrait.know(alias, unit.members)
    portrait.update(live.cell.now, partial(worker.alive().silences.since, live.cell.shop))
    return portrait


def run_and_compare(world: World) -> None:
    """Let the partitions read to the end of their logs, looking at every person after every message."""
    while behind := [w for w in world.workers if w.read < len(world.logs[w.place.number])]:
        world.step(behind[0], 1)
        for live in portraits(behind[0]):
            assert live.portrait is not None
            assert said(live.portrait) == said(afresh(live, behind[0])), live.cell.key


def keep_up(shop: GeneratedShop, seed: int) -> None:
    rng = random.Random(seed)
    world = World(rng.randint(1, 2))
    arriving = list(shop.events)
    if rng.random() < 0.7:
        rng.shuffle(arriving)
    clock = T0
    while arriving:
        size = rng.randint(1, 4)
        world.send(arriving[:size])
        del arriving[:size]
        if rng.random() < 0.3:
            clock = min(clock + timedelta(days=rng.uniform(0, 20)), shop.now)
            world.tick(SHOP, ms(clock))
        run_and_compare(world)
    world.tick(SHOP, ms(shop.now))
    run_and_compare(world)


CALM = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(CALM, max_examples=examples(60))
@given(shops(), st.integers(0, 2**32))
def test_what_is_kept_up_to_date_equals_what_is_made_afresh(shop: GeneratedShop, seed: int) -> None:
    keep_up(shop, seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(CALM, max_examples=3_000)
@given(shops(), st.integers(0, 2**32))
def test_it_does_in_thousands_of_shops(shop: GeneratedShop, seed: int) -> None:
    keep_up(shop, seed)
