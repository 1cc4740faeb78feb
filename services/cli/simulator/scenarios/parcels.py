"""With the carrier: never seen, not at home, broken, lost and replaced, in several parts."""

from datetime import datetime

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.desk import asks, is_settled
from services.cli.simulator.scenarios.delivery import GENEROUS, LOSS_AFTER_PROMISE, LOSS_LIMIT, MOMENT, STALL_LIMIT
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    Order,
    Parcel,
    approved_order,
    arrives,
    breaks_promise,
    cancel,
    delivered,
    goes_well,
    moves,
    on_its_way,
    place,
    refund,
    register,
    scan,
    shipped,
)
from services.cli.simulator.shopping import come_back, fill_cart
from services.cli.simulator.story import rfc3339
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


def is_broken_on_the_way(t: Teller) -> None:
    """The carrier says so and brings it all the same; only the money back ends it."""
    placed, parcel = on_its_way(t)
    t.pause(HOUR, DAY)
    broken = moves(t, parcel, "damaged", reason="crushed")
    arrives(t, parcel)
    t.pause(DAY, 5 * DAY)
    stays_or_goes(t, t.hurts("parcel_damaged", parcel.alias, broken, ended_at=refund(t, placed)))


def is_broken_and_forgotten(t: Teller) -> None:
    """The delivery of a broken parcel mends nothing."""
    _, parcel = on_its_way(t)
    t.pause(HOUR, DAY)
    broken = moves(t, parcel, "damaged")
    arrives(t, parcel)
    stays_or_goes(t, t.hurts("parcel_damaged", parcel.alias, broken))


def complains_of_damage(t: Teller) -> None:
    """A ticket says so: the order is what suffered."""
    placed = delivered(t)
    t.pause(HOUR, DAY)
    ticket = asks(t, placed, "damaged")
    is_settled(t, ticket)
    t.pause(HOUR, 2 * DAY)
    damage = t.hurts("parcel_damaged", placed.alias, ticket.opened_at, ended_at=refund(t, placed))
    stays_or_goes(t, damage)


def is_replaced_when_broken(t: Teller) -> None:
    """A new order in its place ends it; the customer placed it, so nobody is lost."""
    placed = delivered(t)
    t.pause(HOUR, DAY)
    ticket = asks(t, placed, "damaged")
    is_settled(t, ticket)
    come_back(t)
    again = place(t, fill_cart(t), replaces=placed.id)
    t.hurts("parcel_damaged", placed.alias, ticket.opened_at, ended_at=again.placed_at)
    goes_well(t, again)


def is_replaced_when_lost(t: Teller) -> None:
    """Lost by the carrier's word, sent again: both the loss is over and the customer is still there."""
    placed, parcel = on_its_way(t, GENEROUS)
    t.pause(HOUR, DAY)
    lost = moves(t, parcel, "lost")
    t.pause(HOUR, DAY)
    come_back(t)
    again = place(t, fill_cart(t), replaces=placed.id)
    loss = t.hurts("parcel_lost", parcel.alias, lost, ended_at=again.placed_at)
    goes_well(t, again)
    breaks_promise(t, placed, follows=loss)


def is_lost_twice(t: Teller) -> None:
    """Found again, then lost again for good: two losses, told by the carrier."""
    placed, parcel = on_its_way(t)
    first = moves(t, parcel, "lost")
    t.pause(HOUR, DAY)
    loss = t.hurts("parcel_lost", parcel.alias, first, ended_at=scan(t, parcel))
    t.pause(HOUR, DAY)
    second = t.hurts("parcel_lost", parcel.alias, moves(t, parcel, "lost"))
    breaks_promise(t, placed, follows=second)
    stays_or_goes(t, loss)


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


def _registered(t: Teller) -> tuple[Parcel, datetime]:
    placed = approved_order(t, ship=6 * DAY)
    return register(t, placed), t.now


def _attempt(t: Teller, parcel: Parcel) -> datetime:
    t.pause(HOUR, DAY)
    return moves(t, parcel, "delivery_attempted", reason="nobody_home")


def _delivered_soon(t: Teller, parcel: Parcel) -> datetime:
    t.pause(HOUR, 8 * HOUR)
    return moves(t, parcel, "delivered")


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
    is_broken_on_the_way,
    is_broken_and_forgotten,
    complains_of_damage,
    is_replaced_when_broken,
    is_replaced_when_lost,
    is_lost_twice,
    comes_in_two_parts,
    comes_only_in_part,
    ships_its_second_part_late,
    is_labelled_late,
    gets_a_recycled_number,
)
