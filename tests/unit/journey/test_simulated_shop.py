"""The simulated shop in the small world: what its stories say hurts is found, at every instant, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from support.world import World

from schemas.rows import PainPointRow
from services.cli.replays.disturbance import Disturbance
from services.cli.replays.event import epoch_ms, from_epoch_ms
from services.cli.simulator.report import differences
from services.cli.simulator.scenarios import SCENARIOS
from services.cli.simulator.score import KINDS, Found, PainPointColumns, Scores, expected, found_of, scores
from services.cli.simulator.session import Simulation, Stage
from services.cli.simulator.story import Story
from services.cli.simulator.teller import Teller

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR, MOMENT, NONE = timedelta(hours=1), timedelta(milliseconds=1), timedelta(0)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_story_is_understood_at_every_instant_of_it(scenario: str) -> None:
    """Also just before and after each limit; and what is disproved is retracted, nothing else ever is."""
    story = told(scenario, seed=1)
    for now, world, complete in watched(story):
        if complete:
            assert found(world) == expected([story.truth], "demo", now), f"at {now}"
    assert _retracted(world) == {finding.id("demo") for finding in story.disproved}


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_story_is_understood_however_it_is_told(scenario: str) -> None:
    """But for what is held back: that depends on what was heard first."""
    for seed in range(12):
        story = told(scenario, seed)
        world = World(partitions=3)
        events = [event.encoded() for event in story.events]
        Random(seed).shuffle(events)
        world.send(events)
        world.tick("demo", epoch_ms(story.truth.decided_at + HOUR))
        world.run()
        true = expected([story.truth], "demo", story.truth.decided_at + HOUR)
        assert _released(found(world)) == _released(true), f"seed {seed}"


def test_all_that_hurts_is_found_among_many_journeys_told_in_disorder() -> None:
    result = scored(Simulation("demo", "r", START, seed=7, journeys=1500, disturbance=Disturbance(6 * HOUR, 0.05)))
    assert result.imperfect == [], "\n".join(differences(result))
    assert all(score.right >= 3 for score in result.kinds), {s.name: s.right for s in result.kinds}
    assert len(result.causes) == 10


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_twenty_thousand_journeys_are_understood() -> None:
    how = Disturbance(timedelta(hours=6), 0.02)
    result = scored(Simulation("demo", "r", START, seed=11, journeys=20_000, per_hour=20, disturbance=how))
    assert result.imperfect == [], "\n".join(differences(result))


def told(scenario: str, seed: int) -> Story:
    """One story by itself."""
    teller = Teller("demo", f"r-{seed}", START, Random(seed))
    SCENARIOS[scenario].tell(teller)
    return teller.told(scenario)


def watched(story: Story) -> Iterator[tuple[datetime, World, bool]]:
    """The world whenever something is sent, begins or ends, and whether all that happened by then was heard."""
    world = World()
    sent_at = {event.id: event.time + story.delays.get(event.id, NONE) for event in story.events}
    waiting = sorted(story.events, key=lambda event: sent_at[event.id])
    for now in sorted({*sent_at.values(), *_turns(story)}):
        due = [event for event in waiting if sent_at[event.id] <= now]
        waiting = waiting[len(due) :]
        world.send(event.encoded() for event in due)
        world.tick("demo", epoch_ms(now))
        world.run()
        yield now, world, all(event.time > now for event in waiting)


def _turns(story: Story) -> Iterator[datetime]:
    for finding in (*story.findings, *story.disproved):
        for turn in (finding.happened_at, finding.ended_at):
            if turn is not None:
                yield from (turn, turn + MOMENT)


def found(world: World) -> Found:
    """The pain points that stand; of feeds, only those that are the run's own."""
    return dict(found_of(_columns(p), "r") for p in world.pain_points().values() if _is_judged(p))


def _released(points: Found) -> Found:
    return {point: replace(traits, held_back=False) for point, traits in points.items()}


def _is_judged(pain: PainPointRow) -> bool:
    return pain.kind != "feed_silent" or "r-" in pain.entity


def _columns(p: PainPointRow) -> PainPointColumns:
    happened_at, detected_at = from_epoch_ms(p.happened_at), from_epoch_ms(p.detected_at)
    said = (p.kind, p.entity, p.pain_point_id, p.status, p.cause, p.root_id, p.severity)
    return *said, happened_at, detected_at, p.held_back


def _retracted(world: World) -> set[object]:
    every = world.pain_points(retracted=True).values()
    return {p.pain_point_id for p in every if p.status == "retracted" and _is_judged(p)}


def scored(simulation: Simulation) -> Scores:
    """The score of a whole run."""
    stage, world, last = Stage(simulation), World(), 0
    for portion in stage.portions(lambda: 0.0):
        world.send(event.encoded() for event in portion.events)
        world.tick(simulation.shop, portion.tick_ms)
        world.run(group=100)
        last = portion.tick_ms
    return scores(expected(stage.told, simulation.shop, from_epoch_ms(last)), found(world), KINDS)
