"""Sources of which most events are refused are noticed."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain import refusals
from services.ingest.domain.refusals import WINDOW, Refusals


def fed(*runs: tuple[str, bool, int]) -> list[tuple[str, float]]:
    """The alarms of runs of (source, refused, how many)."""
    return Refusals().judge((source, refused) for source, refused, times in runs for _ in range(times))


def test_a_window_with_over_half_refused_is_told_with_its_share() -> None:
    assert fed(("/s", True, WINDOW // 2 + 1), ("/s", False, WINDOW // 2 - 1)) == [("/s", 0.501)]


def test_exactly_half_refused_is_no_alarm() -> None:
    assert fed(("/s", True, WINDOW // 2), ("/s", False, WINDOW // 2)) == []


def test_fewer_events_than_a_window_are_not_judged() -> None:
    assert fed(("/s", True, WINDOW - 1)) == []


def test_each_window_is_told_once_and_begins_anew() -> None:
    assert fed(("/s", True, WINDOW), ("/s", False, WINDOW), ("/s", True, WINDOW)) == [("/s", 1.0), ("/s", 1.0)]


def test_a_window_reaches_over_batches() -> None:
    found = Refusals()
    assert [found.judge([("/s", True)] * (WINDOW - 1)), found.judge([("/s", True)])] == [[], [("/s", 1.0)]]


def test_sources_are_judged_apart() -> None:
    assert fed(("/a", True, WINDOW // 2), ("/b", False, WINDOW), ("/a", True, WINDOW // 2)) == [("/a", 1.0)]


def test_invented_sources_use_only_so_much_memory_and_hide_nobody() -> None:
    found = Refusals()
    found.judge((f"/{number}", True) for number in range(3 * refusals.SOURCES))
    assert len(found.windows) == refusals.SOURCES
    assert found.judge([("/s", True)] * WINDOW) == [("/s", 1.0)]


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.booleans(), st.integers(1, WINDOW + WINDOW // 2)), min_size=1, max_size=8
    )
)
def test_events_accepted_together_count_as_one_after_the_other(runs: list[tuple[str, bool, int]]) -> None:
    found, alarms = Refusals(), []
    for source, refused, times in runs:
        alarms += found.judge([(source, True)] * times) if refused else found.accept({source: times})
    assert alarms == fed(*runs)
