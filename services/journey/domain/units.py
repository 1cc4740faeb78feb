"""A unit as rules see it, and what it tells of the person as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from schemas.aliases import Kind, alias, kind_of, name_of
from services.journey.domain import facts as f
from services.journey.domain.entities.feed import Feed
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import lives
from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.entities.visit import Cart, Checkout, Visit
from services.journey.domain.entity import Entity
from services.journey.domain.reads import Name
from services.journey.domain.words import Word

Members = Mapping[str, Entity]
"""The facts of a unit: of its own alias and of those absorbed in it (an order's parcels), by alias."""

View = Order | Cart | Checkout | Ticket | Visit | Feed
"""A unit as rules see it."""

Basket = tuple[Decimal | None, str]
"""(value, currency); (None, "") when nothing is known."""

ORDERS, CHECKOUTS, CHECKING, FILLED = "orders", "checkouts", "checking", "filled"
"""Streams of instants: orders placed, checkouts begun, checkouts active, carts filled."""

LOGISTICS = (f.OrderPacked, f.ReturnRegistered, f.ReturnReceived)
"""What logistics says of an order itself."""


@dataclass(slots=True)
class Telling:
    """What a unit tells the person as a whole."""

    streams: Mapping[Name, Sequence[int]] = field(default_factory=dict)
    words: set[Word] = field(default_factory=set)
    baskets: Mapping[int, Basket] = field(default_factory=dict)
    placed_at: int | None = None
    opened_at: int | None = None
    about: str = ""  # id of the order that a ticket names


NOTHING = Telling()


def view_of(shop: str, unit: str, members: Members) -> View | None:
    """A unit as rules see it; None where they look at nothing but what is said in it."""
    own = members.get(unit, Entity())
    match kind_of(unit):
        case Kind.ORDER:
            return order_of(shop, unit, members)
        case Kind.CART:
            return Cart(unit, own)
        case Kind.CHECKOUT:
            return Checkout(unit, own)
        case Kind.TICKET:
            return Ticket(unit, own)
        case Kind.FEED:
            return Feed(unit, own)
        case Kind.SESSION | Kind.ANONYMOUS | Kind.CUSTOMER:
            return Visit(unit, own)
    return None


def order_of(shop: str, unit: str, members: Members) -> Order:
    """An order with those lives of its parcels' numbers that are its own."""
    order = Order(name_of(unit), members.get(unit, Entity()))
    for name, entity in sorted(members.items()):
        for life in lives(name, entity) if name != unit else ():
            if life.shop == shop and life.order_id == order.id:
                order.parcels.append(life)
            elif life.shop == shop:
                order.foreign[life.alias] = f"order:{life.order_id}"
    return order


def telling(unit: str, members: Members, view: View | None) -> Telling:
    """What a unit tells the person as a whole, from all that is known of it."""
    own = members.get(unit, Entity())
    streams = _actions(own)
    told = Telling(streams, set(_words(unit, own, view)))
    match view:
        case Order():
            told.placed_at = view.placed_at
            streams[ORDERS] = [placed.time for placed in view.placements]
            for placed in view.placements:
                for sku in placed.skus:
                    streams.setdefault(("sku", sku), []).append(placed.time)
        case Cart():
            streams[FILLED] = [update.time for update in view.updates if not update.empty]
            told.baskets = {update.time: (update.value, update.currency) for update in view.updates}
        case Checkout():
            started = view.entity.of(f.CheckoutStarted)
            streams[CHECKOUTS] = [fact.time for fact in started]
            streams[CHECKING] = [fact.time for fact in view.activity]
            for session_id in view.sessions:
                streams[Kind.SESSION, alias(Kind.SESSION, session_id)] = [fact.time for fact in view.orders]
            told.baskets = {fact.time: (fact.total, fact.currency) for fact in started if fact.total is not None}
        case Ticket():
            told.opened_at = view.opened.time if view.opened else None
            told.about = view.order_id
    return told


def only_touches(unit: str, members: Members, news: Mapping[str, Entity]) -> bool:
    """Whether nothing is new but that somebody touched something once more, and not for the first time."""
    new = news.get(unit)
    if new is None or len(news) > 1:
        return not news
    if new.facts or new.heard or new.channels or new.devices:
        return False
    told = [stamps[0] for stamps in new.touches.values() if stamps]
    return not told or min(told) != min(stamps[0] for stamps in members[unit].touches.values() if stamps)


def answers_in(own: Entity) -> list[f.SurveyAnswered | f.FeedbackPosted]:
    """The answers and feedback among an entity's facts."""
    return [fact for fact in own.facts if isinstance(fact, (f.SurveyAnswered, f.FeedbackPosted))]


def _words(unit: str, own: Entity, view: View | None) -> Iterator[Word]:
    """Each service event, and what logistics said of an order."""
    if isinstance(view, Ticket) and view.opened:
        order = alias(Kind.ORDER, view.order_id)
        yield from ((fact.time, unit, unit, order) for fact in view.words)
    for answer in answers_in(own):
        by_ticket = answer.ticket_id and not answer.order_id
        about = alias(Kind.TICKET, answer.ticket_id) if by_ticket else alias(Kind.ORDER, answer.order_id)
        yield answer.time, unit, "", about
    for taken in own.of(f.ActionTaken):
        yield taken.time, unit, "", alias(Kind.ORDER, taken.order_id)
    if isinstance(view, Order):
        said = (fact for fact in view.entity.facts if isinstance(fact, LOGISTICS))
        moved = (fact for parcel in view.parcels for fact in (*parcel.registrations, *parcel.words))
        yield from ((fact.time, unit, "", unit) for facts in (said, moved) for fact in facts)


def _actions(entity: Entity) -> dict[Name, list[int]]:
    """When somebody acted, by pain point and by order."""
    found: dict[Name, list[int]] = {}
    for taken in entity.of(f.ActionTaken):
        if taken.action != "acknowledged":
            found.setdefault(("action", taken.pain_point_id), []).append(taken.time)
            found.setdefault(("action", alias(Kind.ORDER, taken.order_id)), []).append(taken.time)
    return found
