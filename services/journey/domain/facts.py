"""Facts: small, immutable records about one entity, each from one event.

A fact is named by its event, `(time, source, id)`; that triple is also the order in which the first word counts,
and the last. An entity's state is the set of its facts, so joining states is set union.
"""

from decimal import Decimal

import msgspec


class Fact(msgspec.Struct, frozen=True, array_like=True):
    """What every fact knows: its instant (ms) and the event that told it."""

    time: int
    source: str
    id: str


class PageWasPoor(Fact, frozen=True, tag="pp"):
    """A page viewed with a poor vital sign (section "slow pages" of the rules)."""

    page: str = ""


class ErrorOccurred(Fact, frozen=True, tag="er"):
    """The storefront failed in the customer's hands."""

    kind: str = ""
    checkout_id: str = ""
    page: str = ""
    session_id: str = ""


class SearchFoundNothing(Fact, frozen=True, tag="sn"):
    """A search without results."""


class ItemAdded(Fact, frozen=True, tag="ia"):
    """A cart that this session updated holds something; whether that is more than before, the cart knows."""

    cart_id: str = ""


class ItemOutOfStock(Fact, frozen=True, tag="oos"):
    """A product that this session looked at or had in its cart could not be had."""

    sku: str = ""


class CartUpdated(Fact, frozen=True, tag="cu"):
    """The cart's contents as a whole: how many pieces of each article, and their `value`, None when unknown."""

    empty: bool = False
    value: Decimal | None = None
    currency: str = ""
    pieces: dict[str, Decimal] = {}


class CheckoutTouchedCart(Fact, frozen=True, tag="cc"):
    """An event of a checkout that names this cart."""

    checkout_id: str = ""


class CheckoutStarted(Fact, frozen=True, tag="cs"):
    """A checkout began."""

    cart_id: str = ""
    session_id: str = ""
    total: Decimal | None = None
    currency: str = ""


class CheckoutStepCompleted(Fact, frozen=True, tag="cx"):
    """A step was done; options are None when unknown, and 0 when there were none to choose from."""

    step: str = ""
    session_id: str = ""
    shipping_cost: Decimal | None = None
    shipping_options: int | None = None
    promised_by: int | None = None
    payment_options: int | None = None
    payment_method: str = ""


class CheckoutWasActive(Fact, frozen=True, tag="ca"):
    """Any other event that carries the checkout."""

    session_id: str = ""


class PaymentFailed(Fact, frozen=True, tag="pf"):
    """A decline."""

    method: str = ""
    reason: str = ""
    amount: Decimal | None = None
    currency: str = ""
    checkout_id: str = ""
    session_id: str = ""
    order_id: str = ""


class PaymentSucceeded(Fact, frozen=True, tag="ps"):
    """The money came."""

    method: str = ""
    session_id: str = ""


class OrderPlaced(Fact, frozen=True, tag="op"):
    """The creating fact of an order."""

    total: Decimal | None = None
    currency: str = ""
    checkout_id: str = ""
    cart_id: str = ""
    session_id: str = ""
    promised_by: int | None = None
    ship_by: int | None = None
    payment_method: str = ""
    replaces: str = ""
    skus: tuple[str, ...] = ()


class Ordered(Fact, frozen=True, tag="od"):
    """An order was placed that names this cart, checkout or session."""

    order_id: str = ""
    session_id: str = ""


class OrderReplaced(Fact, frozen=True, tag="or"):
    """Another order was placed that replaces this one."""

    by: str = ""


class OrderApproved(Fact, frozen=True, tag="oa"):
    """The shop accepted the order."""


class OrderCancelled(Fact, frozen=True, tag="oc"):
    """The order will not be fulfilled."""

    reason: str = ""
    by: str = ""


class OrderRefunded(Fact, frozen=True, tag="of"):
    """Money went back."""

    amount: Decimal | None = None
    currency: str = ""
    return_id: str = ""


class OrderPacked(Fact, frozen=True, tag="ok"):
    """The goods are ready for the carrier."""


