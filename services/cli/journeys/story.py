"""What is known of one person, as the views have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

STAGES = ("discover", "consider", "checkout", "order", "fulfil", "transit", "deliver", "care")


@dataclass(frozen=True, slots=True)
class Person:
    """A root, by its alias."""

    shop: str
    id: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    occurred_at: datetime
    event_id: UUID
    type: str
    alias: str
    order_id: str
    late: bool
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Journey:
    """One purchase attempt; `reached` has the first time at each stage."""

    journey_id: UUID
    order_id: str
    stage: str
    outcome: str
    started_at: datetime
    ended_at: datetime | None
    value: Decimal | None
    currency: str
    touches: int
    channels: Sequence[str]
    devices: Sequence[str]
    pain_points: Sequence[str]
    reached: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Order:
    """What became of an order's promises."""

    order_id: str
    status: str
    first_promise: datetime | None
    first_attempt_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Promise:
    """An instant that was promised."""

    order_id: str
    made_at: datetime
    promised_by: datetime
    source: str
    slip_owner: str


@dataclass(frozen=True, slots=True)
class PainPoint:
    """Where it hurt, and still may."""

    pain_point_id: UUID
    kind: str
    entity: str
    stage: str
    severity: str
    status: str
    happened_at: datetime
    detected_at: datetime
    ended_at: datetime | None
    cause: str
    root_id: UUID
    value_at_risk: Decimal | None
    currency: str
    evidence: Sequence[UUID]
    playbook: str
    act_before: datetime | None
    journey_id: UUID | None
    order_id: str
    held_back: bool


@dataclass(frozen=True, slots=True)
class Retraction:
    """A pain point that turned out never to have been."""

    pain_point_id: UUID
    kind: str
    entity: str
    severity: str
    happened_at: datetime
    detected_at: datetime
    order_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """All of it; `clock` is the shop's time that the views know, `parcels` says whose order each parcel is of."""

    person: Person
    aliases: Sequence[str] = ()
    clock: datetime | None = None
    journeys: Sequence[Journey] = ()
    events: Sequence[Event] = ()
    orders: Sequence[Order] = ()
    promises: Sequence[Promise] = ()
    pain_points: Sequence[PainPoint] = ()
    retracted: Sequence[Retraction] = ()
    parcels: Mapping[str, str] = field(default_factory=dict)
