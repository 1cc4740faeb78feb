"""Expected too late: by the carrier's word, or by how long its lane usually takes."""

from datetime import datetime

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.scenarios.delivery import MOMENT
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    Order,
    Parcel,
    approved_order,
    breaks_promise,
    cancel,
    estimate,
    moves,
    on_its_way,
    register,
    scan,
    shipped,
)
from services.cli.simulator.teller import Teller

SLOW_CARRIER, SLOW_LANE = "slowpost", {"service_level": "eco", "origin": "DE-HAM", "destination": "PT-LIS"}
SLOW_LANE_TAKES = 10 * DAY
"""What config/lanes.yaml says of this lane, of which only the stories here have parcels."""

TIGHT = 8 * DAY
"""A promise that leaves a few days to worry, and that the slow lane does not keep."""


def comes_late_as_foretold(t: Teller) -> None:
    """The carrier says days before that it will not be in time, and is right."""
    placed, parcel, told = _foretold(t)
    _is_at_risk(t, placed, told)
    _comes_late(t, placed, parcel)


def comes_later_and_later(t: Teller) -> None:
    """Each estimate is worse than the one before, the last one when the promise is broken already: one warning."""
    placed, parcel, told = _foretold(t)
    for days in (2, 3):
        t.pause(6 * HOUR, 20 * HOUR)
        estimate(t, parcel, placed.promised_by + days * DAY)
    _is_at_risk(t, placed, told)
    _travels(t, parcel, placed.promised_by)
    estimate(t, parcel, placed.promised_by + 4 * DAY)
    _comes_late(t, placed, parcel)


def catches_up(t: Teller) -> None:
    """Expected late, then exactly in time again, and so it comes."""
    placed, parcel, told = _foretold(t)
    t.pause(6 * HOUR, DAY)
    _is_at_risk(t, placed, told, estimate(t, parcel, placed.promised_by))
    _comes_in_time(t, placed, parcel)


def falls_behind_twice(t: Teller) -> None:
    """Expected late, in time, and late again: two warnings."""
    placed, parcel, told = _foretold(t)
    t.pause(6 * HOUR, DAY)
    _is_at_risk(t, placed, told, estimate(t, parcel, placed.promised_by - HOUR))
    t.pause(6 * HOUR, DAY)
    _is_at_risk(t, placed, estimate(t, parcel, placed.promised_by + HOUR))
    _comes_late(t, placed, parcel)


def comes_in_time_all_the_same(t: Teller) -> None:
    """The carrier was too cautious."""
    placed, parcel, told = _foretold(t)
    _is_at_risk(t, placed, told, _comes_in_time(t, placed, parcel))


def is_expected_just_in_time(t: Teller) -> None:
    """Exactly at the promise is in time."""
    placed, parcel = on_its_way(t, TIGHT)
    estimate(t, parcel, placed.promised_by)
    _comes_in_time(t, placed, parcel)


def is_expected_a_moment_late(t: Teller) -> None:
    """A millisecond after the promise is not."""
    placed, parcel = on_its_way(t, TIGHT)
    told = estimate(t, parcel, placed.promised_by + MOMENT)
    _is_at_risk(t, placed, told, _comes_in_time(t, placed, parcel))


def is_expected_late_when_it_is_late(t: Teller) -> None:
    """From the promise on, nobody needs a warning any more."""
    placed, parcel = on_its_way(t, TIGHT)
    _travels(t, parcel, placed.promised_by)
    estimate(t, parcel, placed.promised_by + 2 * DAY)
    _comes_late(t, placed, parcel)


def is_tried_before_the_promise(t: Teller) -> None:
    """Expected late, brought in time, to a closed door."""
    placed, parcel, told = _foretold(t)
    _travels(t, parcel, placed.promised_by - DAY)
    tried = moves(t, parcel, "delivery_attempted", reason="nobody_home")
    _is_at_risk(t, placed, told, tried)
    t.wait(2 * DAY)
    t.hurts("delivery_attempt_failed", parcel.alias, tried, ended_at=moves(t, parcel, "delivered"))


def is_cancelled_when_expected_late(t: Teller) -> None:
    """The customer does not want to wait; the carrier brings it back."""
    placed, parcel, told = _foretold(t)
    t.pause(HOUR, DAY)
    _is_at_risk(t, placed, told, cancel(t, placed))
    t.pause(HOUR, 2 * DAY)
    moves(t, parcel, "returned")


def waits_for_its_slower_part(t: Teller) -> None:
    """Of two parcels the one that is expected last counts: first this one, then that one, then neither."""
    placed = approved_order(t, TIGHT)
    first, second = shipped(t, placed), shipped(t, placed)
    late, soon = placed.promised_by + DAY, placed.promised_by - DAY
    estimate(t, first, soon)
    t.pause(HOUR, 8 * HOUR)
    told = estimate(t, second, late)
    t.pause(HOUR, 8 * HOUR)
    estimate(t, first, late)
    t.pause(HOUR, 8 * HOUR)
    estimate(t, second, soon)
    t.pause(HOUR, 8 * HOUR)
    _is_at_risk(t, placed, told, moves(t, first, "delivered"))
    _comes_in_time(t, placed, second)


