"""What is kept of a feed's past from look to look says what one finds who looks at all of it anew."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from services.journey.domain.entities.feed import LIVELY, MEMORY, Feed
from services.journey.domain.entity import Entity, forget_heard
from services.journey.domain.instants import HOUR, MINUTE

LONGEST = 4 * MEMORY // MINUTE


def heard(rng: Random) -> list[int]:
    """When a feed was heard (ms), mostly in order, some of it late; at usual gaps and with silences."""
    every = rng.choice((20, 60, 240))
    end, at = rng.choice((LIVELY * 60, LONGEST)), 0
    found = []
    while at < end and len(found) < 1_500:
        found.append(at * MINUTE)
        at += rng.randint(1, 2 * every) if rng.random() < 0.99 else rng.randint(every, 40 * every)
    for _ in range(rng.randint(0, 8)):
        late = rng.randrange(len(found))
        found.insert(rng.randrange(late, len(found) + 1), found.pop(late))
    return found


def look_again_and_again(seed: int) -> None:
    rng = Random(seed)
    entity, known = Entity(), Feed("feed:dhl", Entity())
    told = heard(rng)
    for number, at in enumerate(told, 1):
        first, last = entity.heard.get(at // HOUR, (at, at))
        entity.heard[at // HOUR] = min(first, at), max(last, at)
        if rng.random() < 0.01:
            forget_heard(entity, max(entity.heard) - rng.randint(0, 900))
        if number % 7 and number < len(told):
            continue
        known = Feed("feed:dhl", entity, known.past)
        limit = HOUR if rng.random() < 0.9 else 3 * HOUR
        assert [*known.silences(limit)] == [*Feed("feed:dhl", entity).silences(limit)]


@settings(deadline=None, max_examples=examples(40))
@given(st.integers(0, 2**32))
def test_silences_are_the_same_with_and_without_what_was_known(seed: int) -> None:
    look_again_and_again(seed)


@pytest.mark.slow
@settings(deadline=None, max_examples=3_000)
@given(st.integers(0, 2**32))
def test_they_are_in_thousands_of_feeds(seed: int) -> None:
    look_again_and_again(seed)
