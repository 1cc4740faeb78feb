"""The vocabulary of rules: a kind of pain point, what it looks at, and the spells it finds."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

from services.journey.domain.facts import Fact
from services.journey.domain.instants import at_or_after
from services.journey.domain.person import Person


class Timed(Protocol):
    """What lies at an instant."""

    @property
    def time(self) -> int:
        """The instant (ms)."""


T = TypeVar("T", bound=Timed)

Limits = Mapping[str, int]
"""The limits of one kind for one subject, by name: durations in ms, shares and amounts as they are."""


class Severity(StrEnum):
    """How much it hurts."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Subject(StrEnum):
    """What a rule is asked about, once for each of them."""

    ORDER = "order"
    PARCEL = "parcel"
    CART = "cart"
    CHECKOUT = "checkout"
    SESSION = "session"
    TICKET = "ticket"
    RETURN = "return"
    SURVEY = "survey"
    PERSON = "person"
    FEED = "feed"
    HISTORY = "history"
    """What hurt on one order: asked last, when all other kinds are found."""


class Spell(msgspec.Struct, frozen=True):
    """One time that it hurt: from crossing the limit (or the fact that opens it) to its end.

    A timed spell exists once the shop's clock is past `happened_at`, unless it ended by then (exactly at the limit
    is in time); an untimed one exists with its fact. One with `lapses_at` ends by itself, when the clock is past it.
    """

    entity: str
    anchor: int  # ms: the instant the limit counts from, or of the fact that opens it
    happened_at: int  # ms: when the condition became true
    severity: Severity
    ended_at: int | None = None
    lapses_at: int | None = None
    timed: bool = True
    cause: str = ""
    order_id: str = ""
    value: Decimal | None = None
    currency: str = ""
    evidence: tuple[Fact, ...] = ()
    factors: Mapping[str, str] = {}
    behind: UUID | None = None  # the pain point that it is about, whose root it shares

    def over_in_time(self) -> bool:
        """Whether it ended before it could hurt."""
        return self.timed and self.ended_at is not None and self.ended_at <= self.happened_at


class PainPoint(Protocol):
    """A pain point that exists, as a rule about what hurt before sees it."""

    @property
    def id(self) -> UUID:
        """Its name."""

    @property
    def severity(self) -> Severity:
        """How much it hurts."""

    @property
    def happened_at(self) -> int:
        """When it began to hurt."""

    @property
    def order_id(self) -> str:
        """The order that it is about."""

    @property
    def evidence(self) -> tuple[Fact, ...]:
        """The facts that show it."""


Find = Callable[[Any, Person, Limits], Iterator[Spell]]
"""Finds the spells of (a subject, its person, the limits)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of pain point: its row in the table, and how it is found."""

    kind: str
    subject: Subject
    stage: str
    place: int  # in the chain of consequences: a greater one follows from a smaller one; 0 is outside of it
    playbook: str  # one line: what to do
    act_within: int | None  # ms from `happened_at`: until when acting still helps
    limits: frozenset[str]  # the names of its durations in config/rules.yaml
    find: Find
    hears: bool = (
        False  # it opens because nothing is heard of a parcel: held back while its carrier is not heard at all
    )
    numbers: frozenset[str] = frozenset()  # the names of its limits that are plain numbers: amounts, percentages
    also: Mapping[Subject, Find] = field(default_factory=dict)  # how it is found on subjects of another kind


def runs(facts: Iterable[T], ends: Iterable[int]) -> Iterator[tuple[list[T], int | None]]:
    """Cut ordered facts into spells: (the facts of one, the first end at or after the first of them).

    What comes in the same millisecond as an end still belongs to the spell that it ends.
    """
    ordered = sorted(ends)
    run: list[T] = []
    end: int | None = None
    for fact in facts:
        if run and end is not None and fact.time > end:
            yield run, end
            run = []
        if not run:
            end = at_or_after(ordered, fact.time)
        run.append(fact)
    if run:
        yield run, end
