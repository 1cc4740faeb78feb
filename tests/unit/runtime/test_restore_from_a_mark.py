"""Which stores may go on from where they are."""

import pytest

from services.runtime.cells import DISPUTED, Mark, MemoryCells
from services.runtime.restore import KEPT, Hold, unfit

HOUR = 3_600_000
MARK = Mark("id", 100, 3, 50 * HOUR)
NOW = 50 * HOUR + KEPT.total_seconds() * 1000


@pytest.mark.parametrize(("begin", "end"), [(0, 100), (0, 5_000), (100, 100), (100, 101)])
def test_a_store_within_its_changelog_goes_on(begin: int, end: int) -> None:
    assert unfit(MARK, "id", begin, end, NOW) is None


@pytest.mark.parametrize(
    ("mark", "begin", "end", "now", "why"),
    [
        (DISPUTED, 0, 100, NOW, "another owner"),
        (Mark("other", 100, 3, 50 * HOUR), 0, 100, NOW, "another changelog of this name: other, not id"),
        (MARK, 0, 99, NOW, "at offset 100, but the changelog ends at 99"),
        (MARK, 101, 200, NOW, "at offset 100, but the changelog begins at 101"),
        (MARK, 0, 101, NOW + 1, "12:00:00.001000 behind"),
    ],
)
def test_any_other_store_begins_anew_and_says_why(mark: Mark, begin: int, end: int, now: float, why: str) -> None:
    assert why in (unfit(mark, "id", begin, end, now) or "")


def test_a_store_that_lacks_nothing_may_be_of_any_age() -> None:
    assert unfit(MARK, "id", 0, 100, NOW + 1_000 * HOUR) is None


class Closing(MemoryCells):
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_store_given_up_is_closed() -> None:
    hold, store = Hold(), Closing()
    hold.keep(store)
    assert store.closed == 0
    hold.give_up()
    assert store.closed == 1


def test_a_store_given_up_before_it_was_restored_is_closed_as_soon_as_it_is() -> None:
    hold, store = Hold(), Closing()
    hold.give_up()
    assert hold.given_up.is_set()
    hold.keep(store)
    assert store.closed == 1
