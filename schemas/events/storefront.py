"""Events of the shop itself: its pages, its app, its order system."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.events.base import AnonymousId, CartId, CheckoutId, CustomerId, EventData, Open, OrderId, PricedData
from schemas.events.fields import Count, Currency, Flag, Id, Instant, Measure, Money, Text, Url, Word

Code = Annotated[Currency, Field(description="ISO 4217 code of every sum in this event.", examples=["EUR"])]
Total = Annotated[Money, Field(description="What the customer pays in all, shipping included.", examples=["64.80"])]
ShippingCost = Annotated[Money, Field(description="What shipping costs the customer.", examples=["4.90"])]
PaymentMethod = Annotated[Word, Field(description="How it is paid.", examples=["card"])]
PromisedBy = Annotated[
    Instant,
    Field(
        description="The instant by which the customer was told to have it. A promised calendar day means "
        "23:59:59.999 of that day in the shop's time zone.",
        examples=["2024-05-06T23:59:59.999+02:00"],
    ),
]
ShipBy = Annotated[
    Instant,
    Field(description="The instant by which it must be handed to the carrier.", examples=["2024-05-03T18:00:00+02:00"]),
]
Reason = Annotated[Word, Field(description="Why, in a word or a code.", examples=["insufficient_funds"])]


class Step(StrEnum):
    """The steps of a checkout."""

    CONTACT = "contact"
    ADDRESS = "address"
    SHIPPING = "shipping"
    PAYMENT = "payment"
    REVIEW = "review"


class ErrorKind(StrEnum):
    """What kind of error a customer ran into."""

    JS = "js"
    HTTP = "http"
    APP_CRASH = "app_crash"


class Item(Open):
    """One line of a cart or an order."""

    sku: Id = Field(description="The article's number.", examples=["sku-31"])
    quantity: Measure = Field(description="How many; a fraction for goods by weight.", examples=[2])
    unit_price: Money = Field(description="The price of one, in the event's `currency`.", examples=["29.95"])
    in_stock: Flag | None = Field(default=None, description="Whether it could be had at that moment.", examples=[True])


class PageViewed(EventData):
    """Somebody looked at a page. Send it when the page is left or hidden, so that its timings are known."""

    shown = ("session_id",)

    url: Url = Field(description="The page's address.", examples=["https://shop.example/p/sku-31"])
    page: Word | None = Field(
        default=None,
        description="What kind of page: `home`, `list`, `product`, `cart`, `order_status`, `account`, `help` or "
        "another word.",
        examples=["product"],
    )
    lcp_ms: Measure | None = Field(default=None, description="Largest Contentful Paint, milliseconds.", examples=[1840])
    inp_ms: Measure | None = Field(default=None, description="Interaction to Next Paint, milliseconds.", examples=[96])
    ttfb_ms: Measure | None = Field(default=None, description="Time to First Byte, milliseconds.", examples=[310.5])
    cls: Measure | None = Field(default=None, description="Cumulative Layout Shift, without unit.", examples=[0.04])


class SearchPerformed(EventData):
    """Somebody searched the shop."""

    shown = ("session_id",)

    query: Text = Field(description="What was searched for, as typed.", examples=["rain jacket"])
    results: Count = Field(description="How many articles were found; 0 is a dead end.", examples=[12])


class ProductViewed(PricedData):
    """Somebody looked at one article."""

    priced = ("price",)
    shown = ("session_id",)

    sku: Id = Field(description="The article's number.", examples=["sku-31"])
    price: Money | None = Field(default=None, description="The price shown; needs `currency`.", examples=["29.95"])
    currency: Code | None = None
    in_stock: Flag | None = Field(default=None, description="Whether it could be had at that moment.", examples=[True])


class CartUpdated(EventData):
    """A cart changed. Send the whole cart as it is now; an empty list says that it was emptied."""

    cart_id: CartId
    items: list[Item] = Field(max_length=1_000, description="Every line of the cart as it is now.")
    currency: Code
    total: Total | None = None


class CheckoutStarted(PricedData):
    """Somebody went to the checkout."""

    priced = ("total",)

    checkout_id: CheckoutId
    cart_id: CartId | None = None
    total: Total | None = None
    currency: Code | None = None


class CheckoutStepCompleted(EventData):
    """Somebody finished a step of the checkout. Its sums are in the checkout's currency."""

    checkout_id: CheckoutId
    step: Step = Field(description="The step that was finished.", examples=["shipping"])
    shipping_cost: ShippingCost | None = None
    currency: Code | None = None
    shipping_options: list[Word] | None = Field(
        default=None,
        max_length=1_000,
        description="Ways of delivery that were offered; an empty list says that there was none.",
        examples=[["standard", "express"]],
    )
    promised_by: PromisedBy | None = None
    payment_options: list[Word] | None = Field(
        default=None,
        max_length=1_000,
        description="Ways to pay that were offered; an empty list says that there was none.",
        examples=[["card", "invoice"]],
    )
    payment_method: PaymentMethod | None = None


