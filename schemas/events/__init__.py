"""Every event type of the public contract, and the topic each is at home in.

The topic is a convenience of routing: each public topic accepts every type, so that a team with one connection needs
one topic, and an event that took the wrong door is no error.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.events import logistics, service, storefront
from schemas.events.base import EventData, names_somebody
from schemas.topics import LOGISTICS_EVENTS, SERVICE_EVENTS, STOREFRONT_EVENTS

EVENT_TYPES: Final[Mapping[str, type[EventData]]] = MappingProxyType(
    {
        "storefront.page.viewed": storefront.PageViewed,
        "storefront.search.performed": storefront.SearchPerformed,
        "storefront.product.viewed": storefront.ProductViewed,
        "storefront.cart.updated": storefront.CartUpdated,
        "storefront.checkout.started": storefront.CheckoutStarted,
        "storefront.checkout.step_completed": storefront.CheckoutStepCompleted,
        "storefront.payment.failed": storefront.PaymentFailed,
        "storefront.payment.succeeded": storefront.PaymentSucceeded,
        "storefront.order.placed": storefront.OrderPlaced,
        "storefront.order.approved": storefront.OrderApproved,
        "storefront.order.cancelled": storefront.OrderCancelled,
        "storefront.order.refunded": storefront.OrderRefunded,
        "storefront.error.occurred": storefront.ErrorOccurred,
        "storefront.customer.identified": storefront.CustomerIdentified,
        "logistics.order.packed": logistics.OrderPacked,
        "logistics.parcel.registered": logistics.ParcelRegistered,
        "logistics.parcel.handed_over": logistics.ParcelHandedOver,
        "logistics.parcel.scanned": logistics.ParcelScanned,
        "logistics.parcel.delivery_attempted": logistics.ParcelDeliveryAttempted,
        "logistics.parcel.delivered": logistics.ParcelDelivered,
        "logistics.parcel.damaged": logistics.ParcelDamaged,
        "logistics.parcel.lost": logistics.ParcelLost,
        "logistics.parcel.returned": logistics.ParcelReturned,
        "logistics.return.registered": logistics.ReturnRegistered,
        "logistics.return.received": logistics.ReturnReceived,
        "service.ticket.opened": service.TicketOpened,
        "service.ticket.replied": service.TicketReplied,
        "service.ticket.solved": service.TicketSolved,
        "service.ticket.reopened": service.TicketReopened,
        "service.survey.answered": service.SurveyAnswered,
        "service.feedback.posted": service.FeedbackPosted,
        "service.action.taken": service.ActionTaken,
    }
)

FAMILY_TOPIC: Final[Mapping[str, str]] = MappingProxyType(
    {
        "storefront.": STOREFRONT_EVENTS.name,
        "logistics.": LOGISTICS_EVENTS.name,
        "service.": SERVICE_EVENTS.name,
    }
)

SHOPLESS_TYPES: Final = frozenset(
    f"logistics.parcel.{what}"
    for what in ("handed_over", "scanned", "delivery_attempted", "delivered", "damaged", "lost", "returned")
)
"""What a carrier sends, who need not know the shop: the parcel's registration tells it."""


def home_topic(event_type: str) -> str:
    """The public topic that events of this type are at home in; raises KeyError for a type of no family."""
    return FAMILY_TOPIC[event_type[: event_type.find(".") + 1]]


__all__ = ["EVENT_TYPES", "FAMILY_TOPIC", "SHOPLESS_TYPES", "EventData", "home_topic", "names_somebody"]
