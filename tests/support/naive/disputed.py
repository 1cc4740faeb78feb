"""Shops about which the definitions leave a question open: the two opinions are not compared there.

Each function is one question; whoever settles it deletes the function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from support.naive.causes import out_of_stock
from support.naive.identity import claimed_twice
from support.naive.parcels import REGISTERED, SIGNS
from support.naive.shop import Shop

from schemas.aliases import Kind, named

ENDS = ("delivered", "returned")


def two_lives_at_one_instant(shop: Shop) -> bool:
    """Two registrations of a number at one instant, for different orders: their lives would have one name."""
    orders: dict[tuple[object, object], object] = {}
    for event in shop.of(REGISTERED):
        order_id = event.data["order_id"]
        if orders.setdefault((event.name(Kind.PARCEL), event.time), order_id) != order_id:
            return True
    return False


def lost_and_seen_at_one_instant(shop: Shop) -> bool:
    """A loss and a scan of one parcel at one instant: was it seen at its end, or lost when it was last seen?"""
    return any(loss.time == e.time for p in shop.parcels for loss in p.losses for e in p.words if e.type in SIGNS)


def ticket_opened_twice(shop: Shop) -> bool:
    """A ticket that was opened twice: is its topic the first word, or any?"""
    opened = [e.name(Kind.TICKET) for e in shop.of("service.ticket.opened")]
    return len(opened) != len(set(opened))


def delivered_and_returned_at_one_instant(shop: Shop) -> bool:
    """Two ends of a parcel at one instant: which is it?"""
    return any(
        len({e.type for e in p.words if e.time == p.final_end} & {f"logistics.parcel.{end}" for end in ENDS}) > 1
        for p in shop.parcels
    )


def lost_after_it_was_made_good(shop: Shop) -> bool:
    """Refunded or replaced, and lost by the carrier's word after: the word opens a spell, whatever went before."""
    return any(at <= loss.time for p in shop.parcels for loss in p.losses for at in shop.made_good(p.order_id))


def error_of_two_persons(shop: Shop) -> bool:
    """An error that names a checkout and a session of two persons: the checkout's cause does not know of it."""
    both = [e for e in shop.of("storefront.error.occurred") if e.name(Kind.SESSION) and e.name(Kind.CHECKOUT)]
    return any(shop.persons[e.name(Kind.SESSION) or ""] != shop.persons[e.name(Kind.CHECKOUT) or ""] for e in both)


def declined_and_paid_at_one_instant(shop: Shop) -> bool:
    """A decline and a success at one instant end `payment_failed`; are they also the cause of an abandoned checkout?"""
    paid = {e.time for e in shop.of("storefront.payment.succeeded")}
    return any(e.time in paid for e in shop.of("storefront.payment.failed"))


def touches_two_persons(shop: Shop) -> bool:
    """A touch in one person's session that names another: was that one in the shop, for `churn_risk`?"""
    names = [{shop.persons.get(a) for a in named(e.data).values()} for e in shop.events if shop.is_touch(e)]
    return any(len(persons - {None}) > 1 for persons in names)


def session_told_late(shop: Shop) -> bool:
    """A checkout that named its session only later: when did the session begin that a ticket is measured by?"""
    checkouts = {n: shop.naming(n) for n in shop.names(Kind.CHECKOUT)}
    late = [n for n, its in checkouts.items() if any(e.name(Kind.SESSION) != its[0].name(Kind.SESSION) for e in its)]
    return bool(late and shop.of("service.ticket.opened"))


def placed_twice(shop: Shop, order_id: str) -> bool:
    """An order that was placed twice: is the second time a touch of its journey, or the first of the next?"""
    return len([e for e in shop.placed() if e.data["order_id"] == order_id]) > 1


def two_out_of_stock_at_one_instant(shop: Shop) -> bool:
    """Two articles of one session out of stock at one instant: two pain points with one id."""
    met = [e for e in shop.of("storefront.product.viewed", "storefront.cart.updated") if out_of_stock(e)]
    together = any(before.time == event.time for before, event in pairwise(met))
    return together or any(len(out_of_stock(e)) > 1 for e in met)


def ticket_speaks_before_it_is_opened(shop: Shop) -> bool:
    """A ticket whose reply was told of an earlier time than its opening: where in the journeys does it stand?"""
    first = {n: shop.naming(n)[0] for n in shop.names(Kind.TICKET, "service.ticket.opened")}
    return any(e.type != "service.ticket.opened" for e in first.values())


QUESTIONS: tuple[Callable[[Shop], bool], ...] = (
    two_lives_at_one_instant,
    lost_and_seen_at_one_instant,
    ticket_opened_twice,
    delivered_and_returned_at_one_instant,
    lost_after_it_was_made_good,
    error_of_two_persons,
    declined_and_paid_at_one_instant,
)
"""Those that touch so much that the whole shop is left out; the others leave out a kind or a row."""


def swaps_articles(shop: Shop) -> bool:
    """A cart with another article and no more pieces than before: was an item added?"""
    carts: dict[str | None, float] = {}
    for event in shop.of("storefront.cart.updated"):
        pieces = sum(item["quantity"] for item in event.data["items"])
        if event.data["items"] and pieces <= carts.get(event.name(Kind.CART), 0):
            return True
        carts[event.name(Kind.CART)] = pieces
    return False


def left_out(shop: Shop, name: str, said: Mapping[str, Any]) -> bool:
    """Whether what is so called, and said of it, is not compared in this shop."""
    if name.startswith("pain ") and said["person_id"] in claimed_twice(shop.events, shop.persons):
        return True  # what changes hands before the first tick is published by both, and either may be the last
    if name.startswith("pain search_dead_end"):
        return swaps_articles(shop)
    if name.startswith("pain churn_risk"):
        return touches_two_persons(shop)
    if name.startswith("pain checkout_abandoned"):
        return session_told_late(shop)
    if name.startswith("pain out_of_stock"):
        return two_out_of_stock_at_one_instant(shop)
    if name.startswith("journey of "):
        return placed_twice(shop, name.removeprefix("journey of ")) or ticket_speaks_before_it_is_opened(shop)
    return False


def disputed(shop: Shop) -> list[str]:
    """The open questions that a shop raises."""
    return [question.__name__ for question in QUESTIONS if question(shop)]
