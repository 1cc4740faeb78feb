"""A parcel: one life of a tracking number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from propcache.api import cached_property

from schemas.aliases import name_of
from services.journey.domain import facts as f
from services.journey.domain.entity import Entity, last_of_each_instant
from services.journey.domain.instants import earliest, rfc3339

PICKUP = "available_for_pickup"
MOVES = (f.ParcelHandedOver, f.ParcelScanned, f.DeliveryAttempted, f.ParcelDamaged)
"""What shows that a parcel was with its carrier, besides its loss, return and delivery."""
SCANS = (f.ParcelHandedOver, f.ParcelScanned, f.DeliveryAttempted)
"""What shows that it is on its way."""


@dataclass(eq=False)
class Parcel:
    """One registration of a tracking number and what the carrier said of it, up to its end."""

    alias: str
    carrier: str
    tracking_number: str
    registrations: list[f.ParcelRegistered]
    words: list[f.Fact] = field(default_factory=list)  # everything else that was said of it, in order
    moves: list[f.Fact] = field(default_factory=list)  # MOVES before the end or the loss, in order
    losses: list[f.ParcelLost] = field(default_factory=list)  # before the end, in order
    lost_at: int | None = None  # by the carrier's word, which no later scan, attempt or delivery took back
    damages: list[f.ParcelDamaged] = field(default_factory=list)  # whenever they were told, in order
    returned: f.ParcelReturned | None = None
    delivered: f.ParcelDelivered | None = None

    @cached_property
    def shop(self) -> str:
        """The shop of its registration."""
        return self.registrations[0].shop

    @cached_property
    def order_id(self) -> str:
        """The order that it is of."""
        return self.registrations[0].order_id

    @cached_property
    def registered_at(self) -> int:
        """Its first registration."""
        return self.registrations[0].time

    @cached_property
    def ship_by(self) -> int | None:
        """The last word about when it must leave."""
        return next((r.ship_by for r in reversed(self.registrations) if r.ship_by is not None), None)

    @cached_property
    def lane(self) -> Mapping[str, str]:
        """What limits may depend on: the carrier, its product, the destination."""
        return {
            "carrier": self.carrier,
            "service_level": self.word("service_level"),
            "destination": self.word("destination"),
        }

    @cached_property
    def factors(self) -> Mapping[str, str]:
        """What it may share with others that suffer likewise: the carrier and, where known, the lane."""
        lane = f"{self.word('origin')}>{self.word('destination')}"
        return {"carrier": self.carrier, **({"lane": lane} if len(lane) > 1 else {})}

    def word(self, name: str) -> str:
        """The last word of the registrations about a field, "" when none gave one."""
        return next((v for r in reversed(self.registrations) if (v := getattr(r, name))), "")

    @cached_property
    def handed_over_at(self) -> int | None:
        """A delivery, loss or return shows that the carrier had it, as any scan does."""
        ends = [end.time for end in (self.delivered, self.returned) if end]
        return earliest(*(m.time for m in self.moves), *(loss.time for loss in self.losses), *ends)

    @cached_property
    def attempted_at(self) -> int | None:
        """The first time the customer could have had it: an attempt, a pick-up point, the delivery."""
        tries = (m.time for m in self.moves if isinstance(m, f.DeliveryAttempted) or waits_for_pickup(m))
        return earliest(*tries, self.delivered_at)

    @cached_property
    def delivered_at(self) -> int | None:
        """When the customer had it."""
        return self.delivered.time if self.delivered else None

    @cached_property
    def ended_at(self) -> int | None:
        """Delivered or returned."""
        return earliest(self.delivered_at, self.returned.time if self.returned else None)

    @cached_property
    def signs_of_life(self) -> list[f.Fact]:
        """Its scans and attempts, one for each instant; each takes a loss before it back.

        A hand-over counts as a scan, damage does not.
        """
        return last_of_each_instant([move for move in self.moves if isinstance(move, SCANS)])

    @cached_property
    def closed_at(self) -> int | None:
        """When nothing more was owed for it: delivered, returned, or lost."""
        return earliest(self.ended_at, self.lost_at)

    @cached_property
    def scans(self) -> list[f.Fact]:
        """What the carrier saw, in order."""
        return [m for m in self.moves if isinstance(m, f.ParcelScanned)]

    @cached_property
    def status(self) -> str:
        """The carrier's last word."""
        if self.delivered or self.returned:
            return "delivered" if self.ended_at == self.delivered_at else "returned"
        if self.lost_at is not None:
            return "lost"
        return _status(self.moves[-1]) if self.moves else "registered"


