"""With the carrier: stalls, late arrivals, losses."""

from datetime import timedelta

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    arrives,
    breaks_promise,
    moves,
    on_its_way,
    refund,
    scan,
)
from services.cli.simulator.teller import Teller

STALL_LIMIT, LOSS_LIMIT, LOSS_AFTER_PROMISE = 5 * DAY, 14 * DAY, 7 * DAY
MOMENT = timedelta(milliseconds=1)
GENEROUS = 25 * DAY
"""A promise that even a slow parcel keeps."""


def stalls_and_arrives(t: Teller) -> None:
    """Nobody sees the parcel for a week; it comes in time all the same."""
    _, parcel = on_its_way(t, GENEROUS)
    seen = t.now
    t.pause(STALL_LIMIT + HOUR, 9 * DAY)
    scan(t, parcel)
    t.hurts("parcel_stalled", parcel.alias, seen, STALL_LIMIT, ended_at=t.now)
    arrives(t, parcel)


def moves_just_in_time(t: Teller) -> None:
    """Exactly at the limit is in time."""
    _, parcel = on_its_way(t, GENEROUS)
    t.wait(STALL_LIMIT)
    scan(t, parcel)
    arrives(t, parcel)


def moves_a_moment_late(t: Teller) -> None:
    """A millisecond past the limit is not."""
    _, parcel = on_its_way(t, GENEROUS)
    seen = t.now
    t.wait(STALL_LIMIT + MOMENT)
    scan(t, parcel)
    t.hurts("parcel_stalled", parcel.alias, seen, STALL_LIMIT, ended_at=t.now)
    arrives(t, parcel)


def stalls_twice(t: Teller) -> None:
    """Each silence is a pain point of its own, the one before the delivery, too."""
    _, parcel = on_its_way(t, GENEROUS)
    seen = t.now
    t.pause(STALL_LIMIT + HOUR, 7 * DAY)
    scan(t, parcel)
    t.hurts("parcel_stalled", parcel.alias, seen, STALL_LIMIT, ended_at=t.now)
    seen = t.now
    t.pause(STALL_LIMIT + HOUR, 7 * DAY)
    moves(t, parcel, "delivered")
    t.hurts("parcel_stalled", parcel.alias, seen, STALL_LIMIT, ended_at=t.now)


def arrives_late(t: Teller) -> None:
    """Moves all the time, and comes a day or two after the promise."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    while t.now < placed.promised_by - DAY:
        t.pause(8 * HOUR, 20 * HOUR)
        scan(t, parcel)
    t.wait(max(placed.promised_by - t.now, timedelta(0)))
    t.pause(HOUR, 2 * DAY)
    moves(t, parcel, "delivered")
    stays_or_goes(t, breaks_promise(t, placed, ended_at=t.now))


def arrives_just_in_time(t: Teller) -> None:
    """Exactly at the promise is in time."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    t.wait(placed.promised_by - t.now)
    moves(t, parcel, "delivered")


def arrives_a_moment_late(t: Teller) -> None:
    """A millisecond past the promise is not."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    t.wait(placed.promised_by + MOMENT - t.now)
    moves(t, parcel, "delivered")
    stays_or_goes(t, breaks_promise(t, placed, ended_at=t.now))


def was_not_at_home(t: Teller) -> None:
    """An attempt in time keeps the promise: the customer was asked to be there."""
    placed, parcel = on_its_way(t, promise=5 * DAY)
    t.wait(placed.promised_by - 5 * HOUR - t.now)
    tried = moves(t, parcel, "delivery_attempted", reason="nobody_home")
    t.wait(DAY)
    moves(t, parcel, "delivered")
    t.hurts("delivery_attempt_failed", parcel.alias, tried, ended_at=t.now)


def vanishes(t: Teller) -> None:
    """The carrier never speaks of it again: stalled, late, lost."""
    placed, parcel = on_its_way(t)
    seen = t.now
    lost_at = max(seen + LOSS_LIMIT, placed.promised_by + LOSS_AFTER_PROMISE)
    stall = t.hurts("parcel_stalled", parcel.alias, seen, STALL_LIMIT)
    late = breaks_promise(t, placed, follows=stall)
    t.hurts("parcel_lost", parcel.alias, seen, happened_at=lost_at, follows=stall)
    stays_or_goes(t, late)


def turns_up_after_all(t: Teller) -> None:
    """Given up for lost, then delivered."""
    placed, parcel = on_its_way(t)
    seen = t.now
    lost_at = max(seen + LOSS_LIMIT, placed.promised_by + LOSS_AFTER_PROMISE)
    t.wait(lost_at - t.now)
    t.pause(HOUR, 6 * DAY)
    moves(t, parcel, "delivered")
    stall = t.hurts("parcel_stalled", parcel.alias, seen, STALL_LIMIT, ended_at=t.now)
    late = breaks_promise(t, placed, ended_at=t.now, follows=stall)
    t.hurts("parcel_lost", parcel.alias, seen, happened_at=lost_at, ended_at=t.now, follows=stall)
    stays_or_goes(t, late)


def is_lost_by_its_carrier(t: Teller) -> None:
    """The carrier says so; the money comes back only after the promise broke."""
    placed, parcel = on_its_way(t)
    t.pause(6 * HOUR, 2 * DAY)
    lost = moves(t, parcel, "lost", reason="accident")
    t.wait_until(placed.promised_by)
    t.pause(HOUR, 2 * DAY)
    refund(t, placed)
    loss = t.hurts("parcel_lost", parcel.alias, lost, ended_at=t.now)
    breaks_promise(t, placed, ended_at=t.now, follows=loss)
    stays_or_goes(t, loss)


def is_found_again(t: Teller) -> None:
    """Called lost, seen again two days later, delivered in time."""
    _, parcel = on_its_way(t, GENEROUS)
    t.pause(6 * HOUR, 2 * DAY)
    lost = moves(t, parcel, "lost", reason="misrouted")
    t.pause(6 * HOUR, 2 * DAY)
    scan(t, parcel)
    loss = t.hurts("parcel_lost", parcel.alias, lost, ended_at=t.now)
    arrives(t, parcel)
    stays_or_goes(t, loss)


ALL = (
    stalls_and_arrives,
    moves_just_in_time,
    moves_a_moment_late,
    stalls_twice,
    arrives_late,
    arrives_just_in_time,
    arrives_a_moment_late,
    was_not_at_home,
    vanishes,
    turns_up_after_all,
    is_lost_by_its_carrier,
    is_found_again,
)
