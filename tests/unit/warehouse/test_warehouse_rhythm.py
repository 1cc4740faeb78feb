"""When a batch is stored, on a clock that the test moves."""

from dataclasses import dataclass

import pytest

from services.warehouse.rhythm import GATHER_SECONDS, LEAST_REST, REST, Rhythm

LONGEST = 1.0


@dataclass
class Clock:
    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


def test_an_idle_writer_stores_what_comes_as_soon_as_what_belongs_to_it_has_come() -> None:
    clock = Clock()
    rhythm = Rhythm(LONGEST, clock)
    rhythm.begin()
    assert (rhythm.due(), rhythm.wait(0.2)) == (False, pytest.approx(GATHER_SECONDS))
    clock.at += GATHER_SECONDS + 0.001
    assert (rhythm.due(), rhythm.wait(0.2)) == (True, 0.0)


def test_the_writer_rests_in_proportion_to_what_the_last_batch_took() -> None:
    clock = Clock()
    rhythm = Rhythm(LONGEST, clock)
    rhythm.stored(0.125)
    rhythm.begin()
    clock.at += REST * 0.125 - 0.01
    assert not rhythm.due()
    clock.at += 0.02
    assert rhythm.due()


def test_a_quick_engine_still_gets_few_parts() -> None:
    clock = Clock()
    rhythm = Rhythm(LONGEST, clock)
    rhythm.stored(0.001)
    rhythm.begin()
    clock.at += LEAST_REST - 0.01
    assert not rhythm.due()
    clock.at += 0.02
    assert rhythm.due()


def test_no_batch_gathers_for_longer_than_the_longest_whatever_the_last_one_took() -> None:
    clock = Clock()
    rhythm = Rhythm(LONGEST, clock)
    rhythm.stored(60.0)
    rhythm.begin()
    clock.at += LONGEST - 0.01
    assert not rhythm.due()
    clock.at += 0.02
    assert rhythm.due()


def test_more_is_waited_for_until_the_batch_is_due_and_not_longer() -> None:
    clock = Clock()
    rhythm = Rhythm(LONGEST, clock)
    rhythm.stored(0.125)
    rhythm.begin()
    assert rhythm.wait(5.0) == pytest.approx(REST * 0.125)
    assert rhythm.wait(0.1) == 0.1


def test_a_longest_below_the_time_to_gather_is_kept() -> None:
    clock = Clock()
    rhythm = Rhythm(0.001, clock)
    rhythm.begin()
    clock.at += 0.0015
    assert rhythm.due()
