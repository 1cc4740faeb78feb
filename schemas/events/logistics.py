"""Events of the warehouse and the carriers, and of what comes back."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.events.base import Carrier, EventData, OrderId, TrackingNumber
from schemas.events.fields import Id, Instant, Word
from schemas.events.storefront import PromisedBy, ShipBy

Place = Annotated[Word, Field(description="Where it was, in the carrier's words.", examples=["Hub Leipzig"])]
ParcelReason = Annotated[Word, Field(description="Why, in a word or a code.", examples=["nobody_home"])]
ReturnId = Annotated[Id, Field(description="The shop's id of the return.", examples=["ret-12"])]


class ScanStatus(StrEnum):
    """What a scan says of a parcel."""

    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    AT_HUB = "at_hub"
    CUSTOMS = "customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"


class ReturnReason(StrEnum):
    """Why something came back."""

    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    QUALITY = "quality"
    SIZE = "size"
    LATE = "late"
    OTHER = "other"


class _Parcel(EventData):
    carrier: Carrier
    tracking_number: TrackingNumber


class OrderPacked(EventData):
    """The order lies packed in the warehouse."""

    order_id: OrderId


class ParcelRegistered(_Parcel):
    """A label was made: from now on the parcel belongs to the order. The shop sends it, or its warehouse."""

    order_id: OrderId
    service_level: Word | None = Field(default=None, description="The carrier's product.", examples=["standard"])
    origin: Word | None = Field(
        default=None, description="Where it leaves from: a warehouse or region.", examples=["DE-04"]
    )
    destination: Word | None = Field(
        default=None, description="Where it goes to: a region or postcode area.", examples=["AT-10"]
    )
    promised_by: PromisedBy | None = None
    ship_by: ShipBy | None = None


class ParcelHandedOver(_Parcel):
    """The carrier took the parcel."""

    order_id: OrderId | None = None


class ParcelScanned(_Parcel):
    """The carrier saw the parcel."""

    status: ScanStatus = Field(description="What the scan says.", examples=["in_transit"])
    location: Place | None = None
    estimated_delivery: Instant | None = Field(
        default=None,
        description="The instant at which the carrier now expects to deliver.",
        examples=["2024-05-06T14:00:00+02:00"],
    )


class ParcelDeliveryAttempted(_Parcel):
    """The carrier was at the door and could not deliver."""

    reason: ParcelReason | None = None


class _ParcelEnd(_Parcel):
    location: Place | None = None
    reason: ParcelReason | None = None


class ParcelDelivered(_ParcelEnd):
    """The parcel is with the customer."""


class ParcelDamaged(_ParcelEnd):
    """The carrier says that the parcel is damaged."""


class ParcelLost(_ParcelEnd):
    """The carrier says that the parcel is lost; a later scan takes it back."""


class ParcelReturned(_ParcelEnd):
    """The parcel came back to the sender without having been delivered."""


class _Return(EventData):
    order_id: OrderId
    return_id: ReturnId
    reason: ReturnReason | None = Field(default=None, description="Why it comes back.", examples=["size"])


class ReturnRegistered(_Return):
    """The customer announced that something comes back."""


class ReturnReceived(_Return):
    """What the customer sent back has arrived."""
