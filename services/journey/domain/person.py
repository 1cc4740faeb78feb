"""A person as rules see one: everything that the cells below a root have told it.

Units are told one by one (`know`); whatever a rule asks is noted, so that it is asked again only when its answer could
be another one.
"""

from collections.abc import Iterator, Mapping, Sequence

from schemas.aliases import Kind, alias
from services.journey.domain import facts as f
from services.journey.domain.baskets import NO_BASKET, Baskets
from services.journey.domain.entities.feed import Feed
from services.journey.domain.entities.order import Order, Promise
from services.journey.domain.entities.survey import Survey
from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.entities.visit import Cart, Checkout, Visit
from services.journey.domain.entity import Entity, last_activity, time_of
from services.journey.domain.ids import pain_point_id
from services.journey.domain.instants import DAY, earliest, first_after
from services.journey.domain.reads import Reads, Streams
from services.journey.domain.tickets import Tickets
from services.journey.domain.timeline import Timeline
from services.journey.domain.units import (
    CHECKING,
    CHECKOUTS,
    FILLED,
    NOTHING,
    ORDERS,
    Basket,
    Members,
    Telling,
    View,
    answers_in,
    only_touches,
    order_of,
    telling,
    view_of,
)
from services.journey.domain.words import Words

TOUCHES = "touches"
"""The stream of touches."""


