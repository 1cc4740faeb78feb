"""Parcels: the lives of a tracking number, and what happened in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from support.naive.events import Event
from support.naive.wording import rfc3339

from schemas.aliases import Kind, name_of

REGISTERED = "logistics.parcel.registered"
ENDS = ("logistics.parcel.delivered", "logistics.parcel.returned")
SIGNS = {
    "logistics.parcel.scanned": "",
    "logistics.parcel.handed_over": "handed_over",
    "logistics.parcel.delivery_attempted": "attempted",
}
"""What shows that a parcel is on its way; the status it gives, a scan's is its own."""


@dataclass(slots=True)
class Parcel:
    """One life of a tracking number: from its registration to the next one that begins another."""

    number: str  # <carrier>/<tracking number>
    first: Event
    later: bool
    registrations: list[Event] = field(default_factory=list)
    words: list[Event] = field(default_factory=list)

    @property
    def id(self) -> str:
        """`<carrier>/<number>`, for a later life with the instant at which it began."""
        return f"{self.number}@{rfc3339(self.registered_at)}" if self.later else self.number

    @property
    def alias(self) -> str:
        """What it is called as an entity."""
        return f"parcel:{self.id}"

    @property
    def order_id(self) -> str:
        """The order it carries."""
        return str(self.first.data["order_id"])

    @property
    def registered_at(self) -> datetime:
        """The first registration's instant."""
        return self.first.time

    def last_word(self, name: str) -> str:
        """What the last registration that says it says of a field."""
        return str(next((r.data[name] for r in reversed(self.registrations) if name in r.data), ""))

    def ship_by(self) -> datetime | None:
        """The last word on when it is to be handed over."""
        return next((at for r in reversed(self.registrations) if (at := r.instant("ship_by"))), None)

    @property
    def end(self) -> Event | None:
        """The delivery or the return, whichever came first."""
        return min((e for e in self.words if e.type in ENDS), default=None)

    @property
    def final_end(self) -> datetime | None:
        """When that was."""
        return self.end.time if self.end else None

    @property
    def delivered_at(self) -> datetime | None:
        """When it was delivered, unless it had come back before."""
        return self.end.time if self.end and self.end.type == ENDS[0] else None

    @property
    def returned_at(self) -> datetime | None:
        """When it came back, unless it was delivered before."""
        return self.end.time if self.end and self.end.type == ENDS[1] else None

    @property
    def losses(self) -> list[Event]:
        """The carrier's words that it is lost, before it ended for good."""
        lost = (e for e in self.words if e.type == "logistics.parcel.lost")
        return [e for e in lost if self.final_end is None or e.time < self.final_end]

    def undone(self, loss: Event) -> datetime | None:
        """The later scan, attempt or delivery that shows that it was not lost."""
        signs = [e.time for e in self.words if e.type in SIGNS and not after(e.time, self.final_end)]
        return min((at for at in (*signs, self.delivered_at) if at is not None and at > loss.time), default=None)

    @property
    def lost_at(self) -> datetime | None:
        """The first word of a loss that nothing undid."""
        return min((e.time for e in self.losses if self.undone(e) is None), default=None)

    @property
    def ended_at(self) -> datetime | None:
        """Delivered, returned or lost."""
        return earliest(self.final_end, self.lost_at)

    @property
    def signs(self) -> list[Event]:
        """Scans, hand-overs and attempts before the end."""
        return [e for e in self.words if e.type in SIGNS and not after(e.time, self.ended_at)]

    @property
    def damages(self) -> list[Event]:
        """The carrier's words that it is damaged."""
        return [e for e in self.words if e.type == "logistics.parcel.damaged"]

    @property
    def attempted_at(self) -> datetime | None:
        """When the customer was first asked to take it: an attempt, a delivery, ready for pick-up."""
        tried = (e.time for e in self.signs if status(e) in ("attempted", "available_for_pickup"))
        return earliest(min(tried, default=None), self.delivered_at)

    @property
    def handed_over_at(self) -> datetime | None:
        """When the carrier had it at the latest: at the first word of it; what was lost and found it had, too."""
        words = [e.time for e in (*self.signs, *self.damages, *self.losses)]
        return earliest(min(words, default=None), self.ended_at)

    @property
    def status(self) -> str:
        """The last word about it."""
        if self.final_end is not None:
            return "delivered" if self.delivered_at is not None else "returned"
        if self.lost_at is not None:
            return "lost"
        words = sorted((*self.signs, *self.damages))
        return status(words[-1]) if words else "registered"


def status(word: Event) -> str:
    """The status that a carrier's word gives a parcel."""
    if word.type == "logistics.parcel.damaged":
        return "damaged"
    return SIGNS[word.type] or str(word.data["status"])


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of those that are known."""
    return min((at for at in instants if at is not None), default=None)


def after(instant: datetime, end: datetime | None) -> bool:
    """At or after the end."""
    return end is not None and instant >= end


def parcels(events: list[Event]) -> list[Parcel]:
    """All lives of all tracking numbers that were registered."""
    numbers = sorted({name for e in events if e.type == REGISTERED and (name := e.name(Kind.PARCEL))})
    return [life for alias in numbers for life in _lives(alias, [e for e in events if e.name(Kind.PARCEL) == alias])]


def _lives(alias: str, events: list[Event]) -> list[Parcel]:
    words = [e for e in events if e.type.startswith("logistics.parcel.") and e.type != REGISTERED]
    lives: list[Parcel] = []
    for registration in (e for e in events if e.type == REGISTERED):
        if not lives or _begins_another(lives, registration, words):
            lives.append(Parcel(name_of(alias), registration, later=bool(lives)))
        if registration.data["order_id"] == lives[-1].order_id:
            lives[-1].registrations.append(registration)
    for life, next_life in zip(lives, [*lives[1:], None], strict=True):
        life.words = _words_of(life, next_life.registered_at if next_life else None, words)
    return lives


def _begins_another(lives: list[Parcel], registration: Event, words: list[Event]) -> bool:
    old = lives[-1]
    if old.later and registration.time == old.registered_at:
        return False  # it would bear the same name
    if registration.data["order_id"] != old.order_id:
        return True
    before = Parcel(old.number, old.first, old.later)
    before.words = _words_of(old, registration.time, words)
    return before.ended_at is not None


def _words_of(life: Parcel, until: datetime | None, words: list[Event]) -> list[Event]:
    began = [e for e in words if e.time >= life.registered_at or not life.later]
    return [e for e in began if not after(e.time, until)]
