"""What the data of every event may carry, whatever its type: the aliases, the channel and the device."""

from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.events.fields import CarrierName, Id, Word

CustomerId = Annotated[Id, Field(description="The customer's id in the shop.", examples=["cus-204"])]
AnonymousId = Annotated[
    Id,
    Field(description="The id of a visitor who is not logged in, kept by the browser or app.", examples=["anon-7f3a"]),
]
SessionId = Annotated[Id, Field(description="One visit of one visitor.", examples=["ses-19c2"])]
CartId = Annotated[Id, Field(description="The cart's id.", examples=["cart-881"])]
CheckoutId = Annotated[Id, Field(description="The id of one attempt to check out.", examples=["chk-552"])]
OrderId = Annotated[Id, Field(description="The order's id in the shop.", examples=["ord-1001"])]
Carrier = Annotated[CarrierName, Field(description="The carrier's name; no slash in it.", examples=["acme-post"])]
TrackingNumber = Annotated[
    Id,
    Field(
        description="The carrier's number of the parcel; with `carrier` it names the parcel.", examples=["AP123456789"]
    ),
]
TicketId = Annotated[Id, Field(description="The help desk's id of the ticket.", examples=["tic-77"])]

ALIASES: Final = ("customer_id", "anonymous_id", "session_id", "cart_id", "checkout_id", "order_id", "ticket_id")
"""Each of these alone names somebody or something; so do `carrier` and `tracking_number` together."""


class Open(BaseModel):
    """An object that keeps the fields it does not know."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)


class EventData(Open):
    """The `data` of an event; a subclass is one event type, its docstring says when to send it.

    `priced` names the sums that need `currency` beside them although both are optional.
    `any_of` names fields of which at least one is required.
    `shown` names the fields that the smallest example needs beyond the required ones.
    """

    priced: ClassVar[tuple[str, ...]] = ()
    any_of: ClassVar[tuple[str, ...]] = ()
    shown: ClassVar[tuple[str, ...]] = ()

    customer_id: CustomerId | None = None
    anonymous_id: AnonymousId | None = None
    session_id: SessionId | None = None
    cart_id: CartId | None = None
    checkout_id: CheckoutId | None = None
    order_id: OrderId | None = None
    carrier: Carrier | None = None
    tracking_number: TrackingNumber | None = None
    ticket_id: TicketId | None = None
    channel: Annotated[
        Word | None,
        Field(description="Where it happened: `web`, `app`, `store`, `phone` or another word.", examples=["web"]),
    ] = None
    device: Annotated[
        Word | None,
        Field(description="What kind of device: `phone`, `tablet`, `desktop` or another word.", examples=["phone"]),
    ] = None


def names_somebody(data: dict[str, Any]) -> bool:
    """Whether the data name at least one alias; an alias that is null names nobody."""
    if any(data.get(alias) is not None for alias in ALIASES):
        return True
    return data.get("carrier") is not None and data.get("tracking_number") is not None


class PricedData(EventData):
    """Data whose optional sums are refused without their currency: 12.50 of nothing adds up to nothing."""

    @model_validator(mode="after")
    def _sums_have_a_currency(self) -> "PricedData":
        if getattr(self, "currency", None) is None:
            for field in self.priced:
                if getattr(self, field) is not None:
                    raise PydanticCustomError("currency_missing", "`currency` beside `{field}`", {"field": field})
        return self
