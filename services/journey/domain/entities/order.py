"""An order with its parcels and returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from propcache.api import cached_property

from services.journey.domain import facts as f
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.entities.returned import DAMAGED, Return
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
        """`order:<id>`."""
        return f"order:{self.id}"

    @cached_property
    def placements(self) -> list[f.OrderPlaced]:
        """Every word that it was placed, in order."""
        return self.entity.of(f.OrderPlaced)

    @cached_property
    def placed(self) -> f.OrderPlaced | None:
        """The creating fact; no row or pain point speaks of an order without it."""
        return next(iter(self.placements), None)

    @cached_property
    def lane(self) -> Mapping[str, str]:
        """What limits may depend on: its first parcel's."""
        return self.parcels[0].lane if self.parcels else {}

    @cached_property
    def placed_at(self) -> int | None:
        """The instant of its creating fact."""
        return self.placed.time if self.placed else None

    @cached_property
    def total(self) -> Decimal | None:
        """What it was last said to cost."""
        return next((p.total for p in reversed(self.placements) if p.total is not None), None)

    @cached_property
    def currency(self) -> str:
        """The currency of its total."""
        return _last(self.placements, "currency", "")

    @cached_property
    def payment_method(self) -> str:
        """How it was last said to be paid."""
        return _last(self.placements, "payment_method", "")

    @cached_property
    def approved_at(self) -> int | None:
        """The first approval, in words or by any parcel's being handed over."""
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
    def approvals(self) -> list[int]:
        """Every instant at which it was approved, in words or by being handed over, in order."""
        said = [fact.time for fact in self.entity.of(f.OrderApproved)]
        return sorted(said if self._first_hand_over is None else [*said, self._first_hand_over])

    @cached_property
    def declines(self) -> list[f.PaymentFailed]:
        """Payments that failed, in order; one that names a checkout is the checkout's."""
        return [decline for decline in self.entity.of(f.PaymentFailed) if not decline.checkout_id]

    @cached_property
    def successes(self) -> list[int]:
        """Instants at which a payment came."""
        return [fact.time for fact in self.entity.of(f.PaymentSucceeded)]

    @cached_property
    def refunds(self) -> list[f.OrderRefunded]:
        """Money that went back, in order."""
        return self.entity.of(f.OrderRefunded)

    @cached_property
    def amends(self) -> list[int]:
        """Instants at which goods that were lost or broken were made good: a refund, an order in their place."""
        return [fact.time for fact in self.entity.facts if isinstance(fact, (f.OrderRefunded, f.OrderReplaced))]

    @cached_property
    def returns(self) -> list[Return]:
        """What was sent back, by the first word of each."""
        found: dict[str, Return] = {}
        for fact in self.entity.facts:
            if isinstance(fact, (f.ReturnRegistered, f.ReturnReceived)):
                found.setdefault(fact.return_id, Return(fact.return_id)).words.append(fact)
        return list(found.values())

    @cached_property
    def damages(self) -> list[f.Fact]:
        """Words of damage that name it, in order: a ticket's topic, a return's reason (once a return)."""
        tickets: list[f.Fact] = [t for t in self.entity.of(f.TicketNamedOrder) if t.topic == DAMAGED]
        return sorted([*tickets, *(r.damage for r in self.returns if r.damage)], key=f.rank)

    def refunded_for(self, return_id: str) -> int | None:
        """The first refund of that return; one that names no return counts for each."""
        return next((refund.time for refund in self.refunds if refund.return_id in ("", return_id)), None)

    @cached_property
    def cancelled_at(self) -> int | None:
        """The first cancellation."""
        return _first(self.entity, f.OrderCancelled)

    @cached_property
    def refunded_at(self) -> int | None:
        """The first time that money went back."""
        return _first(self.entity, f.OrderRefunded)

    @cached_property
    def replaced_at(self) -> int | None:
        """The first order in its place."""
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
        parcels = (p.ship_by for p in self.parcels)
        return own if own is not None else max((at for at in parcels if at is not None), default=None)

    @cached_property
    def own_promises(self) -> list[Promise]:
        """What it or its parcels were said to be promised."""
        makers: list[f.OrderPlaced | f.ParcelRegistered] = [*self.placements]
        makers += [r for p in self.parcels for r in p.registrations]
        return [Promise(m.promised_by, m.time, m.source, m.id) for m in makers if m.promised_by is not None]

    @cached_property
    def promises(self) -> list[Promise]:
        """Every promise made to the customer, by (time, source, id); a checkout's only if there is no other."""
        return sorted(self.own_promises or self.checkout_promises, key=lambda p: (p.made_at, p.source, p.id))

    @cached_property
    def first_promise(self) -> int | None:
        """The promise that counts."""
        return next((p.promised_by for p in self.promises), None)

    @cached_property
    def current_promise(self) -> int | None:
        """The last promise made."""
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
