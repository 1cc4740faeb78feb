"""What a pain point is, and the words that all kinds share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from support.naive.wording import rfc3339

Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class Pain:
    """A point where a journey hurts."""

    shop: str
    kind: str
    entity: str
    anchor: datetime
    happened_at: datetime
    ended_at: datetime | None
    severity: str
    person: str
    order_id: str = ""
    cause: str = ""

    @property
    def id(self) -> UUID:
        """Of what it is about, never of whom."""
        return uuid5(NAMESPACE_URL, f"waypost:{self.shop}/{self.kind}/{self.entity}/{rfc3339(self.anchor)}")

    @property
    def status(self) -> str:
        """`open` until it ended."""
        return "open" if self.ended_at is None else "resolved"


def overdue(due: datetime, end: datetime | None, now: datetime) -> bool:
    """Whether a wait ran past its limit; to the limit it is in time."""
    return now > due and (end is None or end > due)


@dataclass(frozen=True, slots=True)
class Spell(Generic[Fact]):
    """Facts in a row until something ended them."""

    facts: list[Fact]
    ended_at: datetime | None


def spells(facts: Iterable[tuple[datetime, Fact]], ends: Iterable[datetime]) -> list[Spell[Fact]]:
    """Facts cut by what ends them; an end at a fact's own instant comes after it."""
    cuts = sorted(ends)
    by_end: dict[datetime | None, list[Fact]] = {}
    for at, fact in facts:
        by_end.setdefault(next((cut for cut in cuts if cut >= at), None), []).append(fact)
    return [Spell(found, end) for end, found in by_end.items()]
