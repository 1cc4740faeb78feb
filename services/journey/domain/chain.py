"""Chains of consequences: which pain point on an order another one follows from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol
from uuid import UUID

from services.journey.domain.instants import DAY

REACH = 30 * DAY
"""How long before a pain point an earlier one may have ended and still be its root; exactly that long counts."""


class Link(Protocol):
    """What a chain is made of."""

    @property
    def id(self) -> UUID: ...
    @property
    def order_id(self) -> str: ...
    @property
    def place(self) -> int: ...
    @property
    def happened_at(self) -> int: ...
    @property
    def ended_at(self) -> int | None: ...


def roots(links: Iterable[Link]) -> Mapping[UUID, UUID]:
    """The root of each pain point: its own id where nothing earlier explains it."""
    found: dict[UUID, UUID] = {}
    by_order: dict[str, list[Link]] = defaultdict(list)
    for link in sorted(links, key=lambda link: (link.happened_at, link.place, link.id)):
        earlier = [q for q in by_order[link.order_id] if _explains(q, link)] if link.order_id else []
        found[link.id] = found[earlier[-1].id] if earlier else link.id
        by_order[link.order_id].append(link)
    return found


def _explains(earlier: Link, later: Link) -> bool:
    stands_before = 0 < earlier.place < later.place
    return stands_before and (earlier.ended_at is None or earlier.ended_at >= later.happened_at - REACH)
