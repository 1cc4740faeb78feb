"""Every scenario, told many times: what it says is well-formed, and what it claims is consistent with itself."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from uuid import NAMESPACE_URL, uuid5

import pytest
import yaml

from schemas.contract import Event, read
from schemas.shops import read_shops
from services.cli.simulator.scenarios import SCENARIOS
from services.cli.simulator.score import KINDS
from services.cli.simulator.shop import merged, stories
from services.cli.simulator.story import Story
from services.cli.simulator.teller import Teller

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SHOPS = read_shops(yaml.safe_load("demo: {clock: replay, time_zone: UTC, currency: EUR}"))


def told(scenario: str, seed: int = 0) -> Story:
    teller = Teller("demo", f"r-{seed}", START, Random(seed))
    SCENARIOS[scenario].tell(teller)
    return teller.told(scenario)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_event_passes_the_contract(scenario: str) -> None:
    for seed in range(20):
        for event in told(scenario, seed).events:
            (answer,) = read(event.encoded(), (), event.time_ms, SHOPS)
            assert isinstance(answer, Event), answer
            assert answer.time_us == event.time_ms * 1_000


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_story_is_told_in_order_with_names_of_its_own(scenario: str) -> None:
    for seed in range(20):
        story = told(scenario, seed)
        times = [event.time for event in story.events]
        assert times == sorted(times)
        assert len({(event.source, event.id) for event in story.events}) == len(story.events)
        assert all(event.time.microsecond % 1000 == 0 for event in story.events)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_hurts_is_anchored_and_ends_in_what_was_told(scenario: str) -> None:
    """An end is the instant of an event, or a lapse; an anchor is one, too, or a date, or another's beginning."""
    for seed in range(20):
        story = told(scenario, seed)
        instants = {event.time for event in story.events}
        dates = {
            datetime.fromisoformat(str(event.data[field]))
            for event in story.events
            for field in ("promised_by", "ship_by")
            if field in event.data
        }
        for finding in story.findings:
            others = {f.happened_at for f in story.findings if finding.entity == f"pain_point:{f.id('demo')}"}
            assert finding.anchor in instants | dates | others
            assert finding.ended_at is None or finding.lapses or finding.ended_at in instants
            assert finding.ended_at is None or finding.ended_at >= finding.happened_at
            assert finding.root is None or finding.root in story.findings
            assert finding.severe_at is None or finding.severe_at in instants
        assert len({finding.id("demo") for finding in story.findings}) == len(story.findings)


def test_scenarios_cover_every_kind_both_open_and_resolved() -> None:
    findings = [finding for scenario in SCENARIOS for seed in range(5) for finding in told(scenario, seed).findings]
    assert {finding.kind for finding in findings} == set(KINDS)
    for kind in KINDS:
        ends = {finding.ended_at is None for finding in findings if finding.kind == kind}
        assert ends == ({False} if kind in ("repeat_contact", "delivery_at_risk") else {True, False}), kind


def test_a_pain_point_has_the_name_that_everybody_computes() -> None:
    teller = Teller("demo", "r-1", START, Random(0))
    teller.hurts("cart_abandoned", "cart:c1", START + timedelta(milliseconds=7), timedelta(hours=1))
    (finding,) = teller.told("x").findings
    assert finding.id("demo") == uuid5(NAMESPACE_URL, "waypost:demo/cart_abandoned/cart:c1/2026-01-05T09:00:00.007Z")


def test_the_same_seed_tells_the_same_stories() -> None:
    def run(seed: int) -> list[bytes]:
        told = islice(stories("demo", "r", START, 12.0, Random(seed)), 60)
        return [event.encoded() for event in merged(told)]

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_every_scenario_is_told_before_any_is_repeated() -> None:
    first = islice(stories("demo", "r", START, 12.0, Random(1)), len(SCENARIOS))
    assert {story.scenario for story in first} == set(SCENARIOS)


def test_stories_interleave_in_order_of_time() -> None:
    chosen = list(islice(stories("demo", "r", START, 12.0, Random(1)), 80))
    events = list(merged(iter(chosen)))
    assert [event.time_ms for event in events] == sorted(event.time_ms for event in events)
    assert len(events) == sum(len(story.events) for story in chosen)
    assert len({(event.source, event.id) for event in events}) == len(events)


def test_a_shop_without_end_holds_only_stories_that_have_begun() -> None:
    endless = merged(stories("demo", "r", START, 12.0, Random(1)))
    assert len(list(islice(endless, 5000))) == 5000
