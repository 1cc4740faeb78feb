"""Broken or lost, and what makes up for it."""

from services.cli.simulator.aftermath import stays_or_goes
from services.cli.simulator.desk import asks, is_settled
from services.cli.simulator.scenarios.delivery import GENEROUS
from services.cli.simulator.shipping import (
    DAY,
    HOUR,
    arrives,
    breaks_promise,
    delivered,
    goes_well,
    moves,
    on_its_way,
    place,
    refund,
    scan,
)
from services.cli.simulator.shopping import come_back, fill_cart
from services.cli.simulator.teller import Teller


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


ALL = (
    is_broken_on_the_way,
    is_broken_and_forgotten,
    complains_of_damage,
    is_replaced_when_broken,
    is_replaced_when_lost,
    is_lost_twice,
)
