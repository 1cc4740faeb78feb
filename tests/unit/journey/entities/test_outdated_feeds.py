"""What may be forgotten of when a feed was heard: nothing that tells a silence which may still change."""

from random import Random

import pytest

from services.journey.domain.entities.feed import LATEST, Feed
from services.journey.domain.entity import Entity, copy, forget_heard
from services.journey.domain.instants import DAY, HOUR, MINUTE


def heard_at_random(chance: Random) -> dict[int, tuple[int, int]]:
    """Busy weeks and rests of weeks, over a year and a half."""
    hour, heard = 400_000, {}
    while hour < 400_000 + 550 * 24:
        hour += chance.choice([1, 1, 1, 2, 5, 12, 30, 24 * 20 if chance.random() < 0.02 else 1])
        first, last = sorted(chance.randrange(60) for _ in range(2))
        heard[hour] = hour * HOUR + first * MINUTE, hour * HOUR + last * MINUTE
    return heard


@pytest.mark.parametrize("seed", range(30))
def test_silences_are_the_same_without_what_is_outdated(seed: int) -> None:
    whole = Entity(heard=heard_at_random(Random(seed)))
    kept, now = copy(whole), (400_000 + 480 * 24) * HOUR
    forget_heard(kept, Feed("feed:x", kept).outdated(now) or 0)
    known, feed = Feed("feed:x", whole), Feed("feed:x", kept)
    assert list(feed.silences(0)) == [each for each in known.silences(0) if each.begin >= feed.known_from]
    under_way = max(begin for _, begin in known.spans if begin <= now - LATEST)
    assert feed.known_from <= under_way
    assert min(kept.heard) * HOUR >= under_way - 60 * DAY


def test_little_is_not_worth_forgetting() -> None:
    assert Feed("feed:x", Entity(heard={hour: (hour * HOUR, hour * HOUR) for hour in range(2_800)})).outdated(0) is None
