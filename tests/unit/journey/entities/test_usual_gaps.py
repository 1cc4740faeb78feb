"""A feed's usual gap: what nine of ten gaps that ended in the 28 days before did not exceed."""

from __future__ import annotations

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.journey.domain.entities.feed import ENOUGH, MEMORY, Feed
from services.journey.domain.entity import Entity
from services.journey.domain.instants import DAY, HOUR

GAPS = st.lists(st.sampled_from([1, 2, 3, 24, 25, 26 * 24, 28 * 24, 29 * 24]), max_size=40)


def feed(gaps: list[int]) -> Feed:
    """Heard at one instant of some hours, so many hours apart."""
    hours = accumulate([1_000, *gaps])
    return Feed("feed:dhl", Entity(heard={hour: (hour * HOUR, hour * HOUR) for hour in hours}))


def by_definition(gaps: list[tuple[int, int]], now: int) -> int | None:
    lengths = sorted(end - begin for begin, end in gaps if now - MEMORY <= end <= now)
    return lengths[len(lengths) * 9 // 10] if len(lengths) >= ENOUGH else None


@given(GAPS)
def test_each_silence_is_measured_by_the_gaps_before_it(gaps: list[int]) -> None:
    heard = [HOUR * hour for hour in accumulate([1_000, *gaps])]
    before = list(pairwise(heard))
    found = [(silence.begin, silence.usual) for silence in feed(gaps).silences(longer_than=0)]
    assert found == [(begin, by_definition(before, begin)) for begin in heard]


def test_a_gap_that_ended_just_28_days_ago_still_counts() -> None:
    """The first of just enough gaps ended then; an hour later it is forgotten."""
    hours = MEMORY // HOUR - (ENOUGH - 2)
    for more, usual in ((0, hours * HOUR), (1, None)):
        *_, last = feed([*[1] * (ENOUGH - 1), hours + more]).silences(longer_than=28 * DAY)
        assert last.usual == usual