def takes_the_slow_lane(t: Teller) -> None:
    """Four of five parcels take longer than that, says nobody but the lanes file."""
    placed, parcel, left = _on_the_slow_lane(t)
    _is_at_risk(t, placed, left)
    _comes_late(t, placed, parcel)


def is_quick_on_the_slow_lane(t: Teller) -> None:
    """The fifth parcel of five."""
    placed, parcel, left = _on_the_slow_lane(t)
    _is_at_risk(t, placed, left, _comes_in_time(t, placed, parcel))


def is_expected_in_time_on_the_slow_lane(t: Teller) -> None:
    """The carrier knows better than its lane, which it says days after the hand-over."""
    placed, parcel, left = _on_the_slow_lane(t)
    t.pause(HOUR, 2 * DAY)
    _is_at_risk(t, placed, left, estimate(t, parcel, placed.promised_by - DAY))
    _comes_in_time(t, placed, parcel)


def leaves_for_the_slow_lane_just_in_time(t: Teller) -> None:
    """The lane's usual time ends exactly at the promise; a carrier that expects it later is believed."""
    placed = approved_order(t, SLOW_LANE_TAKES + 2 * DAY)
    parcel = register(t, placed, SLOW_CARRIER, **SLOW_LANE)
    t.wait_until(placed.promised_by - SLOW_LANE_TAKES)
    moves(t, parcel, "handed_over")
    t.pause(HOUR, DAY)
    _is_at_risk(t, placed, estimate(t, parcel, placed.promised_by + DAY))
    _comes_late(t, placed, parcel)


def was_foretold_and_nobody_heard(t: Teller) -> None:
    """The warning is heard when it is of no use any more."""
    placed, parcel = on_its_way(t, TIGHT)
    t.pause(HOUR, DAY)
    with t.heard_late(TIGHT):
        told = estimate(t, parcel, placed.promised_by + DAY)
    _is_at_risk(t, placed, told)
    _comes_late(t, placed, parcel)


def was_tried_before_it_was_foretold(t: Teller) -> None:
    """The attempt kept the promise; it is heard only after somebody at a desk expected it to be late."""
    placed, parcel = on_its_way(t, TIGHT)
    t.pause(HOUR, DAY)
    with t.heard_late(DAY):
        tried = moves(t, parcel, "delivery_attempted", reason="nobody_home")
    t.pause(HOUR, 8 * HOUR)
    t.seems("delivery_at_risk", placed.alias, estimate(t, parcel, placed.promised_by + DAY))
    t.wait(2 * DAY)
    t.hurts("delivery_attempt_failed", parcel.alias, tried, ended_at=moves(t, parcel, "delivered"))


def _foretold(t: Teller) -> tuple[Order, Parcel, datetime]:
    """An order whose carrier says, four days or more before the promise, that it will be late."""
    placed, parcel = on_its_way(t, TIGHT)
    t.pause(HOUR, DAY)
    return placed, parcel, estimate(t, parcel, placed.promised_by + DAY)


def _on_the_slow_lane(t: Teller) -> tuple[Order, Parcel, datetime]:
    """An order whose parcel would need ten days of the six or more that are left."""
    placed = approved_order(t, TIGHT)
    t.pause(HOUR, 8 * HOUR)
    parcel = register(t, placed, SLOW_CARRIER, **SLOW_LANE)
    t.pause(HOUR, 16 * HOUR)
    return placed, parcel, moves(t, parcel, "handed_over")


def _is_at_risk(t: Teller, placed: Order, since: datetime, ended_at: datetime | None = None) -> None:
    """It was expected too late, until it was not any more or, without an end, until it was late."""
    lapses_at = placed.promised_by if ended_at is None else None
    t.hurts("delivery_at_risk", placed.alias, since, ended_at=ended_at, lapses_at=lapses_at)


def _travels(t: Teller, parcel: Parcel, until: datetime) -> None:
    """Scanned every day or two, so that it does not stall; now it is that late."""
    while t.now < until - 2 * DAY:
        t.pause(20 * HOUR, 40 * HOUR)
        scan(t, parcel)
    t.wait_until(until)


def _comes_in_time(t: Teller, placed: Order, parcel: Parcel) -> datetime:
    _travels(t, parcel, placed.promised_by - DAY)
    t.pause(HOUR, 20 * HOUR)
    return moves(t, parcel, "delivered")


def _comes_late(t: Teller, placed: Order, parcel: Parcel) -> None:
    _travels(t, parcel, placed.promised_by)
    t.pause(HOUR, 2 * DAY)
    moves(t, parcel, "delivered")
    stays_or_goes(t, breaks_promise(t, placed, ended_at=t.now))


ALL = (
    comes_late_as_foretold,
    comes_later_and_later,
    catches_up,
    falls_behind_twice,
    comes_in_time_all_the_same,
    is_expected_just_in_time,
    is_expected_a_moment_late,
    is_expected_late_when_it_is_late,
    is_tried_before_the_promise,
    is_cancelled_when_expected_late,
    waits_for_its_slower_part,
    takes_the_slow_lane,
    is_quick_on_the_slow_lane,
    is_expected_in_time_on_the_slow_lane,
    leaves_for_the_slow_lane_just_in_time,
    was_foretold_and_nobody_heard,
    was_tried_before_it_was_foretold,
)
