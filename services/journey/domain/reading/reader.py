"""An event that is being read: what every type of event says, and the words in which the others say more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from schemas import aliases
from schemas.aliases import Kind, cell_key
from schemas.wire import EventItem
from services.journey.domain import facts as f
from services.journey.domain.entity import Entity, touch
from services.journey.domain.instants import parse
from services.journey.domain.timeline import AFTER

Data = Mapping[str, Any]

CARE_PAGES = frozenset({"order_status", "account", "help"})
CARE = "care"
"""The key of care touches that name no order."""

PAGE = "storefront.page.viewed"

VISITORS = (Kind.SESSION, Kind.ORDER, Kind.ANONYMOUS, Kind.CUSTOMER, Kind.CHECKOUT, Kind.CART)
"""Whose touch an event is: the first of these that it names. One event is one touch.

A customer's own cell does not have to remember each order.
"""
VIEWERS = (Kind.SESSION, Kind.ANONYMOUS, Kind.CUSTOMER, Kind.CHECKOUT, Kind.CART, Kind.ORDER)
"""The same for a page: anybody may look at an order's."""

SHOP_DOING = frozenset({"storefront.order.approved", "storefront.order.cancelled", "storefront.order.refunded"})
"""Storefront events that are no touch: the shop's doing, not the customer's."""

_ORDER_LINKING = ("storefront.order.", "storefront.payment.", "storefront.checkout.")


class Link(msgspec.Struct, frozen=True, array_like=True):
    """A proposal that an alias belongs to `parent`, by the event `(time, source, id)`."""

    parent: str  # alias
    time: int
    source: str
    id: str


@dataclass(slots=True)
class Account:
    """What one event says of one alias."""

    entity: Entity = field(default_factory=Entity)
    links: list[Link] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """What one event says, by cell key; `home` is the key of the cell it is about."""

    home: str
    accounts: dict[str, Account]


class Reader:
    """What an event holds, and what it was found to say so far."""

    def __init__(self, item: EventItem, data: Data) -> None:
        self.item, self.data = item, data
        self.named = aliases.named(data)
        self.accounts: dict[str, Account] = {item.cell: Account()}
        self.name = (item.time_ms, item.source, item.id)

    def about(self, alias: str) -> Account:
        """What the event says of an alias: to be added to."""
        key = cell_key(self.item.shop, alias)
        account = self.accounts.get(key)
        if account is None:
            account = self.accounts[key] = Account()
        return account

    def home(self) -> Account:
        """What it says of the thing that it is about."""
        return self.accounts[self.item.cell]

    def tell(self, kind: Kind, *told: f.AnyFact) -> None:
        """Facts about the alias of this kind, if the event names one."""
        if kind in self.named:
            self.about(self.named[kind]).entity.facts.extend(told)

    def tell_visit(self, *told: f.AnyFact) -> None:
        """Facts about the session."""
        self.tell(Kind.SESSION, *told)

    def text(self, name: str) -> str:
        """A field as text, "" when it is not there."""
        value = self.data.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def money(self, name: str) -> Decimal | None:
        """An amount."""
        return money(self.data.get(name))

    def instant(self, name: str) -> int | None:
        """An instant, in ms."""
        value = self.data.get(name)
        return parse(value) if isinstance(value, str) else None

    def count(self, name: str) -> int | None:
        """How many a list holds."""
        value = self.data.get(name)
        return len(value) if isinstance(value, list) else None

    def visit(self) -> None:
        """The touch, where the event is one: of the visitor that it names, else of what was touched."""
        kinds = VIEWERS if self.item.type == PAGE else VISITORS
        visitor = next((self.named[kind] for kind in kinds if kind in self.named), None)
        if visitor is None or self.item.type in SHOP_DOING:
            return
        entity = self.about(visitor).entity
        entity.touches[self._concern()] = [touch(*self.name)]
        if channel := self.text("channel"):
            entity.channels.append(channel)
        if device := self.text("device"):
            entity.devices.append(device)

    def _concern(self) -> str:
        order = self.named.get(Kind.ORDER, "")
        if self.item.type != PAGE:
            return f"{AFTER}{order}" if order else ""
        if order:
            return order
        return CARE if self.text("page") in CARE_PAGES else ""

    def kinship(self) -> None:
        """Who belongs to whom, as storefront events say it."""
        people = [self.named[k] for k in (Kind.CUSTOMER, Kind.ANONYMOUS) if k in self.named]
        children: list[Kind] = [k for k in (Kind.SESSION, Kind.CART, Kind.CHECKOUT) if k in self.named]
        if Kind.ORDER in self.named and self.item.type.startswith(_ORDER_LINKING):
            children.append(Kind.ORDER)
        for kind in children:
            self.link(self.named[kind], *people)
        if len(people) == 2:
            self.link(people[1], people[0])

    def link(self, child: str, *parents: str) -> None:
        """Propose parents, by alias."""
        self.about(child).links += [Link(parent, *self.name) for parent in parents]

    def checkout_activity(self) -> None:
        """Any event that carries a checkout is activity of it, and of the cart that it names beside it."""
        if Kind.CHECKOUT not in self.named or not self.item.shop:
            return
        known = self.about(self.named[Kind.CHECKOUT]).entity.facts
        if not known:
            known.append(f.CheckoutWasActive(*self.name, session_id=self.text("session_id")))
        if self.item.type != "storefront.order.placed":
            self.tell(Kind.CART, f.CheckoutTouchedCart(*self.name, checkout_id=self.text("checkout_id")))


def money(value: object) -> Decimal | None:
    """An amount or quantity, None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
