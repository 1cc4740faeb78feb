"""parcel_stalled: after a scan or an attempt, no sign of it for 5 days."""

from datetime import timedelta

import pytest
from support.story import Hurt, at, hurts, order, parcel, placed, registered, scanned

KIND = "parcel_stalled"
MOVING = [placed("o1", at()), registered("o1", at()), scanned(at(days=1))]
OPEN = Hurt("parcel:dhl/1", at(days=6), None, "medium")
MOMENT = timedelta(milliseconds=1)


def test_no_sign_for_over_5_days_hurts() -> None:
    assert hurts(MOVING, at(days=6), KIND) == []
    assert hurts(MOVING, at(days=6) + MOMENT, KIND) == [OPEN]


@pytest.mark.parametrize("what", ["scanned", "delivery_attempted", "delivered", "returned", "lost"])
def test_a_scan_an_attempt_or_the_end_ends_it_and_exactly_at_the_limit_is_in_time(what: str) -> None:
    status = {"status": "at_hub"} if what == "scanned" else {}
    late = at(days=6) + MOMENT
    assert OPEN.happened_at not in [
        h.happened_at for h in hurts([*MOVING, parcel(what, at(days=6), **status)], at(days=7), KIND)
    ]
    assert hurts([*MOVING, parcel(what, late, **status)], at(days=7), KIND) == [OPEN._replace(ended_at=late)]


def test_a_hand_over_and_an_attempt_count_as_scans() -> None:
    events = [placed("o1", at()), registered("o1", at()), parcel("handed_over", at(days=2))]
    assert hurts(events, at(days=20), KIND) == [Hurt("parcel:dhl/1", at(days=7), None, "medium")]


def test_waiting_for_pick_up_is_no_stall() -> None:
    assert hurts([*MOVING, scanned(at(days=2), status="available_for_pickup")], at(days=20), KIND) == []


def test_damage_and_cancellation_end_nothing() -> None:
    events = [*MOVING, parcel("damaged", at(days=2)), order("cancelled", at(days=2))]
    assert hurts(events, at(days=20), KIND) == [OPEN]


def test_a_loss_that_was_undone_counts_for_nothing() -> None:
    events = [*MOVING, parcel("lost", at(days=3)), scanned(at(days=8))]
    assert hurts(events, at(days=9), KIND) == [OPEN._replace(ended_at=at(days=8))]


def test_a_loss_at_the_instant_of_the_scan_ends_the_wait() -> None:
    assert hurts([*MOVING, parcel("lost", at(days=1))], at(days=20), KIND) == []


def test_of_two_scans_in_one_millisecond_the_last_counts() -> None:
    moved = scanned(at(days=2), id="a")
    waits = scanned(at(days=2), status="available_for_pickup", id="b")
    assert hurts([*MOVING, moved, waits], at(days=30), KIND) == []


def test_it_may_stall_twice() -> None:
    events = [*MOVING, scanned(at(days=8)), parcel("delivered", at(days=20))]
    assert hurts(events, at(days=30), KIND) == [
        OPEN._replace(ended_at=at(days=8)),
        Hurt("parcel:dhl/1", at(days=13), at(days=20), "medium"),
    ]


def test_scans_after_the_end_are_ignored() -> None:
    events = [*MOVING, parcel("delivered", at(days=2)), scanned(at(days=3))]
    assert hurts(events, at(days=30), KIND) == []