def waits_for_pickup(move: f.Fact) -> bool:
    """Whether this move put the parcel where the customer fetches it."""
    return isinstance(move, f.ParcelScanned) and move.status == PICKUP


def lives(alias: str, entity: Entity) -> list[Parcel]:
    """The parcels that bore a tracking number, in order of registration.

    A registration begins a new life only if it names another order or the life before had ended; otherwise it
    amends. A fact belongs to the last registration at or before it, else to the first. What comes at or after the
    end of a life is ignored; of two ends at one instant the first by source and id is it.
    Of later lives that would begin at the same instant, and so bear the same name, there is only the first.
    """
    registrations = entity.of(f.ParcelRegistered)
    words = [fact for fact in entity.facts if not isinstance(fact, f.ParcelRegistered)]
    drafts: list[_Draft] = []
    for at, registration in enumerate(registrations):
        until = registrations[at + 1].time if at + 1 < len(registrations) else None
        begin = None if at == 0 else registration.time
        name = alias if not drafts else f"{alias}@{rfc3339(registration.time)}"
        if not drafts or (name != drafts[-1].alias and _begins_life(drafts[-1].parcel(), registration)):
            drafts.append(_Draft(name, name_of(alias)))
        if not drafts[-1].registrations or not _is_of_another(drafts[-1].registrations[0], registration):
            drafts[-1].registrations.append(registration)
        drafts[-1].words += _between(words, begin, until)
    return [draft.parcel() for draft in drafts]


@dataclass(slots=True)
class _Draft:
    """A life while its registrations are gathered."""

    alias: str
    number: str  # `<carrier>/<tracking number>`
    registrations: list[f.ParcelRegistered] = field(default_factory=list)
    words: list[f.Fact] = field(default_factory=list)

    def parcel(self) -> Parcel:
        """The parcel that these say: what was told before its end, and the end."""
        end = next((w for w in self.words if isinstance(w, (f.ParcelDelivered, f.ParcelReturned))), None)
        before = [w for w in self.words if end is None or w.time < end.time]
        losses = [w for w in before if isinstance(w, f.ParcelLost)]
        lost_at = None if isinstance(end, f.ParcelDelivered) else _lost_at(losses, before)
        carrier, _, number = self.number.partition("/")
        return Parcel(
            alias=self.alias,
            carrier=carrier,
            tracking_number=number,
            registrations=list(self.registrations),
            words=list(self.words),
            moves=[w for w in before if isinstance(w, MOVES) and (lost_at is None or w.time < lost_at)],
            losses=losses,
            lost_at=lost_at,
            damages=[w for w in self.words if isinstance(w, f.ParcelDamaged)],
            returned=end if isinstance(end, f.ParcelReturned) else None,
            delivered=end if isinstance(end, f.ParcelDelivered) else None,
        )


def _lost_at(losses: Sequence[f.ParcelLost], words: Sequence[f.Fact]) -> int | None:
    """The first loss that no later scan or attempt took back; one at the very instant is no later one."""
    last = max((w.time for w in words if isinstance(w, SCANS)), default=None)
    return next((loss.time for loss in losses if last is None or loss.time >= last), None)


def _begins_life(before: Parcel, registration: f.ParcelRegistered) -> bool:
    other = _is_of_another(before.registrations[0], registration)
    return other or (before.closed_at is not None and before.closed_at <= registration.time)


def _is_of_another(first: f.ParcelRegistered, registration: f.ParcelRegistered) -> bool:
    return (registration.shop, registration.order_id) != (first.shop, first.order_id)


def _between(words: Sequence[f.Fact], begin: int | None, until: int | None) -> Iterator[f.Fact]:
    return (w for w in words if (begin is None or w.time >= begin) and (until is None or w.time < until))


def _status(move: f.Fact) -> str:
    if isinstance(move, f.ParcelScanned):
        return move.status or "scanned"
    return {f.DeliveryAttempted: "attempted", f.ParcelDamaged: "damaged"}.get(type(move), "handed_over")
