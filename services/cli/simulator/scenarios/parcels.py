"""With the carrier: never seen, not at home, fetched, sent back."""

from datetime import datetime

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.scenarios.delivery import GENEROUS, LOSS_AFTER_PROMISE, LOSS_LIMIT, MOMENT, STALL_LIMIT
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    Parcel,
    approved_order,
    arrives,
    breaks_promise,
    cancel,
    moves,
    on_its_way,
    refund,
    register,
    scan,
)
from services.cli.simulator.teller import Teller

SCAN_LIMIT, TOURS_APART = 48 * HOUR, DAY


def is_never_seen(t: Teller) -> None:
    """A label, and nothing more: not shipped, and then late."""
    placed = approved_order(t)
    assert placed.ship_by is not None
    t.pause(HOUR, 8 * HOUR)
    parcel = register(t, placed)
    t.hurts("never_scanned", parcel.alias, t.now, SCAN_LIMIT)
    delay = t.hurts("fulfilment_delayed", placed.alias, placed.ship_by, happened_at=placed.ship_by)
    stays_or_goes(t, breaks_promise(t, placed, follows=delay))


def is_seen_late(t: Teller) -> None:
    """Lay on the dock for days, with time enough to be shipped."""
    parcel, registered = _registered(t)
    t.pause(SCAN_LIMIT + HOUR, 4 * DAY)
    scan(t, parcel, "accepted")
    t.hurts("never_scanned", parcel.alias, registered, SCAN_LIMIT, ended_at=t.now)
    arrives(t, parcel)


def is_seen_just_in_time(t: Teller) -> None:
    """Exactly at the limit is in time."""
    parcel, _ = _registered(t)
    t.wait(SCAN_LIMIT)
    scan(t, parcel, "accepted")
    arrives(t, parcel)


def is_seen_a_moment_late(t: Teller) -> None:
    """A millisecond past the limit is not; a hand-over counts as a scan."""
    parcel, registered = _registered(t)
    t.wait(SCAN_LIMIT + MOMENT)
    moves(t, parcel, "handed_over")
    t.hurts("never_scanned", parcel.alias, registered, SCAN_LIMIT, ended_at=t.now)
    arrives(t, parcel)


def is_cancelled_on_the_dock(t: Teller) -> None:
    """Nobody waits for the parcel of a cancelled order."""
    placed = approved_order(t, ship=6 * DAY)
    parcel, registered = register(t, placed), t.now
    t.pause(SCAN_LIMIT + HOUR, 4 * DAY)
    cancel(t, placed)
    t.hurts("never_scanned", parcel.alias, registered, SCAN_LIMIT, ended_at=t.now)


def is_not_at_home_twice(t: Teller) -> None:
    """A second attempt makes no second pain point."""
    _, parcel = on_its_way(t)
    tried = _attempt(t, parcel)
    t.pause(HOUR, DAY)
    _attempt(t, parcel)
    t.pause(HOUR, DAY)
    t.hurts("delivery_attempt_failed", parcel.alias, tried, ended_at=moves(t, parcel, "delivered"))


def is_not_at_home_and_forgotten(t: Teller) -> None:
    """The attempt kept the promise; but then nobody speaks of the parcel again."""
    placed, parcel = on_its_way(t)
    tried = _attempt(t, parcel)
    t.hurts("delivery_attempt_failed", parcel.alias, tried)
    stall = t.hurts("parcel_stalled", parcel.alias, tried, STALL_LIMIT)
    lost_at = max(tried + LOSS_LIMIT, placed.promised_by + LOSS_AFTER_PROMISE)
    stays_or_goes(t, t.hurts("parcel_lost", parcel.alias, tried, happened_at=lost_at, follows=stall))


def fetches_it(t: Teller) -> None:
    """At the pick-up point the attempt is mended, and the parcel may lie there without stalling."""
    _, parcel = on_its_way(t, GENEROUS)
    tried = _attempt(t, parcel)
    t.pause(HOUR, DAY)
    there = scan(t, parcel, "available_for_pickup")
    t.hurts("delivery_attempt_failed", parcel.alias, tried, ended_at=there)
    t.pause(STALL_LIMIT + HOUR, 9 * DAY)
    moves(t, parcel, "delivered")


def was_promised_a_pickup(t: Teller) -> None:
    """Ready at the pick-up point in time: the promise is kept, fetched as late as they like."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    t.wait_until(placed.promised_by - HOUR)
    scan(t, parcel, "available_for_pickup")
    t.pause(2 * DAY, 12 * DAY)
    moves(t, parcel, "delivered")


def waits_at_home_for_two_tours(t: Teller) -> None:
    """Out for delivery on two days, and nobody rang."""
    _, parcel = on_its_way(t)
    t.pause(HOUR, DAY)
    scan(t, parcel, "out_for_delivery")
    t.pause(TOURS_APART + MOMENT, 2 * DAY)
    second = scan(t, parcel, "out_for_delivery")
    t.pause(HOUR, 8 * HOUR)
    t.hurts("delivery_attempt_failed", parcel.alias, second, ended_at=moves(t, parcel, "delivered"))


def waits_at_home_for_a_moment_too_long(t: Teller) -> None:
    """A millisecond more than a day between two tours is too much."""
    _, parcel = on_its_way(t)
    scan(t, parcel, "out_for_delivery")
    t.wait(TOURS_APART + MOMENT)
    second = scan(t, parcel, "out_for_delivery")
    t.hurts("delivery_attempt_failed", parcel.alias, second, ended_at=_delivered_soon(t, parcel))


def waits_at_home_for_one_day(t: Teller) -> None:
    """Exactly a day between two tours is one tour that took long."""
    _, parcel = on_its_way(t)
    scan(t, parcel, "out_for_delivery")
    t.wait(TOURS_APART)
    scan(t, parcel, "out_for_delivery")
    _delivered_soon(t, parcel)


def goes_back_to_the_shop(t: Teller) -> None:
    """Not at home, sent back: the end of a parcel ends what is open on it; an attempt kept the promise."""
    placed, parcel = on_its_way(t)
    tried = _attempt(t, parcel)
    t.pause(DAY, 3 * DAY)
    t.hurts("delivery_attempt_failed", parcel.alias, tried, ended_at=moves(t, parcel, "returned"))
    t.pause(DAY, 2 * DAY)
    refund(t, placed)


def _registered(t: Teller) -> tuple[Parcel, datetime]:
    placed = approved_order(t, ship=6 * DAY)
    return register(t, placed), t.now


def _attempt(t: Teller, parcel: Parcel) -> datetime:
    t.pause(HOUR, DAY)
    return moves(t, parcel, "delivery_attempted", reason="nobody_home")


def _delivered_soon(t: Teller, parcel: Parcel) -> datetime:
    t.pause(HOUR, 8 * HOUR)
    return moves(t, parcel, "delivered")


ALL = (
    is_never_seen,
    is_seen_late,
    is_seen_just_in_time,
    is_seen_a_moment_late,
    is_cancelled_on_the_dock,
    is_not_at_home_twice,
    is_not_at_home_and_forgotten,
    fetches_it,
    was_promised_a_pickup,
    waits_at_home_for_two_tours,
    waits_at_home_for_a_moment_too_long,
    waits_at_home_for_one_day,
    goes_back_to_the_shop,
)
