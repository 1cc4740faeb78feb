"""A timeline that was told of touches and orders one by one has the runs of one that was told everything at once."""

from __future__ import annotations

import random
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from services.journey.domain.instants import DAY
from services.journey.domain.reads import Reads
from services.journey.domain.runs import Run, Touch
from services.journey.domain.timeline import Timeline

INSTANTS = st.sampled_from([0, 1, 10 * DAY, 29 * DAY, 30 * DAY, 31 * DAY, 60 * DAY, 61 * DAY, 90 * DAY, 92 * DAY])
VISITORS = st.sampled_from(["session:s1", "session:s2"])
ABOUT = st.sampled_from(["", "", "", "order:o1", "order:o3", "after order:o2"])
TOUCHES = st.tuples(st.just("touch"), INSTANTS, VISITORS, ABOUT)
ORDERS = st.tuples(st.just("place"), INSTANTS | st.none(), st.sampled_from(["order:o1", "order:o2"]))
STEPS = st.lists(TOUCHES | ORDERS, max_size=14)
Step = tuple[str, int, str, str] | tuple[str, int | None, str]


def told(timeline: Timeline, number: int, step: Step) -> None:
    match step:
        case ("touch", instant, visitor, about):
            timeline.touch(instant << 20 | number, visitor, about)
        case ("untouch", instant, visitor, about):
            timeline.untouch(instant << 20 | number, visitor, about)
        case ("place", instant, order):
            timeline.place(order, instant)


def runs(timeline: Timeline) -> dict[str, tuple[Run, list[Touch]]]:
    """Each run as it stands, in order, with the touches that concern its order."""
    return {run.anchor: (deepcopy(run), timeline.cares(run.order) if run.order else []) for run in timeline.runs}


def at_once(steps: list[tuple[int, Step]]) -> Timeline:
    """All of it before the first look; of an order's instants the last word counts."""
    timeline = Timeline(Reads())
    for number, step in steps:
        told(timeline, number, step)
    timeline.settle()
    return timeline


@settings(max_examples=examples(200))
@given(STEPS, st.integers(0, 2**32))
def test_runs_do_not_depend_on_when_one_looked(steps: list[Step], seed: int) -> None:
    rng, numbered = random.Random(seed), list(enumerate(steps))
    rng.shuffle(numbered)
    timeline, known = Timeline(Reads()), []
    for number, step in numbered:
        told(timeline, number, step)
        known.append((number, step))
        if rng.random() < 0.7:
            timeline.settle()
            assert list(runs(timeline).items()) == list(runs(at_once(known)).items())


@settings(max_examples=examples(200))
@given(STEPS, st.integers(0, 2**32))
def test_whatever_is_different_about_a_run_is_known_to_have_changed(steps: list[Step], seed: int) -> None:
    rng, numbered = random.Random(seed), list(enumerate(steps))
    rng.shuffle(numbered)
    back = [(number, ("untouch", *step[1:])) for number, step in numbered if step[0] == "touch" and rng.random() < 0.3]
    timeline, before = Timeline(Reads()), {}
    for number, step in [*numbered, *back]:
        told(timeline, number, step)
        timeline.settle()
        after = runs(timeline)
        assert {anchor for anchor in {**before, **after} if before.get(anchor) != after.get(anchor)} <= timeline.changed
        timeline.changed.clear()
        before = after


@given(STEPS, st.integers(0, 2**32))
def test_what_was_taken_back_leaves_no_trace(steps: list[Step], seed: int) -> None:
    numbered = list(enumerate(steps))
    gone = {number for number, step in numbered if step[0] == "touch" and random.Random(seed + number).random() < 0.5}
    timeline = at_once(numbered)
    for number, step in numbered:
        if number in gone:
            told(timeline, number, ("untouch", *step[1:]))
            timeline.settle()
    kept = [(number, step) for number, step in numbered if number not in gone]
    assert list(runs(timeline).items()) == list(runs(at_once(kept)).items())
