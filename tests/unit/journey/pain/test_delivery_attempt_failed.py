"""delivery_attempt_failed: an attempt without delivery, or two tours more than a day apart."""

from datetime import timedelta

import pytest
from support.story import Hurt, at, hurts, parcel, placed, registered, scanned

KIND = "delivery_attempt_failed"
BORN = [placed("o1", at()), registered("o1", at()), scanned(at(hours=1))]
MOMENT = timedelta(milliseconds=1)


def tour(**since: float) -> bytes:
    return scanned(at(**since), status="out_for_delivery")


def attempt(**since: float) -> bytes:
    return parcel("delivery_attempted", at(**since))


def test_an_attempt_hurts_at_once_and_further_ones_change_nothing() -> None:
    expected = [Hurt("parcel:dhl/1", at(days=1), None, "medium")]
    assert hurts([*BORN, attempt(days=1)], at(days=1), KIND) == expected
    assert hurts([*BORN, attempt(days=1), attempt(days=2)], at(days=9), KIND) == expected


def test_tours_exactly_a_day_apart_are_as_they_should_be() -> None:
    assert hurts([*BORN, tour(days=1), tour(days=2)], at(days=9), KIND) == []


def test_tours_a_moment_more_than_a_day_apart_hurt_from_the_second() -> None:
    second = at(days=2) + MOMENT
    events = [*BORN, tour(days=1), scanned(second, status="out_for_delivery")]
    assert hurts(events, at(days=9), KIND) == [Hurt("parcel:dhl/1", second, None, "medium")]


def test_any_two_tours_count_not_only_neighbours() -> None:
    events = [*BORN, tour(hours=24), tour(hours=42), tour(hours=60)]
    assert hurts(events, at(days=9), KIND) == [Hurt("parcel:dhl/1", at(hours=60), None, "medium")]


@pytest.mark.parametrize("end", ["delivered", "returned", "lost"])
def test_the_end_of_the_parcel_ends_it(end: str) -> None:
    events = [*BORN, attempt(days=1), parcel(end, at(days=2))]
    assert hurts(events, at(days=9), KIND) == [Hurt("parcel:dhl/1", at(days=1), at(days=2), "medium")]


def test_a_loss_that_was_undone_does_not() -> None:
    events = [*BORN, attempt(days=1), parcel("lost", at(days=2)), scanned(at(days=3))]
    assert hurts(events, at(days=9), KIND) == [Hurt("parcel:dhl/1", at(days=1), None, "medium")]


def test_waiting_for_pick_up_ends_it_and_is_no_failed_attempt() -> None:
    waits = scanned(at(days=2), status="available_for_pickup")
    assert hurts([*BORN, waits], at(days=9), KIND) == []
    ended = Hurt("parcel:dhl/1", at(days=1), at(days=2), "medium")
    assert hurts([*BORN, attempt(days=1), waits], at(days=9), KIND) == [ended]
    assert hurts([*BORN, attempt(days=1), waits, attempt(days=3)], at(days=9), KIND) == [
        ended,
        Hurt("parcel:dhl/1", at(days=3), None, "medium"),
    ]


def test_tours_before_and_after_pick_up_do_not_add_up() -> None:
    waits = scanned(at(days=2), status="available_for_pickup")
    assert hurts([*BORN, tour(days=1), waits, tour(days=3)], at(days=9), KIND) == []


def test_a_delivery_at_the_same_instant_was_no_failed_attempt() -> None:
    assert hurts([*BORN, attempt(days=1), parcel("delivered", at(days=1))], at(days=9), KIND) == []
