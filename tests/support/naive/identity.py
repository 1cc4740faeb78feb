"""Who is who: every alias has at most one parent; what has none is a person."""

from __future__ import annotations

from collections.abc import Iterator

from support.naive.events import Event
from support.naive.parcels import Parcel

from schemas.aliases import Kind, kind_of, named

ORDER_LINKS = ("storefront.order.", "storefront.payment.", "storefront.checkout.")
CLASSES = (Kind.CUSTOMER, Kind.ANONYMOUS, Kind.ORDER)
"""The strongest parent first."""


def persons(events: list[Event], parcels: list[Parcel]) -> dict[str, str]:
    """The person, by its root's alias, of every alias that was named, of parcels those registered."""
    parents = {p.alias: f"order:{p.order_id}" for p in parcels}
    known = {alias for e in events for kind, alias in named(e.data).items() if kind is not Kind.PARCEL}
    for alias in known:
        if parent := _parent(alias, events):
            parents[alias] = parent
    return {alias: _root(alias, parents) for alias in (*known, *parents)}


def _root(alias: str, parents: dict[str, str]) -> str:
    while alias in parents:
        alias = parents[alias]
    return alias


def _parent(alias: str, events: list[Event]) -> str | None:
    proposals = [(CLASSES.index(kind_of(to)), e, to) for e in events for to in _proposes(e, alias)]
    return min(proposals)[2] if proposals else None


def _proposes(event: Event, alias: str) -> Iterator[str]:
    kind = kind_of(alias)
    if event.name(kind) != alias:
        return
    for to in _parent_kinds(kind, event.type):
        if parent := event.name(to):
            yield parent


def _parent_kinds(kind: Kind, type_: str) -> tuple[Kind, ...]:
    storefront = type_.startswith("storefront.")
    if kind in (Kind.SESSION, Kind.CART, Kind.CHECKOUT) and storefront:
        return (Kind.CUSTOMER, Kind.ANONYMOUS)
    if kind is Kind.ORDER and type_.startswith(ORDER_LINKS):
        return (Kind.CUSTOMER, Kind.ANONYMOUS)
    if kind is Kind.ANONYMOUS and storefront:
        return (Kind.CUSTOMER,)
    if kind is Kind.TICKET and type_.startswith("service.ticket."):
        return (Kind.CUSTOMER, Kind.ORDER)
    return ()
