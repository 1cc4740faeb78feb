"""Shops about which the definitions leave a question open: the two opinions are not compared there.

Each function is one question; whoever settles it deletes the function.
"""

from __future__ import annotations

from collections.abc import Callable

from schemas.aliases import Kind
from support.naive.parcels import REGISTERED
from support.naive.shop import Shop


def two_lives_at_one_instant(shop: Shop) -> bool:
    """Two registrations of a number at one instant, for different orders: their lives would have one name."""
    orders: dict[tuple[object, object], object] = {}
    for event in shop.of(REGISTERED):
        order_id = event.data["order_id"]
        if orders.setdefault((event.name(Kind.PARCEL), event.time), order_id) != order_id:
            return True
    return False


def lost_after_it_was_made_good(shop: Shop) -> bool:
    """Refunded or replaced, and then the carrier says lost: does the customer still miss anything?"""
    return any(at <= loss.time for p in shop.parcels for loss in p.losses for at in shop.made_good(p.order_id))


QUESTIONS: tuple[Callable[[Shop], bool], ...] = (two_lives_at_one_instant, lost_after_it_was_made_good)


def disputed(shop: Shop) -> list[str]:
    """The open questions that a shop raises."""
    return [question.__name__ for question in QUESTIONS if question(shop)]
