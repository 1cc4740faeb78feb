"""Orders: their stages, their promises, their fate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from support.naive.events import Event
from support.naive.parcels import Parcel, earliest

from schemas.aliases import Kind


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise made to the customer, and who moved it later."""

    event: Event
    promised_by: datetime
    slip_owner: str


@dataclass(slots=True)
class Order:
    """An order with its own events, its parcels and its checkouts' promises."""

    id: str
    events: list[Event]
    parcels: list[Parcel]
    promising: list[Event] = field(default_factory=list)  # placed and registered events that promise
    checkout_promising: list[Event] = field(default_factory=list)  # of the same person's checkouts

    def _first(self, *types: str) -> datetime | None:
        return min((e.time for e in self.events if e.type in types), default=None)

    def last_word(self, name: str, default: Any = "") -> Any:
        """What the last event that placed it says of a field, where it does."""
        said = [e.data[name] for e in self.events if e.type == "storefront.order.placed" and name in e.data]
        return said[-1] if said else default

    @property
    def was_placed(self) -> bool:
        """Whether its creating fact was seen."""
        return self._first("storefront.order.placed") is not None

    @property
    def placed_at(self) -> datetime:
        """When it was first said to be placed."""
        at = self._first("storefront.order.placed")
        assert at is not None
        return at

    @property
    def first_word(self) -> Event:
        """The event that placed it."""
        return next(e for e in self.events if e.type == "storefront.order.placed")

    @property
    def cancelled_at(self) -> datetime | None:
        """When it was cancelled."""
        return self._first("storefront.order.cancelled")

    @property
    def delivered_at(self) -> datetime | None:
        """When each parcel had ended, at least one of them at the customer."""
        if not any(p.delivered_at for p in self.parcels):
            return None
        return _when_all([p.ended_at for p in self.parcels])

    @property
    def attempted_at(self) -> datetime | None:
        """When each parcel was tried or had ended, at least one of them tried; a delivery is a try."""
        own = None
        if any(p.attempted_at for p in self.parcels):
            own = _when_all([earliest(p.attempted_at, p.ended_at) for p in self.parcels])
        return earliest(own, self.delivered_at)

    @property
    def handed_over_at(self) -> datetime | None:
        """When the carriers had each parcel."""
        return earliest(_when_all([p.handed_over_at for p in self.parcels]), self.attempted_at)

    @property
    def approved_at(self) -> datetime | None:
        """When it was approved, at the latest when a carrier had the first of it."""
        return earliest(self._first("storefront.order.approved"), *(p.handed_over_at for p in self.parcels))

    @property
    def promises(self) -> list[Promise]:
        """Every promise that counts, in the order in which they were made."""
        found: list[Promise] = []
        for event in sorted(self.promising) or sorted(self.checkout_promising):
            by = event.instant("promised_by")
            assert by is not None
            found.append(Promise(event, by, self._owner(event, by, found)))
        return found

    def _owner(self, event: Event, by: datetime, before: list[Promise]) -> str:
        if not before or by <= before[-1].promised_by:
            return ""
        return "shop" if self.handed_over_at is None or event.time < self.handed_over_at else "carrier"

    @property
    def first_promise(self) -> datetime | None:
        """The one that on time is judged by."""
        return self.promises[0].promised_by if self.promises else None

    @property
    def ship_by(self) -> datetime | None:
        """When it must be handed over: the order's word, else the latest of its parcels'."""
        own = [at for e in self.events if e.type == "storefront.order.placed" and (at := e.instant("ship_by"))]
        theirs = [at for p in self.parcels if (at := p.ship_by())]
        return own[-1] if own else max(theirs, default=None)

    @property
    def came_back(self) -> bool:
        """A return was received, or every parcel came back."""
        all_back = bool(self.parcels) and all(p.returned_at for p in self.parcels)
        return all_back or self._first("logistics.return.received") is not None

    @property
    def came_back_at(self) -> datetime | None:
        """When the first return was received, or the last parcel came back."""
        back = [at for p in self.parcels if (at := p.returned_at)]
        all_back = max(back) if back and len(back) == len(self.parcels) else None
        return earliest(self._first("logistics.return.received"), all_back)

    @property
    def is_lost(self) -> bool:
        """Whether the carriers say that they lost each parcel that they did not deliver."""
        missing = [p for p in self.parcels if not p.delivered_at]
        return bool(missing) and all(p.lost_at for p in missing)

    @property
    def total(self) -> Decimal:
        """What the customer pays."""
        return Decimal(str(self.last_word("total")))


def _when_all(instants: list[datetime | None]) -> datetime | None:
    known = [at for at in instants if at is not None]
    return max(known) if known and len(known) == len(instants) else None


def orders(events: list[Event], parcels: list[Parcel], persons: Mapping[str, str]) -> list[Order]:
    """Every order that any event speaks of, placed or not."""
    ids = {str(e.data["order_id"]) for e in events if e.name(Kind.ORDER)}
    return [
        _order(order_id, events, [p for p in parcels if p.order_id == order_id], persons) for order_id in sorted(ids)
    ]


def _order(order_id: str, events: list[Event], parcels: list[Parcel], persons: Mapping[str, str]) -> Order:
    own = [e for e in events if e.data.get("order_id") == order_id]
    carrying = [e for e in own if e.type == "storefront.order.placed"]
    carrying += [registration for parcel in parcels for registration in parcel.registrations]
    named = {n for e in own if e.type == "storefront.order.placed" and (n := e.name(Kind.CHECKOUT))}
    checkouts = {n for n in named if persons[n] == persons[f"order:{order_id}"]}
    steps = [e for e in events if e.type == "storefront.checkout.step_completed" and e.name(Kind.CHECKOUT) in checkouts]
    promising = [e for e in carrying if e.instant("promised_by")]
    return Order(order_id, own, parcels, promising, [e for e in steps if e.instant("promised_by")])
