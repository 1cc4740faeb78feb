"""What the definitions leave open: the two opinions are not compared there.

Each function is one question; whoever settles it deletes the function.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.naive.identity import claimed_twice
from support.naive.shop import Shop

from schemas.aliases import Kind, named


def touches_two_persons(shop: Shop) -> bool:
    """A touch in one person's session that names another: was that one in the shop, for `churn_risk`?"""
    names = [{shop.persons.get(a) for a in named(e.data).values()} for e in shop.events if shop.is_touch(e)]
    return any(len(persons - {None}) > 1 for persons in names)


def placed_twice(shop: Shop, order_id: str) -> bool:
    """An order that was placed twice: is the second time a touch of its journey, or the first of the next?"""
    return len([e for e in shop.placed() if e.data["order_id"] == order_id]) > 1


def ticket_speaks_before_it_is_opened(shop: Shop) -> bool:
    """A ticket whose reply was told of an earlier time than its opening: where in the journeys does it stand?"""
    first = {n: shop.naming(n)[0] for n in shop.names(Kind.TICKET, "service.ticket.opened")}
    return any(e.type != "service.ticket.opened" for e in first.values())


def left_out(shop: Shop, name: str, said: Mapping[str, Any]) -> bool:
    """Whether what is so called, and said of it, is not compared in this shop."""
    if name.startswith("pain ") and said["person_id"] in claimed_twice(shop.events, shop.persons):
        return True  # what changes hands before the first tick is published by both, and either may be the last
    if name.startswith("pain churn_risk"):
        return touches_two_persons(shop)
    if name.startswith("journey of "):
        return placed_twice(shop, name.removeprefix("journey of ")) or ticket_speaks_before_it_is_opened(shop)
    return False
