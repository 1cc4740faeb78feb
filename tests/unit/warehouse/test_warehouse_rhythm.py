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


@pytest.mark.parametrize(
    ("took", "rest"),
    [
        pytest.param(0.125, REST * 0.125, id="the writer rests in proportion to what the last batch took"),
        pytest.param(0.001, LEAST_REST, id="a quick engine still gets few parts"),
        pytest.param(60.0, LONGEST, id="no batch gathers for longer than the longest"),
    ],
)
def test_the_next_batch_is_due_when_the_writer_has_rested(took: float, rest: float) -> None:
    clock = Clock()
    rhythm = Rhythm(LONGEST, clock)
    rhythm.stored(took)
    rhythm.begin()
    clock.at += rest - 0.01
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


@pytest.mark.parametrize("took", [0.0, 0.001, 0.05])
def test_many_small_batches_in_a_row_are_few_inserts_however_quick_the_engine(took: float) -> None:
    clock = Clock()
    rhythm = Rhythm(LONGEST, clock)
    stored, waiting = 0, False
    for _ in range(10_000):  # a message every millisecond, for ten seconds
        if not waiting:
            rhythm.begin()
        waiting = True
        clock.at += 0.001
        if rhythm.due():
            clock.at += took
            rhythm.stored(took)
            stored, waiting = stored + 1, False
    assert 10 / (2 * LEAST_REST) < stored <= 10 / LEAST_REST
