"""never_scanned: registered, and no scan for 48 hours."""

from datetime import timedelta

import pytest
from support.story import Hurt, at, hurts, order, parcel, placed, registered, scanned

KIND = "never_scanned"
BORN = [placed("o1", at()), registered("o1", at())]
OPEN = [Hurt("parcel:dhl/1", at(hours=48), None, "medium")]
MOMENT = timedelta(milliseconds=1)


def test_no_scan_for_over_48_hours_hurts() -> None:
    assert hurts(BORN, at(hours=48), KIND) == []
    assert hurts(BORN, at(hours=48) + MOMENT, KIND) == OPEN


def test_it_hurts_although_nobody_placed_the_order() -> None:
    assert hurts(BORN[1:], at(days=3), KIND) == OPEN


@pytest.mark.parametrize(
    "what", ["handed_over", "delivery_attempted", "delivered", "damaged", "lost", "returned", "scanned"]
)
def test_any_word_that_the_carrier_has_it_is_a_scan(what: str) -> None:
    status = {"status": "accepted"} if what == "scanned" else {}
    late = at(hours=48) + MOMENT
    assert hurts([*BORN, parcel(what, at(hours=48), **status)], at(days=9), KIND) == []
    assert hurts([*BORN, parcel(what, late, **status)], at(days=9), KIND) == [OPEN[0]._replace(ended_at=late)]


def test_a_cancellation_ends_it_for_parcels_that_were_not_handed_over() -> None:
    assert hurts([*BORN, order("cancelled", at(days=3))], at(days=9), KIND) == [OPEN[0]._replace(ended_at=at(days=3))]
    assert hurts([*BORN, order("cancelled", at(days=1))], at(days=9), KIND) == []


def test_a_second_registration_amends_and_the_first_counts() -> None:
    assert hurts([*BORN, registered("o1", at(days=1))], at(days=9), KIND) == OPEN


def test_a_number_used_again_is_a_parcel_of_its_own() -> None:
    events = [*BORN, scanned(at(hours=1)), parcel("delivered", at(days=1)), registered("o2", at(days=30))]
    assert hurts(events, at(days=60), KIND) == [
        Hurt("parcel:dhl/1@2024-06-01T10:00:00.000Z", at(days=32), None, "medium")
    ]
