"""fulfilment_delayed: approved, and not handed over by its ship_by, else for 3 days."""

from datetime import timedelta

from support.story import Hurt, at, hurts, order, parcel, placed, registered, scanned

KIND = "fulfilment_delayed"
APPROVED = [placed("o1", at()), order("approved", at(days=1))]
OPEN = Hurt("order:o1", at(days=4), None, "medium")
MOMENT = timedelta(milliseconds=1)


def due(**since: float) -> list[bytes]:
    return [placed("o1", at(), ship_by=at(**since)), order("approved", at(days=1))]


def test_not_handed_over_for_over_3_days_from_the_approval_hurts() -> None:
    assert hurts(APPROVED, at(days=4), KIND) == []
    assert hurts(APPROVED, at(days=4) + MOMENT, KIND) == [OPEN]


def test_an_order_that_was_not_approved_does_not_wait_for_it() -> None:
    assert hurts([placed("o1", at(), ship_by=at(days=1))], at(days=9), KIND) == []


def test_with_a_ship_by_that_counts() -> None:
    assert hurts(due(days=2), at(days=9), KIND) == [Hurt("order:o1", at(days=2), None, "medium")]


def test_approved_past_its_ship_by_it_hurts_from_the_approval() -> None:
    assert hurts(due(hours=3), at(days=1), KIND) == []
    assert hurts(due(hours=3), at(days=9), KIND) == [Hurt("order:o1", at(days=1), None, "medium")]


def test_the_parcels_latest_ship_by_counts_if_the_order_has_none_and_each_ones_last_word() -> None:
    parcels = [registered("o1", at(), "1", ship_by=at(days=5)), registered("o1", at(), "2", ship_by=at(days=6))]
    assert hurts([*APPROVED, *parcels], at(days=9), KIND) == [Hurt("order:o1", at(days=6), None, "medium")]
    amended = registered("o1", at(hours=1), "2", ship_by=at(days=2))
    assert hurts([*APPROVED, *parcels, amended], at(days=9), KIND) == [Hurt("order:o1", at(days=5), None, "medium")]


def test_the_hand_over_of_the_last_parcel_ends_it() -> None:
    parcels = [registered("o1", at(), "1"), registered("o1", at(), "2"), parcel("handed_over", at(days=2), "1")]
    assert hurts([*APPROVED, *parcels], at(days=9), KIND) == [OPEN]
    assert hurts([*APPROVED, *parcels, scanned(at(days=4), "2")], at(days=9), KIND) == []
    assert hurts([*APPROVED, *parcels, scanned(at(days=5), "2")], at(days=9), KIND) == [
        OPEN._replace(ended_at=at(days=5))
    ]


def test_a_cancellation_ends_it() -> None:
    assert hurts([*APPROVED, order("cancelled", at(days=5))], at(days=9), KIND) == [OPEN._replace(ended_at=at(days=5))]
