"""A second opinion: the system says what a naive model, written from the definitions alone, says of every shop."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from support.examples import examples
from support.generated_shops import GeneratedShop, shops
from support.naive.compared import model_says, named_in_passing, system_says
from support.naive.truth import Truth, naive
from support.story import SHOP, T0, ms
from support.world import World

from services.journey.domain.pain import RULES


def in_order(shop: GeneratedShop) -> World:
    """One partition reads the events one by one as they happened."""
    world = World(1)
    world.send(shop.events)
    world.run(group=1)
    return world


def shuffled(seed: int) -> Callable[[GeneratedShop], World]:
    """The events in any order, some twice, over several partitions, with ticks in between."""

    def shuffled(shop: GeneratedShop) -> World:
        rng = random.Random(seed)
        world = World(rng.randint(1, 3))
        arriving = [*shop.events, *rng.sample(shop.events, rng.randint(0, len(shop.events)))]
        rng.shuffle(arriving)
        clock = T0
        while arriving:
            size = rng.randint(1, len(arriving))
            world.send(arriving[:size])
            del arriving[:size]
            if rng.random() < 0.5:
                clock = min(clock + timedelta(days=rng.uniform(0, 15)), shop.now)
                world.tick(SHOP, ms(clock))
            world.run(rng=rng)
        return world

    return shuffled


def look(world: World, now: datetime) -> Mapping[str, Any]:
    """What the system says when the shop's clock stands at `now`."""
    world.tick(SHOP, ms(now))
    world.run()
    return system_says(world)


def agree(shop: GeneratedShop, *worlds: Callable[[GeneratedShop], World]) -> None:
    """Model and system, whatever the order of arrival, say the same of everything."""
    truth = naive(shop.read(), shop.now, shop=SHOP, kinds=RULES)
    model = settled(truth, model_says(truth))
    for world in worlds:
        system = settled(truth, look(world(shop), shop.now))
        for name in sorted({*model, *system}):
            if model.get(name) != system.get(name):
                note(f"{name}\n  model:  {model.get(name)}\n  system: {system.get(name)} ({world.__name__})")
        assert system == model, world.__name__


def settled(truth: Truth, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the rows that may be or not: of names that were only dropped."""
    return {name: what for name, what in said.items() if not named_in_passing(truth, name)}


CALM = settings(deadline=None, suppress_health_check=list(HealthCheck))
YEAR = timedelta(days=300)


@settings(CALM, max_examples=examples(80))
@given(shops(), st.integers(0, 2**32))
def test_the_system_agrees_with_the_naive_model(shop: GeneratedShop, seed: int) -> None:
    agree(shop, in_order, shuffled(seed))


@settings(CALM, max_examples=examples(40))
@given(shops(span=YEAR))
def test_the_system_agrees_on_shops_that_live_longer_than_the_horizon_of_disorder(shop: GeneratedShop) -> None:
    agree(shop, in_order)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(CALM, max_examples=5_000)
@given(shops(max_events=30), st.integers(0, 2**32))
def test_the_system_agrees_with_the_naive_model_on_thousands_of_shops(shop: GeneratedShop, seed: int) -> None:
    agree(shop, in_order, shuffled(seed))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(CALM, max_examples=2_000)
@given(shops(max_events=30, span=YEAR))
def test_the_system_agrees_on_thousands_of_shops_that_live_long(shop: GeneratedShop) -> None:
    agree(shop, in_order)
