"""Orders of several parcels, and parcels whose number tells less than one would think."""

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.scenarios.delivery import GENEROUS, STALL_LIMIT
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    Order,
    Parcel,
    approved_order,
    arrives,
    breaks_promise,
    moves,
    register,
    scan,
    shipped,
)
from services.cli.simulator.story import rfc3339
from services.cli.simulator.teller import Teller


def comes_in_two_parts(t: Teller) -> None:
    """Delivered when the last part is."""
    _, first, second = _two_parcels(t)
    for parcel in (first, second):
        t.pause(HOUR, 20 * HOUR)
        scan(t, parcel)
    arrives(t, first)
    arrives(t, second)


def comes_only_in_part(t: Teller) -> None:
    """One part stays away: the other's delivery keeps no promise."""
    placed, first, second = _two_parcels(t)
    seen = scan(t, second)
    scan(t, first)
    arrives(t, first)
    t.wait_until(placed.promised_by)
    t.pause(HOUR, 3 * DAY)
    moves(t, second, "delivered")
    stall = t.hurts("parcel_stalled", second.alias, seen, STALL_LIMIT, ended_at=t.now)
    stays_or_goes(t, breaks_promise(t, placed, ended_at=t.now, follows=stall))


def ships_its_second_part_late(t: Teller) -> None:
    """An order is handed over when its last part is."""
    placed = approved_order(t)
    assert placed.ship_by is not None
    first = shipped(t, placed)
    t.pause(2 * HOUR, 4 * HOUR)
    scan(t, first)
    t.wait_until(placed.ship_by - DAY)
    second = register(t, placed)
    scan(t, first, "out_for_delivery")
    t.wait(HOUR)
    moves(t, first, "delivered")
    t.wait_until(placed.ship_by + HOUR)
    moves(t, second, "handed_over")
    t.hurts("fulfilment_delayed", placed.alias, placed.ship_by, happened_at=placed.ship_by, ended_at=t.now)
    arrives(t, second)


def is_labelled_late(t: Teller) -> None:
    """The carrier saw the parcel before the shop announced it: those scans are its own."""
    placed = approved_order(t)
    parcel = Parcel("swift", t.name("parcel"), placed.id)
    t.pause(HOUR, 8 * HOUR)
    scan(t, parcel, "accepted")
    t.pause(HOUR, 8 * HOUR)
    scan(t, parcel)
    seen = t.now
    t.pause(HOUR, 8 * HOUR)
    register(t, placed, parcel.carrier, parcel.number)
    t.pause(STALL_LIMIT, 6 * DAY)
    scan(t, parcel)
    t.hurts("parcel_stalled", parcel.alias, seen, STALL_LIMIT, ended_at=t.now)
    arrives(t, parcel)


def gets_a_recycled_number(t: Teller) -> None:
    """The carrier uses a number again, a month after its parcel came: two parcels, two stories."""
    first = approved_order(t)
    parcel = shipped(t, first)
    arrives(t, parcel)
    t.pause(30 * DAY, 40 * DAY)
    second = approved_order(t, GENEROUS)
    t.pause(HOUR, 8 * HOUR)
    register(t, second, parcel.carrier, parcel.number)
    life = f"{parcel.alias}@{rfc3339(t.now)}"
    t.pause(HOUR, 8 * HOUR)
    seen = scan(t, parcel)
    t.pause(STALL_LIMIT + HOUR, 8 * DAY)
    scan(t, parcel)
    t.hurts("parcel_stalled", life, seen, STALL_LIMIT, ended_at=t.now)
    arrives(t, parcel)


def _two_parcels(t: Teller) -> tuple[Order, Parcel, Parcel]:
    placed = approved_order(t)
    t.pause(HOUR, 8 * HOUR)
    first, second = register(t, placed), register(t, placed)
    t.pause(HOUR, 8 * HOUR)
    moves(t, first, "handed_over")
    t.pause(HOUR, 8 * HOUR)
    moves(t, second, "handed_over")
    return placed, first, second


ALL = (
    comes_in_two_parts,
    comes_only_in_part,
    ships_its_second_part_late,
    is_labelled_late,
    gets_a_recycled_number,
)
