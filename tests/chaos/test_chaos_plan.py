"""Plans of blows: the same for the same seed, and fair to all who may be hit."""

from collections import Counter
from itertools import combinations
from random import Random

import pytest
from chaos.plan import CAMPAIGNS, GUESTS, SAMPLE_SEED, TARGETS, Blow, Campaign, Kind, Turns, duration, plan

SEEDS = range(40)


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_seed_tells_one_plan_and_another_seed_another(name: str) -> None:
    campaign = CAMPAIGNS[name]
    assert plan(7, campaign) == plan(7, campaign)
    assert plan(7, campaign) != plan(8, campaign)


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_plan_has_as_many_blows_of_each_kind_as_its_campaign_in_the_order_of_their_time(name: str) -> None:
    for seed in SEEDS:
        blows = plan(seed, CAMPAIGNS[name])
        assert Counter(blow.kind for blow in blows) == CAMPAIGNS[name].counts
        assert [blow.at for blow in blows] == sorted(blow.at for blow in blows)
        assert duration(blows) == max(blow.until for blow in blows)


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_nobody_is_struck_while_an_earlier_blow_lasts(name: str) -> None:
    for seed in SEEDS:
        for first, then in combinations(plan(seed, CAMPAIGNS[name]), 2):
            assert then.target != first.target or then.at >= first.until, (seed, first, then)


def test_every_process_is_killed_in_the_sample_that_every_run_includes() -> None:
    killed = [blow.target for blow in plan(SAMPLE_SEED, CAMPAIGNS["sample"]) if blow.kind is Kind.KILL]
    assert sorted(killed) == sorted(TARGETS[Kind.KILL])


def test_kills_are_dealt_evenly_in_a_long_campaign() -> None:
    blows = plan(1, CAMPAIGNS["long"])
    killed = Counter(blow.target for blow in blows if blow.kind is Kind.KILL)
    assert max(killed.values()) - min(killed.values()) <= 2
    assert {blow.target for blow in blows if blow.kind in GUESTS} == {"ingest", "journey", "warehouse"}


@pytest.mark.parametrize("kills", [40, 300, 1000])
def test_a_campaign_grows_with_the_kills_that_are_asked_for(kills: int) -> None:
    grown = CAMPAIGNS["long"].with_kills(kills)
    assert grown.kills() == kills
    assert all(count >= 1 for count in grown.counts.values())


def test_a_target_that_is_held_has_its_turn_as_soon_as_it_is_free() -> None:
    turns = Turns(("a", "b", "c"), Random(1))
    assert [turns.next({"a"}), turns.next({"a"}), turns.next(()), *sorted(turns.next(()) for _ in "abc")] == [
        *("b", "c", "a"),
        *("a", "b", "c"),
    ]


def test_when_all_are_held_the_blow_waits_for_the_first_that_is_free() -> None:
    blows = plan(3, Campaign({Kind.HALT: 3}, apart=1, lasting={Kind.HALT: 30}))
    assert [blow.at for blow in blows] == [2.0, 32.0, 62.0]


def test_a_blow_is_told_with_its_time_target_and_length() -> None:
    assert str(Blow(12.5, Kind.PAUSE, "journey", 20)) == "   12.5 s  pause  journey     for 20 s"
    assert str(Blow(3.0, Kind.KILL, "kafka")) == "    3.0 s  kill   kafka"
