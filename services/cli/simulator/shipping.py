"""What becomes of an order: chapters from placing it to what the customer says of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.cli.simulator.shopping import CURRENCY, METHODS, Cart, Checkout, finish_checkout, to_checkout
from services.cli.simulator.story import Finding
from services.cli.simulator.teller import Teller

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHIP_WITHIN = 3 * DAY
PROMISE = 14 * DAY
"""Usual dates, counted from the order: an undisturbed one takes a week at most."""

CARRIERS = {"northpost": True, "parcelfox": True, "swift": False}
"""Whether each carrier names the shop in its events."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order and the dates that came with it."""

    id: str
    placed_at: datetime
    promised_by: datetime
    ship_by: datetime | None

    @property
    def alias(self) -> str:
        """Its name as an entity."""
        return f"order:{self.id}"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel on its way."""

    carrier: str
    number: str
    order_id: str

    @property
    def alias(self) -> str:
        """Its name as an entity."""
        return f"parcel:{self.carrier}/{self.number}"


def place(
    t: Teller,
    cart: Cart,
    checkout: Checkout | None = None,
    promise: timedelta = PROMISE,
    ship: timedelta | None = SHIP_WITHIN,
    **about: object,
) -> Order:
    """Order the cart, now."""
    ship_by = t.now + ship if ship is not None else None
    order = Order(t.name("order"), t.now, t.now + promise, ship_by)
    t.web(
        "order.placed",
        order_id=order.id,
        **({"checkout_id": checkout.id, "cart_id": cart.id} if checkout else {}),
        total=str(cart.total),
        currency=CURRENCY,
        items=list(cart.items),
        payment_method=t.rng.choice(METHODS),
        promised_by=order.promised_by.isoformat(timespec="milliseconds"),
        **({"ship_by": ship_by.isoformat(timespec="milliseconds")} if ship_by else {}),
        **about,
    )
    return order


def order(t: Teller, promise: timedelta = PROMISE, ship: timedelta | None = SHIP_WITHIN) -> Order:
    """Come, choose, pay and order without a hitch."""
    cart, checkout = to_checkout(t)
    checkout = finish_checkout(t, checkout)
    t.pause(timedelta(seconds=1), timedelta(seconds=20))
    return place(t, cart, checkout, promise, ship)


def approve(t: Teller, order: Order) -> datetime:
    """The shop accepts the order, now."""
    t.office("storefront.order.approved", order_id=order.id)
    return t.now


def cancel(t: Teller, order: Order, reason: str = "customer") -> datetime:
    """The order is cancelled, now."""
    t.office("storefront.order.cancelled", order_id=order.id, reason=reason)
    return t.now


def breaks_promise(
    t: Teller, order: Order, ended_at: datetime | None = None, follows: Finding | None = None
) -> Finding:
    """Nobody was at the customer's door by the date that was promised."""
    promised = order.promised_by
    return t.hurts("delivery_late", order.alias, promised, happened_at=promised, ended_at=ended_at, follows=follows)


def refund(t: Teller, order: Order, **about: object) -> datetime:
    """The customer gets money back, now."""
    t.office("storefront.order.refunded", order_id=order.id, amount="10.00", currency=CURRENCY, **about)
    return t.now


def register(t: Teller, order: Order, carrier: str = "", number: str = "", **lane: str) -> Parcel:
    """The shop announces a parcel to a carrier, now; on a usual lane unless told otherwise."""
    parcel = Parcel(carrier or t.rng.choice(list(CARRIERS)), number or t.name("parcel"), order.id)
    usual = {"origin": "DE-HAM", "destination": t.rng.choice(("DE-BER", "DE-MUC", "AT-VIE"))}
    label = {"carrier": parcel.carrier, "tracking_number": parcel.number}
    t.office("logistics.parcel.registered", order_id=order.id, **label, **{**usual, **lane})
    return parcel


def moves(t: Teller, parcel: Parcel, what: str, **data: object) -> datetime:
    """The carrier says something of the parcel, now: `scanned`, `delivered`, …."""
    knows_shop = CARRIERS.get(parcel.carrier, True)
    t.carrier(parcel.carrier, f"parcel.{what}", knows_shop=knows_shop, tracking_number=parcel.number, **data)
    return t.now


def scan(t: Teller, parcel: Parcel, status: str = "in_transit", **data: object) -> datetime:
    """The carrier sees the parcel, now."""
    return moves(t, parcel, "scanned", status=status, location=t.rng.choice(("HAM", "HAJ", "LEJ", "NUE")), **data)


def estimate(t: Teller, parcel: Parcel, expected: datetime) -> datetime:
    """The carrier sees the parcel and says when it expects to deliver it, now."""
    return scan(t, parcel, estimated_delivery=expected.isoformat(timespec="milliseconds"))


def approved_order(t: Teller, promise: timedelta = PROMISE, ship: timedelta | None = SHIP_WITHIN) -> Order:
    """An order that was approved within hours."""
    placed = order(t, promise, ship)
    t.pause(HOUR / 10, 6 * HOUR)
    approve(t, placed)
    return placed


def shipped(t: Teller, placed: Order) -> Parcel:
    """Its parcel is registered and, within a day and in time, handed over."""
    t.pause(HOUR, 8 * HOUR)
    parcel = register(t, placed)
    t.pause(HOUR, 16 * HOUR)
    moves(t, parcel, "handed_over")
    return parcel


def on_its_way(t: Teller, promise: timedelta = PROMISE) -> tuple[Order, Parcel]:
    """An order up to a first scan by the carrier."""
    placed = approved_order(t, promise)
    parcel = shipped(t, placed)
    t.pause(4 * HOUR, 20 * HOUR)
    scan(t, parcel, "accepted")
    return placed, parcel


def arrives(t: Teller, parcel: Parcel) -> datetime:
    """The rest of a good delivery: within three days."""
    t.pause(4 * HOUR, 40 * HOUR)
    scan(t, parcel, "at_hub")
    t.pause(4 * HOUR, 24 * HOUR)
    scan(t, parcel, "out_for_delivery")
    t.pause(HOUR, 8 * HOUR)
    return moves(t, parcel, "delivered")


def moves_until_the_promise(t: Teller, placed: Order, parcel: Parcel) -> None:
    """Scanned a little before the promise breaks, so that it does not stall; now it breaks."""
    t.wait_until(placed.promised_by - HOUR)
    scan(t, parcel)
    t.wait_until(placed.promised_by)


def delivered(t: Teller) -> Order:
    """An order that came as promised."""
    placed, parcel = on_its_way(t)
    arrives(t, parcel)
    return placed


def goes_well(t: Teller, placed: Order) -> None:
    """What follows an order when nothing goes wrong."""
    t.pause(HOUR / 10, 6 * HOUR)
    approve(t, placed)
    parcel = shipped(t, placed)
    arrives(t, parcel)
