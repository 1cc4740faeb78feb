"""A REES46 storefront: views, carts and purchases as the events that the shop would have sent.

A session has one cart, and what one session bought in one second is one order. `rees46_tables` reads the files.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from services.cli.replays.event import SentEvent
from services.cli.replays.rees46_tables import Action, Deed, read

CURRENCY = "USD"


def events(directory: Path, shop: str = "rees46") -> Iterator[SentEvent]:
    """All events in order of their time; those of the same second in the order of the files.

    `shop` names the source, too. Raises `ValueError` naming file and line of what cannot be read.
    """
    actions = read(directory)
    storefront = _Storefront(shop, _purchases(actions))
    for action in actions:
        yield from storefront.events(action)


Purchases = dict[tuple[str, datetime], list[Action]]
"""What each visit bought, by the second."""


def _purchases(actions: Iterable[Action]) -> Purchases:
    found: Purchases = {}
    for action in actions:
        if action.deed is Deed.PURCHASE:
            found.setdefault((action.visit, action.at), []).append(action)
    return found


@dataclass(slots=True)
class _Storefront:
    """Remembers the carts, and which events were already named."""

    shop: str
    purchases: Purchases
    carts: dict[str, dict[str, tuple[int, Decimal]]] = field(default_factory=dict)  # visit -> product -> units, price
    named: Counter[str] = field(default_factory=Counter)

    def events(self, action: Action) -> Iterator[SentEvent]:
        """What a line tells; the first of an order's lines tells the order."""
        if action.deed is Deed.VIEW:
            yield self._event("storefront.product.viewed", action, self._name(action), _viewed(action))
        elif action.deed is not Deed.PURCHASE:
            yield self._event("storefront.cart.updated", action, self._name(action), self._changed_cart(action))
        elif bought := self.purchases.pop((action.visit, action.at), None):
            order_id = f"{action.visit}.{action.at:%Y%m%dT%H%M%SZ}"
            yield self._event("storefront.order.placed", action, f"{order_id}.placed", self._order(order_id, bought))

    def _changed_cart(self, action: Action) -> Mapping[str, object]:
        """The whole cart after a line that put one unit into it or took one out, at the price last seen."""
        cart = self.carts.setdefault(action.visit, {})
        units = cart.get(action.product, (0, action.price))[0] + (1 if action.deed is Deed.CART else -1)
        cart[action.product] = (units, action.price)
        if units <= 0:
            del cart[action.product]
        lines = [_line(product, units, price) for product, (units, price) in cart.items()]
        return {"cart_id": action.visit, "items": lines, "currency": CURRENCY}

    def _order(self, order_id: str, bought: Sequence[Action]) -> Mapping[str, object]:
        """An order, with its visit's cart if it had one: what was bought is no longer in that."""
        units = Counter((action.product, action.price) for action in bought)
        cart = self.carts.get(bought[0].visit)
        for action in bought:
            (cart or {}).pop(action.product, None)
        return {
            "order_id": order_id,
            **({} if cart is None else {"cart_id": bought[0].visit}),
            "total": str(sum(action.price for action in bought)),
            "currency": CURRENCY,
            "items": [_line(product, n, price) for (product, price), n in units.items()],
        }

    def _name(self, action: Action) -> str:
        """An event's name out of what its line says, so that other lines do not change it; repeats are numbered."""
        name = f"{action.visit}.{action.deed}.{action.product}.{action.at:%Y%m%dT%H%M%SZ}"
        self.named[name] += 1
        return name if self.named[name] == 1 else f"{name}.{self.named[name]}"

    def _event(self, type_: str, action: Action, name: str, data: Mapping[str, object]) -> SentEvent:
        who = {"customer_id": action.user, **({"session_id": action.session} if action.session else {})}
        source = f"{self.shop}/storefront"
        return SentEvent(id=name, source=source, type=type_, time=action.at, shop=self.shop, data={**who, **data})


def _viewed(action: Action) -> Mapping[str, object]:
    known = {"category": action.category, "brand": action.brand}
    seen = {"sku": action.product, "price": str(action.price), "currency": CURRENCY}
    return {**seen, **{name: value for name, value in known.items() if value}}


def _line(product: str, units: int, price: Decimal) -> Mapping[str, object]:
    return {"sku": product, "quantity": units, "unit_price": str(price)}