class Person:
    """Who stands behind a root, with all entities below it."""

    def __init__(self, shop: str, root: str) -> None:
        self.shop, self.root = shop, root
        self.reads = Reads()
        self.streams = Streams(self.reads)
        self.timeline = Timeline(self.reads)
        self.words = Words(self.reads, self.timeline)
        self.members: dict[str, Members] = {}
        self.views: dict[str, View] = {}
        self._told: dict[str, Telling] = {}
        self._baskets = Baskets(self.streams)
        self._tickets = Tickets(self.reads)
        self._contacts: list[tuple[f.Fact, Ticket]] | None = None

    def know(self, unit: str, members: Members, news: Mapping[str, Entity] | None = None) -> None:
        """Take in what a unit holds now; `news` has what is new of it, unless all of it is.

        A unit that is told anew must only have grown.
        """
        told = members if unit not in self.members else news or {}
        own = told.get(unit, Entity())
        self.members[unit] = members
        if told is members or not only_touches(unit, members, told):
            self._see(unit, members)
        for about, stamps in own.touches.items():
            for stamp in stamps:
                self.streams.change(TOUCHES, time_of(stamp))
                self.timeline.touch(stamp, unit, about)

    def forget(self, unit: str) -> None:
        """A unit is not the person's any more. Its facts must be those that were told last."""
        members = self.members.pop(unit)
        own = members.get(unit, Entity())
        view = self.views.pop(unit, None)
        for about, stamps in own.touches.items():
            for stamp in stamps:
                self.streams.change(TOUCHES, time_of(stamp), gone=True)
                self.timeline.untouch(stamp, unit, about)
        told = self._told.pop(unit)
        self.streams.replace(told.streams, {})
        self.words.replace(told.words, set())
        self._baskets.replace(unit, told.baskets, {})
        if isinstance(view, Order):
            self._place(unit, told.placed_at, None)
        if isinstance(view, Ticket):
            self._open(unit, told, NOTHING)
        self.reads.changed(("unit", unit))

    def settle(self) -> None:
        """Bring touches, orders and words to their runs: to be called when all that is new is known."""
        self.timeline.settle()
        self.words.settle()

    def forgot(self, unit: str, instant: int) -> bool:
        """Whether what a unit was told of an instant was forgotten, because it was too much."""
        for entity in self.members[unit].values():
            if entity.hidden and entity.hidden[0] <= instant <= entity.hidden[1]:
                return True
        return False

    def view(self, unit: str) -> View:
        """A unit as rules see it. Raises KeyError for one that is unknown."""
        self.reads.note(("unit", unit))
        return self.views[unit]

    def active_until(self, unit: str) -> int:
        """The last instant (ms) that a unit tells of, -1 for none."""
        return max(map(last_activity, self.members[unit].values()), default=-1)

    def own(self, unit: str) -> Entity:
        """The facts of a unit's own alias."""
        self.reads.note(("unit", unit))
        return self.members[unit].get(unit, Entity())

    @property
    def feed(self) -> Feed | None:
        """The feed, if this is no person but one."""
        view = self.views.get(self.root)
        return view if isinstance(view, Feed) else None

    def order(self, order_id: str) -> Order | None:
        """The person's order of that id."""
        found = self._look(Kind.ORDER, order_id)
        return found if isinstance(found, Order) else None

    def checkout(self, checkout_id: str) -> Checkout | None:
        """The person's checkout of that id."""
        found = self._look(Kind.CHECKOUT, checkout_id)
        return found if isinstance(found, Checkout) else None

    def cart(self, cart_id: str) -> Cart | None:
        """The person's cart of that id."""
        found = self._look(Kind.CART, cart_id)
        return found if isinstance(found, Cart) else None

    def session(self, session_id: str) -> Visit | None:
        """The person's session of that id."""
        found = self._look(Kind.SESSION, session_id)
        return found if isinstance(found, Visit) else None

    def ticket(self, ticket_id: str) -> Ticket | None:
        """The person's ticket of that id."""
        found = self._look(Kind.TICKET, ticket_id)
        return found if isinstance(found, Ticket) else None

    def basket(self, checkout: Checkout, until: int) -> Basket:
        """What a checkout was worth as known at an instant: its own total, else its cart's."""
        value, currency = checkout.basket(until)
        cart = self.cart(checkout.cart_id) if value is None else None
        if cart is None:
            return value, currency
        updates = [u for u in cart.updates if u.time <= until]
        return (updates[-1].value, updates[-1].currency) if updates else NO_BASKET

    def orders_in(self, session: Visit) -> list[int]:
        """Instants of the orders that name a session, or a checkout that does."""
        own = [ordered.time for ordered in session.entity.of(f.Ordered)]
        return sorted([*own, *self.streams.all((Kind.SESSION, session.alias))])

    def additions_in(self, session: Visit) -> list[int]:
        """Instants at which an item was added to a cart in a session; of a cart unknown here, every filled update."""
        carts = ((fact, self.cart(fact.cart_id)) for fact in session.entity.of(f.ItemAdded))
        return [fact.time for fact, cart in carts if cart is None or (fact.source, fact.id) in cart.additions]

    def orders_of(self, sku: str) -> Sequence[int]:
        """Instants of the orders that hold an article, ascending."""
        return self.streams.all(("sku", sku))

    def ordered_since(self, instant: int) -> int | None:
        """The first order at or after an instant."""
        return self.streams.at_or_after(ORDERS, instant)

    def checked_out_since(self, instant: int) -> int | None:
        """The first start of a checkout at or after an instant."""
        return self.streams.at_or_after(CHECKOUTS, instant)

    def checking_out_since(self, instant: int) -> int | None:
        """The first event of any checkout at or after an instant."""
        return self.streams.at_or_after(CHECKING, instant)

    def filled_since(self, instant: int) -> int | None:
        """The first time at or after an instant that a cart was said to hold something."""
        return self.streams.at_or_after(FILLED, instant)

    def seen_after(self, instant: int) -> int | None:
        """The first touch or order after an instant."""
        return earliest(self.streams.first_after(TOUCHES, instant), self.streams.first_after(ORDERS, instant))

    def last_basket(self, since: int, until: int) -> Basket:
        """What any cart or checkout was last said to be worth between two instants, both included.

        Of several said at one instant a checkout's counts, and the last by name.
        """
        return self._baskets.last(since, until)

    def acted_on(self, kind: str, entity: str, anchor: int, order_id: str) -> int | None:
        """The first instant after `anchor` at which somebody acted on that pain point or its order.

        An acknowledgement is no action: it says that somebody saw it, not that anything was done.
        """
        actions = self.streams.all(("action", str(pain_point_id(self.shop, kind, entity, anchor))))
        on_order = self.streams.all(("action", alias(Kind.ORDER, order_id))) if order_id else ()
        return earliest(first_after(actions, anchor), first_after(on_order, anchor))

    def surveys(self, unit: str) -> list[Survey]:
        """The answers and feedback kept in a unit."""
        return [Survey(a, a.order_id or self._order_of_ticket(a.ticket_id)) for a in answers_in(self.own(unit))]

    def tickets_opened(self, since: int, until: int) -> Iterator[Ticket]:
        """The tickets opened between two instants, both included, by alias."""
        for unit in self._tickets.opened(since // DAY, until // DAY):
            ticket = self.view(unit)
            if isinstance(ticket, Ticket) and ticket.opened and since <= ticket.opened.time <= until:
                yield ticket

    def tickets_about(self, order_id: str) -> Iterator[Ticket]:
        """The tickets about an order, by alias."""
        for unit in self._tickets.about(order_id):
            ticket = self.view(unit)
            if isinstance(ticket, Ticket):
                yield ticket

    @property
    def contacts(self) -> list[tuple[f.Fact, Ticket]]:
        """Each time that the person turned to the shop, with the ticket, in order."""
        self.reads.note("contacts")
        if self._contacts is None:
            tickets = (view for view in self.views.values() if isinstance(view, Ticket) and view.opened)
            found = [(fact, ticket) for ticket in tickets for fact in ticket.contacts]
            self._contacts = sorted(found, key=lambda contact: f.rank(contact[0]))
        return self._contacts

    def lend_promises(self, order: Order) -> Order:
        """The order with what its checkouts promised, where that counts."""
        if order.own_promises:
            return order
        named = (self.checkout(id_) for id_ in sorted({placed.checkout_id for placed in order.placements}))
        promises = [
            Promise(step.promised_by, step.time, step.source, step.id)
            for checkout in named
            if checkout is not None
            for step in checkout.steps
            if step.promised_by is not None
        ]
        if promises != order.checkout_promises:
            order = order_of(self.shop, order.alias, self.members[order.alias])
            order.checkout_promises = promises
            self.views[order.alias] = order
        return order

    def _look(self, kind: Kind, name: str) -> View | None:
        if not name:
            return None
        unit = alias(kind, name)
        self.reads.note(("unit", unit))
        return self.views.get(unit)

    def _order_of_ticket(self, ticket_id: str) -> str:
        ticket = self.ticket(ticket_id)
        return ticket.order_id if ticket else ""

    def _see(self, unit: str, members: Members) -> None:
        """Make the view of a unit anew, and tell whoever has looked at it."""
        view = view_of(self.shop, unit, members)
        if view is not None:
            known = self.views.get(unit)
            if isinstance(view, Feed) and isinstance(known, Feed):
                view.past = known.past
            self.views[unit] = view
        before, after = self._told.get(unit, NOTHING), telling(unit, members, view)
        self._told[unit] = after
        self.reads.stale.add(("unit", unit))
        self.reads.changed(("unit", unit))
        self.streams.replace(before.streams, after.streams)
        if before.words != after.words:
            self.words.replace(before.words, after.words)
        if before.baskets != after.baskets:
            self._baskets.replace(unit, before.baskets, after.baskets)
        if isinstance(view, Order):
            self._place(unit, before.placed_at, after.placed_at)
        if isinstance(view, Ticket):
            self._open(unit, before, after)

    def _place(self, order: str, before: int | None, after: int | None) -> None:
        if before != after:
            self.timeline.place(order, after)
            self.words.placed()

    def _open(self, ticket: str, before: Telling, after: Telling) -> None:
        self._contacts = None
        self.reads.changed("contacts")
        self.words.about(ticket, alias(Kind.ORDER, after.about))
        self._tickets.replace(ticket, before, after)