class ParcelRegistered(Fact, frozen=True, tag="pr"):
    """The creating fact of a parcel, or a later word about it."""

    shop: str = ""
    order_id: str = ""
    service_level: str = ""
    origin: str = ""
    destination: str = ""
    promised_by: int | None = None
    ship_by: int | None = None


class ParcelHandedOver(Fact, frozen=True, tag="ph"):
    """The carrier has it."""


class ParcelScanned(Fact, frozen=True, tag="sc"):
    """The carrier saw it."""

    status: str = ""
    location: str = ""
    estimated_delivery: int | None = None


class DeliveryAttempted(Fact, frozen=True, tag="at"):
    """The carrier stood before the door."""

    reason: str = ""


class ParcelDelivered(Fact, frozen=True, tag="de"):
    """The customer has it."""


class ParcelDamaged(Fact, frozen=True, tag="dm"):
    """The carrier says it is damaged."""


class ParcelLost(Fact, frozen=True, tag="lo"):
    """The carrier says it is lost."""


class ParcelReturned(Fact, frozen=True, tag="rt"):
    """It came back to the shop."""


class ReturnRegistered(Fact, frozen=True, tag="rr"):
    """The customer sends something back."""

    return_id: str = ""
    reason: str = ""


class ReturnReceived(Fact, frozen=True, tag="rc"):
    """The shop has it back."""

    return_id: str = ""
    reason: str = ""


class TicketOpened(Fact, frozen=True, tag="to"):
    """The creating fact of a ticket."""

    channel: str = ""
    topic: str = ""
    order_id: str = ""


class TicketReplied(Fact, frozen=True, tag="tr"):
    """Somebody wrote: `agent` or `customer`."""

    by: str = ""


class TicketSolved(Fact, frozen=True, tag="ts"):
    """The help desk calls it solved."""


class TicketReopened(Fact, frozen=True, tag="tp"):
    """The customer does not."""


class TicketNamedOrder(Fact, frozen=True, tag="tn"):
    """A ticket about this order was opened."""

    ticket_id: str = ""
    topic: str = ""


class SurveyAnswered(Fact, frozen=True, tag="sa"):
    """A survey is its event; `scale` is None for nps."""

    survey: str = ""
    score: float = 0.0
    scale: float | None = None
    order_id: str = ""
    ticket_id: str = ""


class FeedbackPosted(Fact, frozen=True, tag="fp"):
    """A word in public: good, mixed or bad."""

    where: str = ""
    sentiment: str = ""
    order_id: str = ""
    ticket_id: str = ""


class ActionTaken(Fact, frozen=True, tag="ac"):
    """Somebody did something about it."""

    action: str = ""
    pain_point_id: str = ""
    plan: str = ""
    by: str = ""
    note: str = ""
    order_id: str = ""


AnyFact = (
    PageWasPoor
    | ErrorOccurred
    | SearchFoundNothing
    | ItemAdded
    | ItemOutOfStock
    | CartUpdated
    | CheckoutTouchedCart
    | CheckoutStarted
    | CheckoutStepCompleted
    | CheckoutWasActive
    | PaymentFailed
    | PaymentSucceeded
    | OrderPlaced
    | Ordered
    | OrderReplaced
    | OrderApproved
    | OrderCancelled
    | OrderRefunded
    | OrderPacked
    | ParcelRegistered
    | ParcelHandedOver
    | ParcelScanned
    | DeliveryAttempted
    | ParcelDelivered
    | ParcelDamaged
    | ParcelLost
    | ParcelReturned
    | ReturnRegistered
    | ReturnReceived
    | TicketOpened
    | TicketReplied
    | TicketSolved
    | TicketReopened
    | TicketNamedOrder
    | SurveyAnswered
    | FeedbackPosted
    | ActionTaken
)


_content = msgspec.msgpack.Encoder(order="deterministic").encode


def rank(fact: Fact) -> tuple[int, str, str, bytes]:
    """The total order of facts: instant, source, id, and content where a source contradicts itself."""
    return fact.time, fact.source, fact.id, _content(fact)
