"""delivery_at_risk: by the carrier's estimate, else by its lane, an order comes after its first promise."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from support.story import (
    SHOP,
    Hurt,
    at,
    checkout,
    hurts,
    instant,
    live,
    ms,
    order,
    pains,
    parcel,
    placed,
    refunded,
    registered,
    scanned,
    step,
    told,
)
from support.world import RULES, World

from schemas.ids import event_id
from services.journey.domain.instants import HOUR
from services.journey.domain.pain.delivery_at_risk import lane_name
from services.journey.domain.rules import Rules

KIND = "delivery_at_risk"
PROMISE = at(days=5)
PROMISED = [placed("o1", at(), promised_by=PROMISE), registered("o1", at())]
MOMENT = timedelta(milliseconds=1)
RISK = Hurt("order:o1", at(days=1), None, "medium")
TODAY = at(days=2)


def expected(when: datetime, by: datetime, number: str = "1", **more: object) -> bytes:
    """A scan with the carrier's estimate."""
    return scanned(when, number, estimated_delivery=by, **more)


TOO_LATE = expected(at(days=1), at(days=6))


def test_an_estimate_after_the_promise_hurts_at_once_and_exactly_at_the_promise_does_not() -> None:
    assert hurts([*PROMISED, expected(at(days=1), PROMISE)], TODAY, KIND) == []
    assert hurts([*PROMISED, expected(at(days=1), PROMISE + MOMENT)], at(days=1), KIND) == [RISK]


def test_it_names_the_scan_and_what_the_parcel_shares_with_others() -> None:
    scan = told(
        "logistics.parcel.scanned",
        at(days=1),
        id="scan",
        carrier="dhl",
        tracking_number="1",
        status="in_transit",
        estimated_delivery=at(days=6),
    )
    [risk] = pains([*PROMISED, scan], TODAY, KIND)
    assert (risk.stage, risk.order_id, risk.factors) == ("transit", "o1", {"carrier": "dhl"})
    assert risk.evidence == (event_id("/story", "scan"),)
    assert risk.root_id == risk.pain_point_id


def test_the_last_estimate_counts_and_a_scan_without_one_changes_nothing() -> None:
    assert hurts([*PROMISED, TOO_LATE, scanned(at(hours=36))], TODAY, KIND) == [RISK]
    back = expected(at(hours=36), PROMISE)
    assert hurts([*PROMISED, TOO_LATE, back], TODAY, KIND) == [RISK._replace(ended_at=at(hours=36))]


def test_a_later_estimate_that_is_worse_is_the_same_spell() -> None:
    assert hurts([*PROMISED, TOO_LATE, expected(at(hours=30), at(days=9))], TODAY, KIND) == [RISK]


def test_at_risk_again_is_another_spell() -> None:
    events = [*PROMISED, TOO_LATE, expected(at(hours=30), at(days=4)), expected(at(hours=40), at(days=7))]
    assert hurts(events, TODAY, KIND) == [RISK._replace(ended_at=at(hours=30)), RISK._replace(happened_at=at(hours=40))]


def test_a_late_event_that_was_overtaken_in_the_same_moment_retracts_it() -> None:
    world = live([*PROMISED, TOO_LATE], TODAY)
    assert [p.status for p in world.pain_points().values() if p.kind == KIND] == ["open"]
    amended = told(
        "logistics.parcel.scanned",
        at(days=1),
        id="z",
        carrier="dhl",
        tracking_number="1",
        status="at_hub",
        estimated_delivery=at(days=4),
    )
    world.send([amended])
    world.run()
    assert [p.status for p in world.pain_points(retracted=True).values() if p.kind == KIND] == ["retracted"]


def ends(when: datetime) -> dict[str, bytes]:
    return {
        "attempted": parcel("delivery_attempted", when),
        "pick-up": expected(when, at(days=9), status="available_for_pickup"),
        "delivered": parcel("delivered", when),
        "cancelled": order("cancelled", when),
        "refunded": refunded(when),
    }


@pytest.mark.parametrize("how", ends(at()))
def test_each_of_these_ends_it(how: str) -> None:
    assert hurts([*PROMISED, TOO_LATE, ends(TODAY)[how]], at(days=3), KIND) == [RISK._replace(ended_at=TODAY)]


@pytest.mark.parametrize("how", ends(at()))
def test_after_each_of_these_and_in_their_very_moment_nothing_is_at_risk(how: str) -> None:
    for when in (at(hours=12), at(days=1)):
        assert hurts([*PROMISED, ends(when)[how], TOO_LATE], TODAY, KIND) == []


@pytest.mark.parametrize("what", ["lost", "returned"])
def test_lost_or_returned_is_not_delivered(what: str) -> None:
    assert hurts([*PROMISED, TOO_LATE, parcel(what, at(hours=30))], TODAY, KIND) == [RISK]


def test_from_the_promise_on_it_is_late_and_no_longer_at_risk() -> None:
    assert hurts([*PROMISED, TOO_LATE], PROMISE, KIND) == [RISK]
    assert hurts([*PROMISED, TOO_LATE], PROMISE, "delivery_late") == []
    assert hurts([*PROMISED, TOO_LATE], PROMISE + MOMENT, KIND) == [RISK._replace(ended_at=PROMISE)]
    assert hurts([*PROMISED, TOO_LATE], PROMISE + MOMENT, "delivery_late") == [
        Hurt("order:o1", PROMISE, None, "high"),
    ]
    delivered = parcel("delivered", at(days=6))
    assert hurts([*PROMISED, TOO_LATE, delivered], at(days=9), KIND) == [RISK._replace(ended_at=PROMISE)]


