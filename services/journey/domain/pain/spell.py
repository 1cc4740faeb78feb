"""The vocabulary of rules: a kind of pain point, what it looks at, and the spells it finds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from services.journey.domain.facts import Fact
from services.journey.domain.person import Person

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
    SURVEY = "survey"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Spell:
    """One time that it hurt: from crossing the limit (or the fact that opens it) to its end.

    A timed spell exists once the shop's clock is past `happened_at`, unless it ended by then (exactly at the limit
    is in time); an untimed one exists with its fact.
    """

    entity: str
    anchor: int  # ms: the instant the limit counts from, or of the fact that opens it
    happened_at: int  # ms: when the condition became true
    severity: Severity
    ended_at: int | None = None
    timed: bool = True
    cause: str = ""
    order_id: str = ""
    value: Decimal | None = None
    currency: str = ""
    evidence: tuple[Fact, ...] = ()
    factors: Mapping[str, str] = field(default_factory=dict)

    def over_in_time(self) -> bool:
        """Whether it ended before it could hurt."""
        return self.timed and self.ended_at is not None and self.ended_at <= self.happened_at


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of pain point: its row in the table, and how it is found."""

    kind: str
    subject: Subject
    stage: str
    place: int  # in the chain of consequences: a greater one follows from a smaller one; 0 is outside of it
    playbook: str  # one line: what to do
    act_within: int | None  # ms from `happened_at`: until when acting still helps
    limits: frozenset[str]  # the names of its limits in config/rules.yaml
    find: Callable[[Any, Person, Limits], Iterator[Spell]]  # (subject, its person, limits)


def first_after(instants: list[int], since: int) -> int | None:
    """The first of ascending instants that is later than `since`."""
    return next((at for at in instants if at > since), None)
