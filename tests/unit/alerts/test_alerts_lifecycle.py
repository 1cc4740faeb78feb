from itertools import combinations

import pytest

from services.alerts.domain.lifecycle import Event, next_event

FIRING, RESOLVED, RETRACTED = Event.FIRING, Event.RESOLVED, Event.RETRACTED


@pytest.mark.parametrize(
    ("status", "announced", "expected"),
    [
        ("open", (), FIRING),
        ("open", (FIRING,), None),
        ("open", (FIRING, RESOLVED), None),
        ("resolved", (), None),
        ("resolved", (FIRING,), RESOLVED),
        ("resolved", (FIRING, RESOLVED), None),
        ("resolved", (FIRING, RETRACTED), None),
        ("retracted", (), None),
        ("retracted", (FIRING,), RETRACTED),
        ("retracted", (FIRING, RESOLVED), RETRACTED),
        ("retracted", (FIRING, RESOLVED, RETRACTED), None),
    ],
)
def test_what_a_status_calls_for(status: str, announced: tuple[Event, ...], expected: Event | None) -> None:
    assert next_event(status, False, announced) is expected


def test_a_held_back_pain_point_is_not_announced_but_its_end_is() -> None:
    assert next_event("open", True, ()) is None
    assert next_event("resolved", True, (FIRING,)) is RESOLVED


def test_no_event_is_ever_announced_twice() -> None:
    for status in ("open", "resolved", "retracted"):
        for size in range(4):
            for announced in combinations(Event, size):
                assert next_event(status, False, announced) not in announced


def test_an_unknown_status_is_our_own_bug() -> None:
    with pytest.raises(KeyError):
        next_event("paused", False, ())