def test_delivered_exactly_at_the_promise_ends_it_there() -> None:
    assert hurts([*PROMISED, TOO_LATE, parcel("delivered", PROMISE)], at(days=9), KIND) == [
        RISK._replace(ended_at=PROMISE)
    ]


@pytest.mark.parametrize(("when", "found"), [(PROMISE - MOMENT, 1), (PROMISE, 0), (at(days=6), 0)])
def test_an_estimate_opens_it_only_before_the_promise(when: datetime, found: int) -> None:
    assert len(hurts([*PROMISED, expected(when, at(days=8))], at(days=9), KIND)) == found


def test_the_first_promise_counts_whatever_was_promised_later() -> None:
    later = registered("o1", at(hours=1), promised_by=at(days=30))
    assert hurts([*PROMISED, later, TOO_LATE], TODAY, KIND) == [RISK]


def test_a_checkouts_promise_counts_if_there_is_no_other() -> None:
    promised = [checkout(at()), step(at(minutes=1), promised_by=PROMISE)]
    bought = [placed("o1", at(minutes=2), checkout_id="x1"), registered("o1", at(minutes=2))]
    assert hurts([*promised, *bought, TOO_LATE], TODAY, KIND) == [RISK]


def test_without_a_promise_or_an_order_nothing_is_at_risk() -> None:
    assert hurts([placed("o1", at()), registered("o1", at()), TOO_LATE], TODAY, KIND) == []
    assert hurts([registered("o1", at(), promised_by=PROMISE), TOO_LATE], TODAY, KIND) == []


BOTH = [*PROMISED, registered("o1", at(), "2")]


def test_of_several_parcels_the_one_expected_last_counts() -> None:
    second = expected(at(hours=30), at(days=7), "2")
    first_back = expected(at(hours=40), at(days=3))
    assert hurts([*BOTH, TOO_LATE, second, first_back], TODAY, KIND) == [RISK]
    second_back = expected(at(hours=44), at(days=3), "2")
    assert hurts([*BOTH, TOO_LATE, second, first_back, second_back], TODAY, KIND) == [
        RISK._replace(ended_at=at(hours=44))
    ]


def test_a_parcel_that_was_attempted_counts_no_more() -> None:
    events = [*BOTH, TOO_LATE, expected(at(days=1), at(days=4), "2"), parcel("delivered", at(hours=30))]
    assert hurts(events, TODAY, KIND) == [RISK._replace(ended_at=at(hours=30))]
    assert hurts([*BOTH, TOO_LATE, parcel("delivered", at(hours=30), "2")], TODAY, KIND) == [RISK]


ECO = {"service_level": "eco", "origin": "DE", "destination": "BR"}
ON_LANE = [PROMISED[0], registered("o1", at(), **ECO)]


def on_lane(events: Iterable[bytes], hours: int, now: datetime = TODAY) -> list[tuple[datetime, datetime | None]]:
    """When it was at risk, from and to, where four of five parcels on the lane take so many hours at most."""
    usual = {lane_name("dhl", "eco", "DE", "BR"): hours * HOUR}
    world = World(1, rules=Rules({**RULES.defaults, KIND: {**RULES.defaults[KIND], **usual}}, RULES.overrides))
    world.send(events)
    world.run()
    world.tick(SHOP, ms(now))
    world.run()
    found = sorted((p.happened_at, p.ended_at) for p in world.pain_points().values() if p.kind == KIND)
    return [(instant(begin), None if end is None else instant(end)) for begin, end in found]


@pytest.mark.parametrize("shown_by", [parcel("handed_over", at(days=1)), scanned(at(days=1))], ids=["told", "implied"])
def test_without_an_estimate_the_lane_counts_from_the_hand_over(shown_by: bytes) -> None:
    assert on_lane([*ON_LANE, shown_by], 4 * 24) == []
    assert on_lane([*ON_LANE, shown_by], 4 * 24 + 1) == [(at(days=1), None)]
    assert on_lane([*ON_LANE, shown_by, scanned(at(hours=40))], 4 * 24 + 1) == [(at(days=1), None)]


def test_a_parcel_of_another_lane_or_not_handed_over_has_no_usual_time() -> None:
    assert on_lane(ON_LANE, 999) == []
    for other in ({**ECO, "origin": "FR"}, {**ECO, "service_level": "air"}, {"origin": "DE", "destination": "BR"}):
        assert on_lane([PROMISED[0], registered("o1", at(), **other), scanned(at(days=1))], 999) == []


def test_an_estimate_beats_the_lane_from_then_on() -> None:
    good, bad = expected(at(hours=30), PROMISE), expected(at(hours=30), at(days=6))
    assert on_lane([*ON_LANE, scanned(at(days=1)), good, scanned(at(hours=36))], 999) == [(at(days=1), at(hours=30))]
    assert on_lane([*ON_LANE, scanned(at(days=1)), bad], 1) == [(at(hours=30), None)]


def test_an_estimate_in_the_moment_of_the_hand_over_beats_the_lane() -> None:
    assert on_lane([*ON_LANE, expected(at(days=1), PROMISE), parcel("handed_over", at(days=1))], 999) == []


def test_a_delivery_as_the_first_word_leaves_nothing_at_risk() -> None:
    assert on_lane([*ON_LANE, parcel("delivered", at(days=1))], 999) == []


def test_each_parcel_has_the_usual_time_of_its_own_lane() -> None:
    other = registered("o1", at(), "2", origin="FR", destination="BR", service_level="eco")
    first = [PROMISED[0], other, registered("o1", at(hours=1), **ECO)]
    assert on_lane([*first, scanned(at(days=1)), scanned(at(days=1), "2")], 999) == [(at(days=1), None)]
