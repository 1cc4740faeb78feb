"""What logistics events say."""

from collections.abc import Callable, Mapping

from schemas.aliases import Kind
from services.journey.domain import facts as f
from services.journey.domain.reading.reader import Reader


def _order_packed(event: Reader) -> None:
    event.tell(Kind.ORDER, f.OrderPacked(*event.name))


def _parcel_registered(event: Reader) -> None:
    registered = f.ParcelRegistered(
        *event.name,
        shop=event.item.shop,
        order_id=event.text("order_id"),
        service_level=event.text("service_level"),
        origin=event.text("origin"),
        destination=event.text("destination"),
        promised_by=event.instant("promised_by"),
        ship_by=event.instant("ship_by"),
    )
    event.tell(Kind.PARCEL, registered)


def _parcel_scanned(event: Reader) -> None:
    scanned = f.ParcelScanned(
        *event.name,
        status=event.text("status"),
        location=event.text("location"),
        estimated_delivery=event.instant("estimated_delivery"),
    )
    event.tell(Kind.PARCEL, scanned)


def _delivery_attempted(event: Reader) -> None:
    event.tell(Kind.PARCEL, f.DeliveryAttempted(*event.name, reason=event.text("reason")))


def _return_registered(event: Reader) -> None:
    returned = f.ReturnRegistered(*event.name, return_id=event.text("return_id"), reason=event.text("reason"))
    event.tell(Kind.ORDER, returned)


def _return_received(event: Reader) -> None:
    received = f.ReturnReceived(*event.name, return_id=event.text("return_id"), reason=event.text("reason"))
    event.tell(Kind.ORDER, received)


TELLERS: Mapping[str, Callable[[Reader], None]] = {
    "logistics.order.packed": _order_packed,
    "logistics.parcel.registered": _parcel_registered,
    "logistics.parcel.handed_over": lambda event: event.tell(Kind.PARCEL, f.ParcelHandedOver(*event.name)),
    "logistics.parcel.scanned": _parcel_scanned,
    "logistics.parcel.delivery_attempted": _delivery_attempted,
    "logistics.parcel.delivered": lambda event: event.tell(Kind.PARCEL, f.ParcelDelivered(*event.name)),
    "logistics.parcel.damaged": lambda event: event.tell(Kind.PARCEL, f.ParcelDamaged(*event.name)),
    "logistics.parcel.lost": lambda event: event.tell(Kind.PARCEL, f.ParcelLost(*event.name)),
    "logistics.parcel.returned": lambda event: event.tell(Kind.PARCEL, f.ParcelReturned(*event.name)),
    "logistics.return.registered": _return_registered,
    "logistics.return.received": _return_received,
}
"""What each type of event tells."""
