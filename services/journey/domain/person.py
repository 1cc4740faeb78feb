"""A person as rules see one: everything that the cells below a root have told it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from schemas.aliases import Kind, kind_of, name_of
from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order, Promise
from services.journey.domain.entities.parcel import lives
from services.journey.domain.entities.survey import Survey
from services.journey.domain.entities.visit import Cart, Checkout, Visit
from services.journey.domain.entity import Entity
from services.journey.domain.ids import pain_point_id

Members = Mapping[str, Entity]
"""The facts of a unit: of its own alias and of those absorbed in it (an order's parcels), by alias."""

_VISITORS = (Kind.SESSION, Kind.ANONYMOUS, Kind.CUSTOMER)


@dataclass(slots=True)
class Person:
    """Who stands behind a root, with all entities below it."""

    shop: str
    root: str  # alias
    orders: list[Order] = field(default_factory=list)
    carts: list[Cart] = field(default_factory=list)
    checkouts: list[Checkout] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    entities: list[tuple[str, Entity]] = field(default_factory=list)  # (unit's alias, facts of its own alias)
    order_instants: list[int] = field(default_factory=list)  # ms, ascending
    checkout_instants: list[int] = field(default_factory=list)  # ms, ascending

    def order(self, order_id: str) -> Order | None:
        """The person's order of that id."""
        return next((order for order in self.orders if order.id == order_id), None) if order_id else None

    def basket(self, checkout: Checkout, until: int) -> tuple[Decimal | None, str]:
        """(value, currency) of a checkout as known at an instant: its own total, else its cart's."""
        value, currency = checkout.basket(until)
        if value is not None:
            return value, currency
        carts = (cart for cart in self.carts if cart.alias == f"cart:{checkout.cart_id}")
        updates = [u for cart in carts for u in cart.updates if u.time <= until]
        return (updates[-1].value, updates[-1].currency) if updates else (None, "")

    def acted_on(self, kind: str, entity: str, anchor: int, order_id: str) -> int | None:
        """The first instant after `anchor` at which somebody acted on that pain point or its order.

        An acknowledgement is no action: it says that somebody saw it, not that anything was done.
        """
        wanted = str(pain_point_id(self.shop, kind, entity, anchor))
        actions = (a for _, known in self.entities for a in known.of(f.ActionTaken) if a.action != "acknowledged")
        hits = [a.time for a in actions if a.pain_point_id == wanted or (order_id and a.order_id == order_id)]
        return min((at for at in hits if at > anchor), default=None)

    def surveys(self, unit: str) -> list[Survey]:
        """The answers and feedback kept in a unit."""
        known = next((entity for alias, entity in self.entities if alias == unit), Entity())
        answers: list[f.SurveyAnswered | f.FeedbackPosted] = [*known.of(f.SurveyAnswered), *known.of(f.FeedbackPosted)]
        return [Survey(answer, self._order_of(answer)) for answer in answers]

    def _order_of(self, answer: f.SurveyAnswered | f.FeedbackPosted) -> str:
        if answer.order_id or isinstance(answer, f.FeedbackPosted) or not answer.ticket_id:
            return answer.order_id
        ticket = next((entity for alias, entity in self.entities if alias == f"ticket:{answer.ticket_id}"), Entity())
        return next((opened.order_id for opened in ticket.of(f.TicketOpened) if opened.order_id), "")


def assemble(shop: str, root: str, units: Iterable[tuple[str, Members]]) -> Person:
    """The person made of a root's units, given as (alias, members) in any order."""
    person = Person(shop, root)
    for alias, members in sorted(units, key=lambda unit: unit[0]):
        own = members.get(alias, Entity())
        kind = kind_of(alias)
        person.entities.append((alias, own))
        if kind is Kind.ORDER:
            person.orders.append(_order(shop, alias, members, own))
        elif kind is Kind.CART:
            person.carts.append(Cart(alias, own))
        elif kind is Kind.CHECKOUT:
            person.checkouts.append(Checkout(alias, own))
        elif kind in _VISITORS:
            person.visits.append(Visit(alias, own))
    person.order_instants = sorted(p.time for order in person.orders for p in order.placements)
    person.checkout_instants = sorted(s.time for c in person.checkouts for s in c.entity.of(f.CheckoutStarted))
    _lend_promises(person)
    return person


def _order(shop: str, alias: str, members: Members, own: Entity) -> Order:
    order = Order(name_of(alias), own)
    for name, entity in sorted(members.items()):
        if name != alias:
            for life in lives(name, entity):
                if life.shop == shop and life.order_id == order.id:
                    order.parcels.append(life)
                elif life.shop == shop:
                    order.foreign[life.alias] = f"order:{life.order_id}"
    return order


def _lend_promises(person: Person) -> None:
    """Give each order what its checkout promised."""
    for order in person.orders:
        ids = {placed.checkout_id for placed in order.placements}
        order.checkout_promises = [
            Promise(step.promised_by, step.time, step.source, step.id)
            for checkout in person.checkouts
            if checkout.id in ids
            for step in checkout.entity.of(f.CheckoutStepCompleted)
            if step.promised_by is not None
        ]
