"""The simulated shop in the small world: what its stories say hurts is found, at every instant, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from support.world import World

from schemas.rows import PainPointRow
from services.cli.replays.disturbance import Disturbance
from services.cli.replays.event import SentEvent, epoch_ms, from_epoch_ms
from services.cli.simulator.report import differences
from services.cli.simulator.scenarios import SCENARIOS
from services.cli.simulator.score import KINDS, Found, PainPointColumns, Scores, expected, found_of, scores
from services.cli.simulator.session import Simulation, Stage
from services.cli.simulator.story import Story
from services.cli.simulator.teller import Teller

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR, MOMENT, NONE = timedelta(hours=1), timedelta(milliseconds=1), timedelta(0)
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the simulated shop, as it went."""

    world: World
    events: list[SentEvent]
    now_ms: int
    scores: Scores


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
    for seed in range(12):
        story = told(scenario, seed)
        world = World(partitions=3)
        events = [event.encoded() for event in story.events]
        Random(seed).shuffle(events)
        world.send(events)
        world.tick("demo", epoch_ms(story.truth.decided_at + HOUR))
        world.run()
        true = expected([story.truth], "demo", story.truth.decided_at + HOUR)
        assert found(world) == true, f"seed {seed}"


@pytest.fixture(scope="module")
def many() -> Run:
    """Many journeys, told in disorder."""
    return played(Simulation("demo", "r", START, seed=7, journeys=700, disturbance=Disturbance(6 * HOUR, 0.05)))


def test_all_that_hurts_is_found_among_many_journeys_told_in_disorder(many: Run) -> None:
    result = many.scores
    assert result.imperfect == [], "\n".join(differences(result))
    assert all(score.right >= 2 for score in result.kinds), {s.name: s.right for s in result.kinds}
    assert len(result.causes) == 10


def test_sources_that_many_journeys_share_are_silent_when_the_definition_says_so(many: Run) -> None:
    """No story knows of these: a bounded run ends with months in which less and less is heard of its customers."""
    said = (p for p in many.world.pain_points().values() if p.kind == "feed_silent")
    silent = {(p.entity, p.happened_at, p.ended_at) for p in said if p.entity.startswith("feed:demo/")}
    assert {entity for entity, _, _ in silent if "r-" not in entity} >= {"feed:demo/orders", "feed:demo/desk"}
    assert silent == {
        (f"feed:{source}", *silence)
        for source in {event.source for event in many.events if event.shop}
        for silence in silences_of([event.time_ms for event in many.events if event.source == source and event.shop])
        if silence[0] < many.now_ms
    }


def silences_of(heard_ms: list[int]) -> Iterator[tuple[int, int | None]]:
    """(since when, until when) nothing was heard for six usual gaps, an hour at least; told by the minute.

    Gaps are those between hours; usual is what nine of ten of the last 28 days did not exceed, if there are ten.
    """
    minutes = sorted({instant // 60_000 * 60_000 for instant in heard_ms})
    gaps = [(a, b) for a, b in pairwise(minutes) if a // HOUR_MS != b // HOUR_MS]
    for index, (begin, end) in enumerate([*gaps, (minutes[-1], None)]):
        recent = sorted(b - a for a, b in gaps[:index] if b >= begin - 28 * 24 * HOUR_MS)
        if len(recent) >= 10:
            limit = max(HOUR_MS, 6 * recent[len(recent) * 9 // 10])
            if end is None or end - begin > limit:
                yield begin + limit + 59_999, end


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_twenty_thousand_journeys_are_understood() -> None:
    how = Disturbance(timedelta(hours=6), 0.02)
    result = played(Simulation("demo", "r", START, seed=11, journeys=20_000, per_hour=20, disturbance=how)).scores
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
    """The pain points that stand, of kinds that stories know; of feeds, only those that are the run's own."""
    return dict(found_of(_columns(p), "r") for p in world.pain_points().values() if _is_judged(p))


def _is_judged(pain: PainPointRow) -> bool:
    """Stories tell nothing of kinds that came after them."""
    return pain.kind in KINDS and (pain.kind != "feed_silent" or "r-" in pain.entity)


def _columns(p: PainPointRow) -> PainPointColumns:
    happened_at, detected_at = from_epoch_ms(p.happened_at), from_epoch_ms(p.detected_at)
    said = (p.kind, p.entity, p.pain_point_id, p.status, p.cause, p.root_id, p.severity)
    return *said, happened_at, detected_at, p.held_back


def _retracted(world: World) -> set[object]:
    every = world.pain_points(retracted=True).values()
    return {p.pain_point_id for p in every if p.status == "retracted" and _is_judged(p)}


def played(simulation: Simulation) -> Run:
    """A whole run, and its score."""
    stage, world, last, sent = Stage(simulation), World(), 0, []
    for portion in stage.portions(lambda: 0.0):
        world.send(event.encoded() for event in portion.events)
        world.tick(simulation.shop, portion.tick_ms)
        world.run(group=100)
        sent += portion.events
        last = portion.tick_ms
    told = expected(stage.told, simulation.shop, from_epoch_ms(last))
    return Run(world, sent, last, scores(told, found(world), KINDS))
