"""Everything that is known of one shop, asked by plain questions over all events."""

from __future__ import annotations

from datetime import datetime

from support.naive.events import Event
from support.naive.identity import persons
from support.naive.limits import Limits
from support.naive.orders import Order
from support.naive.orders import orders as all_orders
from support.naive.parcels import Parcel, after
from support.naive.parcels import parcels as all_parcels

from schemas import aliases
from schemas.aliases import Kind

VIEW = "storefront.page.viewed"
VISITORS = (Kind.SESSION, Kind.ANONYMOUS, Kind.CUSTOMER, Kind.CHECKOUT, Kind.CART, Kind.ORDER)
SHOPS_DOING = ("storefront.order.approved", "storefront.order.cancelled", "storefront.order.refunded")


class Shop:
    """The events of a shop and what they say together at `now`."""

    def __init__(self, name: str, events: list[Event], now: datetime, limits: Limits) -> None:
        self.name, self.events, self.now, self.limits = name, events, now, limits
        self.parcels = all_parcels(events)
        self.persons = persons(events, self.parcels)
        self.orders = all_orders(events, self.parcels, self.persons)

    def of(self, *types: str) -> list[Event]:
        """The events of these types; a type that ends in a dot stands for all that begin so."""
        return [e for e in self.events if any(e.type == t or (t[-1] == "." and e.type.startswith(t)) for t in types)]

    def names(self, kind: Kind, *types: str) -> list[str]:
        """Every alias of a kind that events of these types (or any) name."""
        return sorted({n for e in (self.of(*types) if types else self.events) if (n := e.name(kind))})

    def naming(self, alias: str) -> list[Event]:
        """The events that name an alias."""
        kind = aliases.kind_of(alias)
        return [e for e in self.events if e.name(kind) == alias]

    def linked(self, alias: str, kind: Kind) -> set[str]:
        """The aliases of a kind that are named together with this one."""
        return {n for e in self.naming(alias) if (n := e.name(kind))}

    def of_same_person(self, alias: str, kind: Kind) -> set[str]:
        """Those of the linked that belong to the same person.

        What was told without any customer or visitor joins nobody, so a session and its checkout may be two persons.
        """
        return {name for name in self.linked(alias, kind) if self.persons[name] == self.persons[alias]}

    def person(self, event: Event) -> str:
        """Whose event it is: the root of what it is about; nobody's while its parcel is not registered."""
        home = aliases.home(event.type, aliases.named(event.data)) or ""
        if life := self.life(event):
            home = life.alias
        return self.persons.get(home, "")

    def life(self, event: Event) -> Parcel | None:
        """The parcel that a carrier's word or a registration is about."""
        return next((p for p in self.parcels if event in p.words or event in p.registrations), None)

    def order(self, order_id: str) -> Order | None:
        """An order that was placed."""
        return next((o for o in self.orders if o.id == order_id and o.was_placed), None)

    def placed(self) -> list[Event]:
        """All orders that were placed, as events."""
        return self.of("storefront.order.placed")

    def orders_of(self, person: str) -> list[datetime]:
        """When a person ordered."""
        return [e.time for e in self.placed() if self.person(e) == person]

    def is_touch(self, event: Event) -> bool:
        """Whether it is the customer's own doing in the shop."""
        return event.type.startswith("storefront.") and event.type not in SHOPS_DOING

    def toucher(self, event: Event) -> str:
        """Whose touch it is: the session's, the order's (but for a page seen), the visitor's, else the basket's."""
        order = None if event.type == VIEW else event.name(Kind.ORDER)
        visitor = next((name for kind in VISITORS if (name := event.name(kind))), "")
        return event.name(Kind.SESSION) or order or visitor

    def touches_of(self, person: str) -> list[Event]:
        """What a person did in the shop."""
        return [e for e in self.events if self.is_touch(e) and self.persons.get(self.toucher(e)) == person]

    def order_of(self, event: Event) -> str:
        """The order an event is about: the one it names, else its ticket's, a carrier's word's parcel's."""
        if life := self.life(event):
            return life.order_id
        if named := event.name(Kind.ORDER):
            return aliases.name_of(named)
        ticket = event.name(Kind.TICKET)
        return self.order_of_ticket(ticket) if ticket else ""

    def order_of_ticket(self, ticket: str) -> str:
        """The order that a ticket was first said to be about."""
        said = [e for e in self.naming(ticket) if e.type.startswith("service.ticket.") and e.name(Kind.ORDER)]
        return str(said[0].data["order_id"]) if said else ""

    def refunds(self, order_id: str) -> list[Event]:
        """Money that went back for an order."""
        return [e for e in self.of("storefront.order.refunded") if e.data["order_id"] == order_id]

    def made_good(self, order_id: str) -> list[datetime]:
        """When an order was refunded or replaced."""
        replaced = [e.time for e in self.placed() if e.data.get("replaces") == order_id]
        return sorted([*(e.time for e in self.refunds(order_id)), *replaced])


def first_from(instants: list[datetime], since: datetime) -> datetime | None:
    """The first of them at or after an instant."""
    return min((at for at in instants if after(at, since)), default=None)


def first_after(instants: list[datetime], since: datetime) -> datetime | None:
    """The first of them after an instant."""
    return min((at for at in instants if at > since), default=None)