class _Payment(PricedData):
    priced = ("amount",)
    any_of = ("checkout_id", "order_id")
    shown = ("checkout_id",)

    method: PaymentMethod
    checkout_id: CheckoutId | None = None
    order_id: OrderId | None = None
    amount: Money | None = Field(default=None, description="The sum in question; needs `currency`.", examples=["64.80"])
    currency: Code | None = None

    @model_validator(mode="after")
    def _names_what_is_paid(self) -> "_Payment":
        if self.checkout_id is None and self.order_id is None:
            raise PydanticCustomError("any_of", "`checkout_id` or `order_id`, to say what is paid")
        return self


class PaymentFailed(_Payment):
    """A payment was declined or broke off. Send one for each attempt."""

    reason: Reason | None = None


class PaymentSucceeded(_Payment):
    """A payment went through."""

    reason: Reason | None = None


class OrderPlaced(EventData):
    """The customer has ordered. It creates the order: without it no row of the order is published."""

    order_id: OrderId
    total: Total
    currency: Code
    checkout_id: CheckoutId | None = None
    cart_id: CartId | None = None
    items: list[Item] | None = Field(default=None, max_length=1_000, description="Every line of the order.")
    shipping_cost: ShippingCost | None = None
    promised_by: PromisedBy | None = None
    ship_by: ShipBy | None = None
    payment_method: PaymentMethod | None = None
    replaces: Id | None = Field(
        default=None,
        description="The id of the order that this one replaces, for a lost or damaged parcel.",
        examples=["ord-990"],
    )


class _Decision(EventData):
    order_id: OrderId
    reason: Reason | None = None
    by: Word | None = Field(default=None, description="Who decided: `shop`, `customer` or a name.", examples=["shop"])


class OrderApproved(_Decision):
    """The shop accepted the order: paid, checked, and free to be packed."""


class OrderCancelled(_Decision):
    """The order will not be delivered."""


class OrderRefunded(EventData):
    """Money went back to the customer."""

    order_id: OrderId
    amount: Money = Field(description="What went back.", examples=["29.95"])
    currency: Code
    return_id: Id | None = Field(
        default=None, description="The return it pays for; without it, all of the order.", examples=["ret-12"]
    )


class ErrorOccurred(EventData):
    """A customer ran into an error of the shop's page or app."""

    shown = ("session_id",)

    kind: ErrorKind = Field(description="What broke: the page's script, a request, or the app.", examples=["http"])
    message: Text = Field(description="The error's text.", examples=["payment widget did not load"])
    url: Url | None = Field(default=None, description="Where it happened.", examples=["https://shop.example/checkout"])
    status: Count | None = Field(default=None, description="The HTTP status, for kind `http`.", examples=[502])
    checkout_id: CheckoutId | None = None


class CustomerIdentified(EventData):
    """A visitor turned out to be a customer: a login, a registration, a link in a mail."""

    anonymous_id: AnonymousId
    customer_id: CustomerId
