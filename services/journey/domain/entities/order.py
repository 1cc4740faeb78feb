"""An order with its parcels and returns."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from services.journey.domain import facts as f
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.entity import Entity
from services.journey.domain.instants import earliest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Promise:
    """What the customer was told: the instant, who said it and when."""

    promised_by: int
    made_at: int
    source: str
    id: str


@dataclass(eq=False)
class Order:
    """An order; its stages are implied by later ones (delivered, so handed over, so approved)."""

    id: str
    entity: Entity
    parcels: list[Parcel] = field(default_factory=list)
    checkout_promises: list[Promise] = field(default_factory=list)
    foreign: dict[str, str] = field(
        default_factory=dict
    )  # lives of its parcels' numbers -> alias of the order they are of

    @cached_property
    def alias(self) -> str:
        return f"order:{self.id}"

    @cached_property
    def placements(self) -> list[f.OrderPlaced]:
        return self.entity.of(f.OrderPlaced)

    @cached_property
    def placed(self) -> f.OrderPlaced | None:
        """The creating fact; no row or pain point speaks of an order without it."""
        return next(iter(self.placements), None)

    @cached_property
    def placed_at(self) -> int | None:
        return self.placed.time if self.placed else None

    @cached_property
    def total(self) -> Decimal | None:
        return next((p.total for p in reversed(self.placements) if p.total is not None), None)

    @cached_property
    def currency(self) -> str:
        return _last(self.placements, "currency", "")

    @cached_property
    def payment_method(self) -> str:
        return _last(self.placements, "payment_method", "")

    @cached_property
    def approved_at(self) -> int | None:
        return earliest(_first(self.entity, f.OrderApproved), self._first_hand_over)

    @cached_property
    def handed_over_at(self) -> int | None:
        """The first instant at which each of its parcels was with its carrier."""
        return _all_of([p.handed_over_at for p in self.parcels])

    @cached_property
    def attempted_at(self) -> int | None:
        """The first instant at which each parcel was attempted or delivered, or would never be."""
        if not any(p.attempted_at is not None for p in self.parcels):
            return None
        return _all_of([earliest(p.attempted_at, p.closed_at) for p in self.parcels])

    @cached_property
    def delivered_at(self) -> int | None:
        """The first instant at which each parcel was delivered, lost or back, and at least one delivered."""
        if not any(p.delivered_at is not None for p in self.parcels):
            return None
        return _all_of([p.closed_at for p in self.parcels])

    @cached_property
    def cancelled_at(self) -> int | None:
        return _first(self.entity, f.OrderCancelled)

    @cached_property
    def refunded_at(self) -> int | None:
        return _first(self.entity, f.OrderRefunded)

    @cached_property
    def replaced_at(self) -> int | None:
        return _first(self.entity, f.OrderReplaced)

    @cached_property
    def returned_at(self) -> int | None:
        """From the first return received, or when every parcel came back."""
        back = _all_of([p.returned.time if p.returned else None for p in self.parcels])
        return earliest(_first(self.entity, f.ReturnReceived), back)

    @cached_property
    def ship_by(self) -> int | None:
        """The order's own, else its parcels' latest."""
        own = _last(self.placements, "ship_by", None)
        parcels = [r.ship_by for p in self.parcels for r in p.registrations if r.ship_by is not None]
        return own if own is not None else max(parcels, default=None)

    @cached_property
    def promises(self) -> list[Promise]:
        """Every promise made to the customer, by (time, source, id); a checkout's only if there is no other."""
        makers: list[f.OrderPlaced | f.ParcelRegistered] = [*self.placements]
        makers += [r for p in self.parcels for r in p.registrations]
        own = [Promise(m.promised_by, m.time, m.source, m.id) for m in makers if m.promised_by is not None]
        return sorted(own or self.checkout_promises, key=lambda p: (p.made_at, p.source, p.id))

    @cached_property
    def first_promise(self) -> int | None:
        return next((p.promised_by for p in self.promises), None)

    @cached_property
    def current_promise(self) -> int | None:
        return next((p.promised_by for p in reversed(self.promises)), None)

    @cached_property
    def status(self) -> str:
        """The furthest that is known of it."""
        known = (
            ("returned", self.returned_at),
            ("delivered", self.delivered_at),
            ("lost", _all_of([p.lost_at for p in self.parcels])),
            ("cancelled", self.cancelled_at),
            ("attempted", self.attempted_at),
            ("handed_over", self.handed_over_at),
            ("approved", self.approved_at),
        )
        return next((status for status, at in known if at is not None), "placed")

    @cached_property
    def _first_hand_over(self) -> int | None:
        return earliest(*(p.handed_over_at for p in self.parcels))


def _first(entity: Entity, type_: type[f.Fact]) -> int | None:
    return next((fact.time for fact in entity.facts if isinstance(fact, type_)), None)


def _last(facts: list[f.OrderPlaced], name: str, default: T) -> T:
    return next((v for fact in reversed(facts) if (v := getattr(fact, name))), default)


def _all_of(instants: list[int | None]) -> int | None:
    """The last of them, once all are known."""
    known = [at for at in instants if at is not None]
    return max(known) if known and len(known) == len(instants) else None
