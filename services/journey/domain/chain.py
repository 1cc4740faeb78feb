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
    def id(self) -> UUID:
        """Its name."""

    @property
    def order_id(self) -> str:
        """The order whose chain it stands in, if any."""

    @property
    def place(self) -> int:
        """Where its kind stands in the chain; 0 is outside of it."""

    @property
    def happened_at(self) -> int:
        """When it began to hurt."""

    @property
    def ended_at(self) -> int | None:
        """When it was over, if it is."""

    @property
    def behind(self) -> UUID | None:
        """The pain point that it is about, if it is about one."""


def roots(links: Iterable[Link]) -> Mapping[UUID, UUID]:
    """The root of each pain point: its own id where nothing earlier explains it.

    One that is about another (`behind`) takes that one's root, however long ago that ended.
    """
    found: dict[UUID, UUID] = {}
    by_order: dict[str, list[Link]] = defaultdict(list)
    for link in sorted(links, key=lambda link: (link.happened_at, link.place, link.id)):
        if link.behind is not None:
            found[link.id] = found[link.behind]
            continue
        earlier = (q for q in reversed(by_order[link.order_id]) if _explains(q, link)) if link.order_id else iter(())
        latest = next(earlier, None)
        found[link.id] = found[latest.id] if latest else link.id
        by_order[link.order_id].append(link)
    return found


def _explains(earlier: Link, later: Link) -> bool:
    stands_before = 0 < earlier.place < later.place
    return stands_before and (earlier.ended_at is None or earlier.ended_at >= later.happened_at - REACH)
