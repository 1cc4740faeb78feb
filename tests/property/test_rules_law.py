"""The law of rules: whenever they change, and whatever crashes, all ends as if they had always been these."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from support.examples import examples
from support.generated_shops import HORIZON, GeneratedShop, shops
from support.story import SHOP, T0, ms
from support.world import RULES, World

from services.journey.domain import rulebook
from services.journey.domain.rules import ENABLED, Rules

ROUNDS = 100
"""Ticks that follow a change: with each, one more of a partition's cells is looked at again."""


@st.composite
def other_rules(draw: st.DrawFn) -> Rules:
    """Some kinds are switched off, the limits of others are a third, or three times as long."""
    plain = sorted(kind for kind, limits in RULES.defaults.items() if all(map(str.isidentifier, limits)))
    factors = draw(st.dictionaries(st.sampled_from(plain), st.sampled_from([0, 1 / 3, 3]), min_size=1, max_size=4))
    changed = {
        kind: {name: int(factor > 0) if name == ENABLED else int(value * factor) for name, value in limits.items()}
        for kind, factor in factors.items()
        for limits in [RULES.defaults[kind]]
    }
    return replace(RULES, defaults={**RULES.defaults, **changed}, _known={})


def ever(shop: GeneratedShop, rules: Rules) -> dict[str, object]:
    world = World(1, rules=rules)
    world.send(shop.events)
    world.tick(SHOP, ms(shop.now))
    world.run()
    return world.truth()


def changed(shop: GeneratedShop, rules: Rules, seed: int) -> dict[str, object]:
    """The rules change in the midst of the events, or before, or behind them; nothing has left its person by then."""
    rng = random.Random(seed)
    world = World(rng.randint(1, 2))
    before = rng.randint(0, len(shop.events))
    world.send(shop.events[:before])
    if rng.random() < 0.5:
        world.tick(SHOP, ms(min(shop.now, T0 + HORIZON)))
        world.run()
    restart(world, rules)
    world.send(shop.events[before:])
    world.tick(SHOP, ms(shop.now))
    stumble(world, rng)
    world.run(rng=rng)
    for _ in range(ROUNDS):
        world.tick(SHOP, ms(shop.now))
    world.run(rng=rng)
    assert not any(worker.alive().unseen for worker in world.workers)
    return world.truth()


def restart(world: World, rules: Rules) -> None:
    """The workers come back with other files."""
    for worker in world.workers:
        worker.rules, worker.partition = rules, None


def stumble(world: World, rng: random.Random) -> None:
    """Work in groups of one or many messages, each second of which ends in a crash."""
    for _ in range(rng.randint(0, 12)):
        behind = [worker for worker in world.workers if worker.read < len(world.logs[worker.place.number])]
        if behind:
            world.step(rng.choice(behind), rng.choice([1, 5, 20]), crash_before=rng.choice(["", "cells", "ack", ""]))


@pytest.fixture(autouse=True)
def _one_look_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulebook, "LOOKS", 1)


def end_alike(shop: GeneratedShop, rules: Rules, seed: int) -> None:
    expected, found = ever(shop, rules), changed(shop, rules, seed)
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            note(f"{name}\n  ever:    {expected.get(name)}\n  changed: {found.get(name)}")
    assert found == expected


CALM = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(CALM, max_examples=examples(60))
@given(shops(), other_rules(), st.integers(0, 2**32))
def test_rules_that_change_end_as_if_they_had_always_held(shop: GeneratedShop, rules: Rules, seed: int) -> None:
    end_alike(shop, rules, seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(CALM, max_examples=3_000)
@given(shops(), other_rules(), st.integers(0, 2**32))
def test_they_do_in_thousands_of_shops(shop: GeneratedShop, rules: Rules, seed: int) -> None:
    end_alike(shop, rules, seed)
