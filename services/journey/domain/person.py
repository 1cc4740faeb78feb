"""A person as rules see one: everything that the cells below a root have told it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from schemas.aliases import Kind, alias, kind_of, name_of
from services.journey.domain import facts as f
from services.journey.domain.entities.feed import Feed
from services.journey.domain.entities.order import Order, Promise
from services.journey.domain.entities.parcel import lives
from services.journey.domain.entities.survey import Survey
from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.entities.visit import Cart, Checkout, Visit
from services.journey.domain.entity import Entity, last_activity, time_of
from services.journey.domain.ids import pain_point_id
from services.journey.domain.instants import earliest, first_after

Members = Mapping[str, Entity]
"""The facts of a unit: of its own alias and of those absorbed in it (an order's parcels), by alias."""


@dataclass(eq=False)
class Person:
    """Who stands behind a root, with all entities below it."""

    shop: str
    root: str  # alias
    orders: list[Order] = field(default_factory=list)
    carts: list[Cart] = field(default_factory=list)
    checkouts: list[Checkout] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)
    entities: dict[str, Entity] = field(default_factory=dict)  # unit's alias -> facts of its own alias
    active_until: dict[str, int] = field(default_factory=dict)  # unit -> its last activity, ms
    hidden: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # unit -> [from, to] that were forgotten, ms

    def forgot(self, unit: str, instant: int) -> bool:
        """Whether what a unit was told of an instant was forgotten, because it was too much."""
        return any(begin <= instant <= end for begin, end in self.hidden.get(unit, ()))

    def order(self, order_id: str) -> Order | None:
        """The person's order of that id."""
        return self._orders.get(order_id)

    def checkout(self, checkout_id: str) -> Checkout | None:
        """The person's checkout of that id."""
        return self._checkouts.get(checkout_id)

    def session(self, session_id: str) -> Visit | None:
        """The person's session of that id."""
        return self._visits.get(alias(Kind.SESSION, session_id))

    def basket(self, checkout: Checkout, until: int) -> tuple[Decimal | None, str]:
        """(value, currency) of a checkout as known at an instant: its own total, else its cart's."""
        value, currency = checkout.basket(until)
        cart = self._carts.get(alias(Kind.CART, checkout.cart_id))
        if value is not None or cart is None:
            return value, currency
        updates = [u for u in cart.updates if u.time <= until]
        return (updates[-1].value, updates[-1].currency) if updates else (None, "")

    @cached_property
    def sessions(self) -> list[Visit]:
        """The visits that are sessions."""
        return [visit for visit in self.visits if kind_of(visit.alias) is Kind.SESSION]

    def orders_in(self, session: Visit) -> list[int]:
        """Instants of the orders that name a session, or a checkout that does."""
        own = [ordered.time for ordered in session.entity.of(f.Ordered)]
        return sorted([*own, *self._orders_by_session.get(session.alias, ())])

    def additions_in(self, session: Visit) -> list[int]:
        """Instants at which an item was added to a cart in a session; of a cart unknown here, every filled update."""
        carts = ((fact, self._carts.get(alias(Kind.CART, fact.cart_id))) for fact in session.entity.of(f.ItemAdded))
        return [fact.time for fact, cart in carts if cart is None or (fact.source, fact.id) in cart.additions]

    def orders_of(self, sku: str) -> list[int]:
        """Instants of the orders that hold an article, ascending."""
        return self._orders_by_sku.get(sku, [])

    def seen_since(self, instant: int) -> int | None:
        """The first touch or order after an instant."""
        return earliest(first_after(self._touch_instants, instant), first_after(self.order_instants, instant))

    def acted_on(self, kind: str, entity: str, anchor: int, order_id: str) -> int | None:
        """The first instant after `anchor` at which somebody acted on that pain point or its order.

        An acknowledgement is no action: it says that somebody saw it, not that anything was done.
        """
        actions = self._actions.get(str(pain_point_id(self.shop, kind, entity, anchor)), [])
        on_order = self._actions.get(alias(Kind.ORDER, order_id), []) if order_id else []
        return earliest(first_after(actions, anchor), first_after(on_order, anchor))

    def surveys(self, unit: str) -> list[Survey]:
        """The answers and feedback kept in a unit."""
        known = self.entities.get(unit, Entity())
        answers: list[f.SurveyAnswered | f.FeedbackPosted] = [*known.of(f.SurveyAnswered), *known.of(f.FeedbackPosted)]
        return [Survey(answer, answer.order_id or self._order_of_ticket(answer.ticket_id)) for answer in answers]

    @cached_property
    def order_instants(self) -> list[int]:
        """When orders were placed, ascending."""
        return sorted(placed.time for order in self.orders for placed in order.placements)

    @cached_property
    def checkout_instants(self) -> list[int]:
        """When checkouts were started, ascending."""
        return sorted(s.time for checkout in self.checkouts for s in checkout.entity.of(f.CheckoutStarted))

    @cached_property
    def contacts(self) -> list[tuple[f.Fact, Ticket]]:
        """Each time that the person turned to the shop, with the ticket, in order."""
        found = [(fact, ticket) for ticket in self.tickets if ticket.opened for fact in ticket.contacts]
        return sorted(found, key=lambda contact: f.rank(contact[0]))

    def _order_of_ticket(self, ticket_id: str) -> str:
        ticket = self._tickets.get(alias(Kind.TICKET, ticket_id)) if ticket_id else None
        return ticket.order_id if ticket else ""

    @cached_property
    def _orders(self) -> dict[str, Order]:
        return {order.id: order for order in self.orders}

    @cached_property
    def _checkouts(self) -> dict[str, Checkout]:
        return {checkout.id: checkout for checkout in self.checkouts}

    @cached_property
    def _carts(self) -> dict[str, Cart]:
        return {cart.alias: cart for cart in self.carts}

    @cached_property
    def _visits(self) -> dict[str, Visit]:
        return {visit.alias: visit for visit in self.visits}

    @cached_property
    def _tickets(self) -> dict[str, Ticket]:
        return {ticket.alias: ticket for ticket in self.tickets}

    @cached_property
    def _orders_by_session(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for checkout in self.checkouts:
            for session_id in checkout.sessions:
                found[alias(Kind.SESSION, session_id)] += [ordered.time for ordered in checkout.orders]
        return found

    @cached_property
    def _orders_by_sku(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for placed in sorted((p for order in self.orders for p in order.placements), key=lambda p: p.time):
            for sku in placed.skus:
                found[sku].append(placed.time)
        return found

    @cached_property
    def _touch_instants(self) -> list[int]:
        stamps = (stamp for visit in self.visits for about in visit.entity.touches.values() for stamp in about)
        return sorted(time_of(stamp) for stamp in stamps)

    @cached_property
    def _actions(self) -> dict[str, list[int]]:
        """Instants of actions, ascending, by the id of their pain point and by the alias of their order."""
        found: dict[str, list[int]] = defaultdict(list)
        for entity in self.entities.values():
            for taken in entity.of(f.ActionTaken):
                if taken.action != "acknowledged":
                    found[taken.pain_point_id].append(taken.time)
                    found[alias(Kind.ORDER, taken.order_id)].append(taken.time)
        return {name: sorted(instants) for name, instants in found.items()}


def assemble(shop: str, root: str, units: Iterable[tuple[str, Members]]) -> Person:
    """The person made of a root's units, given as (alias, members) in any order."""
    person = Person(shop, root)
    for unit, members in sorted(units, key=lambda unit: unit[0]):
        own = members.get(unit, Entity())
        person.entities[unit] = own
        person.active_until[unit] = max(map(last_activity, members.values()), default=-1)
        if spans := [entity.hidden for entity in members.values() if entity.hidden]:
            person.hidden[unit] = spans
        match kind_of(unit):
            case Kind.ORDER:
                person.orders.append(_order(shop, unit, members, own))
            case Kind.CART:
                person.carts.append(Cart(unit, own))
            case Kind.CHECKOUT:
                person.checkouts.append(Checkout(unit, own))
            case Kind.TICKET:
                person.tickets.append(Ticket(unit, own))
            case Kind.FEED:
                person.feeds.append(Feed(unit, own))
            case Kind.SESSION | Kind.ANONYMOUS | Kind.CUSTOMER:
                person.visits.append(Visit(unit, own))
    _lend_promises(person)
    return person


def _order(shop: str, unit: str, members: Members, own: Entity) -> Order:
    order = Order(name_of(unit), own)
    for name, entity in sorted(members.items()):
        if name != unit:
            for life in lives(name, entity):
                if life.shop == shop and life.order_id == order.id:
                    order.parcels.append(life)
                elif life.shop == shop:
                    order.foreign[life.alias] = f"order:{life.order_id}"
    return order


def _lend_promises(person: Person) -> None:
    """Give each order what its checkout promised."""
    for order in person.orders:
        named = (person.checkout(id_) for id_ in sorted({placed.checkout_id for placed in order.placements}))
        order.checkout_promises = [
            Promise(step.promised_by, step.time, step.source, step.id)
            for checkout in named
            if checkout is not None
            for step in checkout.steps
            if step.promised_by is not None
        ]
