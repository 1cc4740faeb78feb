"""What a credit note pays back: the data names no invoice, so the customer's own purchases have to tell."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from services.cli.replays.retail_tables import Invoice, Item

Article = tuple[str, str, Decimal]
"""(customer, article, price): only what was bought at this price can be credited at it."""


@dataclass(slots=True)
class _Bought:
    order_id: str
    left: int  # not yet credited


@dataclass(frozen=True, slots=True)
class Settlement:
    """The money that a note pays back by order, what belongs to no known order, and the orders it left nothing of."""

    refunds: Mapping[str, Decimal]
    unknown: Decimal
    undone: tuple[str, ...]


@dataclass(slots=True)
class Purchases:
    """What customers have bought and not yet been credited. To be told of invoices in order of time."""

    _articles: dict[Article, list[_Bought]] = field(default_factory=lambda: defaultdict(list))
    _left: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # order -> units that cost something

    def add(self, invoice: Invoice) -> None:
        """An order was placed. What cost nothing is not counted: nothing of it can be paid back."""
        for item in invoice.items:
            if invoice.customer_id and item.quantity > 0 and item.unit_price:
                bought = self._articles[invoice.customer_id, item.sku, item.unit_price]
                bought.append(_Bought(invoice.number, item.quantity))
                self._left[invoice.number] += item.quantity

    def credit(self, note: Invoice) -> Settlement:
        """Each article goes to the customer's latest order that has some of it left at that price, then to older."""
        refunds: dict[str, Decimal] = {}
        unknown = Decimal(0)
        for item in note.items:
            wanted = -item.quantity
            for order_id, quantity in self._taken(note.customer_id, item):
                refunds[order_id] = refunds.get(order_id, Decimal(0)) + quantity * item.unit_price
                wanted -= quantity
            unknown += wanted * item.unit_price
        return Settlement(refunds, unknown, tuple(order_id for order_id in refunds if not self._left[order_id]))

    def _taken(self, customer_id: str, item: Item) -> list[tuple[str, int]]:
        """(order, units) that a credited line takes from what is left."""
        found, wanted = [], -item.quantity
        for bought in reversed(self._articles.get((customer_id, item.sku, item.unit_price), ())):
            quantity = min(wanted, bought.left)
            if quantity:
                bought.left -= quantity
                self._left[bought.order_id] -= quantity
                wanted -= quantity
                found.append((bought.order_id, quantity))
        return found
