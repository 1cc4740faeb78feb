"""parcel_lost: the carrier says so; or 14 days of silence and 7 past the first promise."""

from datetime import timedelta

import pytest
from support.story import Hurt, at, hurts, order, parcel, placed, refunded, registered, scanned

KIND = "parcel_lost"
MOVING = [placed("o1", at()), registered("o1", at()), scanned(at(days=1))]
SAID = Hurt("parcel:dhl/1", at(days=3), None, "critical")
INFERRED = Hurt("parcel:dhl/1", at(days=15), None, "critical")
MOMENT = timedelta(milliseconds=1)


def lost(**since: float) -> bytes:
    return parcel("lost", at(**since))


def test_the_carriers_word_hurts_at_once() -> None:
    assert hurts([*MOVING, lost(days=3)], at(days=3), KIND) == [SAID]


def test_silence_for_over_14_days_hurts_if_nothing_was_promised() -> None:
    assert hurts(MOVING, at(days=15), KIND) == []
    assert hurts(MOVING, at(days=15) + MOMENT, KIND) == [INFERRED]


@pytest.mark.parametrize(("promise", "opens"), [(3, 15), (10, 17)], ids=["silence counts", "promise counts"])
def test_with_a_promise_both_limits_must_have_passed(promise: int, opens: int) -> None:
    promised = [placed("o1", at(), promised_by=at(days=promise)), *MOVING[1:]]
    assert hurts(promised, at(days=opens), KIND) == []
    assert hurts(promised, at(days=opens) + MOMENT, KIND) == [INFERRED._replace(happened_at=at(days=opens))]


@pytest.mark.parametrize("what", ["scanned", "delivery_attempted", "delivered"])
def test_a_later_scan_attempt_or_delivery_ends_it(what: str) -> None:
    status = {"status": "at_hub"} if what == "scanned" else {}
    assert hurts([*MOVING, lost(days=3), parcel(what, at(days=4), **status)], at(days=5), KIND) == [
        SAID._replace(ended_at=at(days=4))
    ]


AMENDS = {"refund": refunded(at(days=5)), "new order": placed("o2", at(days=5), replaces="o1")}


@pytest.mark.parametrize("amends", AMENDS.values(), ids=AMENDS)
def test_a_refund_or_an_order_in_its_place_ends_it(amends: bytes) -> None:
    assert hurts([*MOVING, lost(days=3), amends], at(days=9), KIND) == [SAID._replace(ended_at=at(days=5))]


def test_a_refund_before_it_spares_the_inferred_loss_and_not_the_carriers_word() -> None:
    early = refunded(at(hours=2))
    assert hurts([*MOVING, early], at(days=40), KIND) == []
    assert hurts([*MOVING, early, lost(days=3)], at(days=40), KIND) == [SAID]


def test_coming_back_to_the_shop_ends_nothing_but_is_no_silence() -> None:
    back = parcel("returned", at(days=5))
    assert hurts([*MOVING, lost(days=3), back], at(days=40), KIND) == [SAID]
    assert hurts([*MOVING, back], at(days=40), KIND) == []


def test_a_cancellation_ends_nothing() -> None:
    assert hurts([*MOVING, lost(days=3), order("cancelled", at(days=4))], at(days=9), KIND) == [SAID]


def test_waiting_for_pick_up_is_not_inferred_to_be_lost() -> None:
    assert hurts([*MOVING, scanned(at(days=2), status="available_for_pickup")], at(days=40), KIND) == []


def test_the_carriers_word_after_the_silence_opened_it_is_no_second_one() -> None:
    assert hurts([*MOVING, lost(days=20)], at(days=40), KIND) == [INFERRED]


def test_it_may_be_lost_twice() -> None:
    events = [*MOVING, lost(days=3), scanned(at(days=4)), lost(days=6)]
    assert hurts(events, at(days=9), KIND) == [
        SAID._replace(ended_at=at(days=4)),
        Hurt("parcel:dhl/1", at(days=6), None, "critical"),
    ]


def test_a_word_of_loss_after_the_delivery_is_ignored() -> None:
    assert hurts([*MOVING, parcel("delivered", at(days=2)), lost(days=3)], at(days=40), KIND) == []


@pytest.mark.parametrize("amends", AMENDS.values(), ids=AMENDS)
def test_the_carriers_word_after_it_was_made_good_opens_another(amends: bytes) -> None:
    ended = SAID._replace(ended_at=at(days=5))
    again = Hurt("parcel:dhl/1", at(days=6), None, "critical")
    assert hurts([*MOVING, lost(days=3), amends, lost(days=6)], at(days=9), KIND) == [ended, again]
    ended = INFERRED._replace(ended_at=at(days=18))
    late = [refunded(at(days=18)), lost(days=20)]
    assert hurts([*MOVING, *late], at(days=40), KIND) == [ended, again._replace(happened_at=at(days=20))]


def test_a_carriers_word_long_after_a_refund_opens_one() -> None:
    events = [*MOVING, refunded(at(hours=2)), lost(days=20)]
    assert hurts(events, at(days=40), KIND) == [Hurt("parcel:dhl/1", at(days=20), None, "critical")]
