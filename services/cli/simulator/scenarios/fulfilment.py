"""Between the order and the carrier: approval, cancellation, hand-over."""

from datetime import timedelta

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    SHIP_WITHIN,
    approve,
    approved_order,
    arrives,
    breaks_promise,
    cancel,
    goes_well,
    moves,
    order,
    register,
    shipped,
)
from services.cli.simulator.teller import Teller

APPROVAL_LIMIT, UNDATED_SHIPPING_LIMIT = 48 * HOUR, 3 * DAY
MOMENT = timedelta(milliseconds=1)


def buys(t: Teller) -> None:
    """Nothing goes wrong."""
    goes_well(t, order(t))


def waits_for_approval(t: Teller) -> None:
    """The shop takes days to accept the order, and then hurries."""
    placed = order(t, ship=6 * DAY)
    t.pause(APPROVAL_LIMIT + HOUR, 100 * HOUR)
    approve(t, placed)
    t.hurts("approval_delayed", placed.alias, placed.placed_at, APPROVAL_LIMIT, ended_at=t.now)
    arrives(t, shipped(t, placed))


def is_approved_just_in_time(t: Teller) -> None:
    """Exactly at the limit is in time."""
    placed = order(t, ship=6 * DAY)
    t.wait(APPROVAL_LIMIT)
    approve(t, placed)
    arrives(t, shipped(t, placed))


def is_approved_a_moment_late(t: Teller) -> None:
    """A millisecond past the limit is not."""
    placed = order(t, ship=6 * DAY)
    t.wait(APPROVAL_LIMIT + MOMENT)
    approve(t, placed)
    t.hurts("approval_delayed", placed.alias, placed.placed_at, APPROVAL_LIMIT, ended_at=t.now)
    arrives(t, shipped(t, placed))


def is_never_approved(t: Teller) -> None:
    """No answer to the order, nothing sent: the promise breaks, too."""
    placed = order(t)
    delay = t.hurts("approval_delayed", placed.alias, placed.placed_at, APPROVAL_LIMIT)
    stays_or_goes(t, breaks_promise(t, placed, follows=delay))


def is_cancelled_after_waiting(t: Teller) -> None:
    """A cancellation ends the wait for an approval, and what would have come of it."""
    placed = order(t)
    t.pause(APPROVAL_LIMIT + HOUR, 4 * DAY)
    cancel(t, placed)
    t.hurts("approval_delayed", placed.alias, placed.placed_at, APPROVAL_LIMIT, ended_at=t.now)


def cancels_at_once(t: Teller) -> None:
    """Changed their mind within hours."""
    placed = order(t)
    t.pause(HOUR / 10, 5 * HOUR)
    cancel(t, placed)


def ships_late(t: Teller) -> None:
    """Handed over after its date, delivered in time all the same."""
    placed = approved_order(t)
    assert placed.ship_by is not None
    t.wait_until(placed.ship_by)
    parcel = register(t, placed)
    t.pause(2 * HOUR, 40 * HOUR)
    moves(t, parcel, "handed_over")
    t.hurts("fulfilment_delayed", placed.alias, placed.ship_by, happened_at=placed.ship_by, ended_at=t.now)
    arrives(t, parcel)


def ships_just_in_time(t: Teller) -> None:
    """Handed over exactly at its date."""
    placed = approved_order(t)
    assert placed.ship_by is not None
    t.wait_until(placed.ship_by - DAY)
    parcel = register(t, placed)
    t.wait_until(placed.ship_by)
    moves(t, parcel, "handed_over")
    arrives(t, parcel)


def ships_late_without_a_date(t: Teller) -> None:
    """With no date given, three days from the approval are the limit."""
    placed = order(t, ship=None)
    t.pause(HOUR, 6 * HOUR)
    approved = approve(t, placed)
    t.pause(UNDATED_SHIPPING_LIMIT + HOUR, 5 * DAY)
    parcel = register(t, placed)
    moves(t, parcel, "handed_over")
    t.hurts("fulfilment_delayed", placed.alias, approved, UNDATED_SHIPPING_LIMIT, ended_at=t.now)
    arrives(t, parcel)


def ships_a_moment_late(t: Teller) -> None:
    """A millisecond past its date is not in time."""
    placed = approved_order(t)
    assert placed.ship_by is not None
    t.wait_until(placed.ship_by + MOMENT)
    parcel = register(t, placed)
    moves(t, parcel, "handed_over")
    t.hurts("fulfilment_delayed", placed.alias, placed.ship_by, happened_at=placed.ship_by, ended_at=t.now)
    arrives(t, parcel)


def is_approved_after_its_shipping_date(t: Teller) -> None:
    """Late twice: approved days after the date it should have left at."""
    placed = order(t, ship=SHIP_WITHIN)
    assert placed.ship_by is not None
    t.wait(SHIP_WITHIN)
    t.pause(HOUR, DAY)
    approved = approve(t, placed)
    delay = t.hurts("approval_delayed", placed.alias, placed.placed_at, APPROVAL_LIMIT, ended_at=approved)
    parcel = shipped(t, placed)
    t.hurts("fulfilment_delayed", placed.alias, placed.ship_by, happened_at=approved, ended_at=t.now, follows=delay)
    arrives(t, parcel)


def is_never_shipped(t: Teller) -> None:
    """Approved, and nothing more."""
    placed = approved_order(t)
    assert placed.ship_by is not None
    delay = t.hurts("fulfilment_delayed", placed.alias, placed.ship_by, happened_at=placed.ship_by)
    stays_or_goes(t, breaks_promise(t, placed, follows=delay))


def is_cancelled_instead_of_shipped(t: Teller) -> None:
    """The shop gives up after the shipping date, before the promise."""
    placed = approved_order(t)
    assert placed.ship_by is not None
    t.wait(placed.ship_by - t.now)
    t.pause(HOUR, 3 * DAY)
    cancel(t, placed, "out_of_stock")
    t.hurts("fulfilment_delayed", placed.alias, placed.ship_by, happened_at=placed.ship_by, ended_at=t.now)


ALL = (
    buys,
    waits_for_approval,
    is_approved_just_in_time,
    is_approved_a_moment_late,
    is_never_approved,
    is_cancelled_after_waiting,
    cancels_at_once,
    ships_late,
    ships_just_in_time,
    ships_a_moment_late,
    ships_late_without_a_date,
    is_approved_after_its_shipping_date,
    is_never_shipped,
    is_cancelled_instead_of_shipped,
)
