"""Why a pain point that was published does not hold: the event that arrived late, or that it was somebody else's."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from schemas.aliases import Kind, alias
from schemas.ids import event_id
from schemas.rows import PainPointRow
from services.journey.domain import facts as f
from services.journey.domain.entity import Entity, time_of
from services.journey.domain.instants import rfc3339

WORDS: Mapping[type[f.Fact], str] = {
    f.PageWasPoor: "a slow page",
    f.ErrorOccurred: "an error of the storefront",
    f.SearchFoundNothing: "a search without results",
    f.ItemAdded: "an update of the cart",
    f.ItemOutOfStock: "a look at a product that was out of stock",
    f.CartUpdated: "an update of the cart",
    f.CheckoutTouchedCart: "a checkout of the cart",
    f.CheckoutStarted: "the start of a checkout",
    f.CheckoutStepCompleted: "a step of the checkout",
    f.CheckoutWasActive: "something done in the checkout",
    f.PaymentFailed: "a declined payment",
    f.PaymentSucceeded: "a payment",
    f.OrderPlaced: "an order",
    f.Ordered: "an order",
    f.OrderReplaced: "an order that replaces it",
    f.OrderApproved: "an approval",
    f.OrderCancelled: "a cancellation",
    f.OrderRefunded: "a refund",
    f.OrderPacked: "the packing of the order",
    f.ParcelRegistered: "a registration of a parcel",
    f.ParcelHandedOver: "a hand-over to the carrier",
    f.ParcelScanned: "a scan",
    f.DeliveryAttempted: "an attempt to deliver",
    f.ParcelDelivered: "a delivery",
    f.ParcelDamaged: "the carrier's word of damage",
    f.ParcelLost: "the carrier's word of a loss",
    f.ParcelReturned: "a parcel that came back",
    f.ReturnRegistered: "a registration of a return",
    f.ReturnReceived: "the receipt of a return",
    f.TicketOpened: "a ticket",
    f.TicketReplied: "a reply",
    f.TicketSolved: "the solution of a ticket",
    f.TicketReopened: "the reopening of a ticket",
    f.TicketNamedOrder: "a ticket about the order",
    f.SurveyAnswered: "an answered survey",
    f.FeedbackPosted: "feedback",
    f.ActionTaken: "an action",
}
"""What to call a fact."""


@dataclass(frozen=True, slots=True)
class News:
    """What the message at hand told a root that it did not know, by unit and alias."""

    person: str = ""  # alias of the root
    units: Mapping[str, Mapping[str, Entity]] = field(default_factory=dict)


NO_NEWS = News()


@dataclass(frozen=True, slots=True)
class _Clue:
    """One piece of news; touches and what feeds told are not kept by their event."""

    time: int
    words: str
    near: bool  # about the pain point's own entity or order
    source: str = ""
    id: str = ""

    @property
    def event(self) -> UUID | None:
        """The event that told it, where that is known."""
        return event_id(self.source, self.id) if self.source else None


def retracted(pain: PainPointRow, news: News) -> PainPointRow:
    """The pain point as it is taken back: with the reason, and the event that disproved it added to its evidence.

    Of several pieces of news the latest that is not after `happened_at` counts: if any lies within the wait that it
    disproves, that one does. What another root published is no matter of news: all that came with it is new here.
    """
    if pain.person_id and news.person not in ("", pain.person_id):
        whose = f"it turned out to be of {news.person}, not of {pain.person_id}"
        return _withdrawn(pain, f"{whose}; with all that is known of them it did not happen")
    clue = max(_clues(pain, news), key=lambda clue: _strength(clue, pain.happened_at), default=None)
    if clue is None:
        return _withdrawn(pain, "something that it rested on turned out to belong elsewhere")
    event = f" (event {clue.event})" if clue.event else ""
    return _withdrawn(pain, f"{clue.words} of {rfc3339(clue.time)}{event} shows that it did not happen", clue.event)


def _withdrawn(pain: PainPointRow, reason: str, proof: UUID | None = None) -> PainPointRow:
    evidence = pain.evidence if proof is None or proof in pain.evidence else (*pain.evidence, proof)
    return msgspec.structs.replace(pain, status="retracted", ended_at=None, reason=reason, evidence=evidence)


def _strength(clue: _Clue, happened_at: int) -> tuple[bool, bool, int, str, str, str]:
    """Not after it happened before anything else; then what is nearer; then the nearest in time."""
    in_time = clue.time <= happened_at
    return in_time, clue.near, clue.time if in_time else -clue.time, clue.words, clue.source, clue.id


def _clues(pain: PainPointRow, news: News) -> Iterator[_Clue]:
    about = {pain.entity} | ({alias(Kind.ORDER, pain.order_id)} if pain.order_id else set())
    for unit, members in news.units.items():
        for name, entity in members.items():
            near = not about.isdisjoint((unit, name))
            yield from (_Clue(fact.time, WORDS[type(fact)], near, fact.source, fact.id) for fact in entity.facts)
            yield from (_Clue(time_of(stamp), "a visit", near) for stamp in _all(entity.touches.values()))
            yield from (_Clue(instant, "a sign of life", near) for instant in _all(entity.heard.values()))


def _all(groups: Iterable[Iterable[int]]) -> Iterator[int]:
    return (point for group in groups for point in group)
