"""Online Retail, the invoices of a British gift shop, as the events that its books would have sent.

The data knows sales and what was taken back of them, and nothing of approvals, parcels or visits. What is made of
credit notes, and what is no order at all, is said at the functions; `retail_tables` reads the files.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from services.cli.replays.event import SentEvent
from services.cli.replays.retail_credits import Purchases
from services.cli.replays.retail_tables import Invoice, Item, Kind, read

CURRENCY = "GBP"
MOST_ITEMS = 1_000
"""An order may list so many; the data's few longer ones are sent with their total alone."""


def events(directory: Path, shop: str = "retail") -> Iterator[SentEvent]:
    """All events in order of their time; those of the same minute with sales before credit notes.

    `shop` names the source, too. Raises `ValueError` naming file and line of what cannot be read.
    """
    purchases = Purchases()
    for invoice in sorted(read(directory), key=lambda invoice: (invoice.at, invoice.kind is Kind.CREDIT)):
        if is_order(invoice):
            purchases.add(invoice)
            yield _event(shop, invoice, "storefront.order.placed", f"{invoice.number}.placed", _placed(invoice))
        elif is_credit(invoice):
            yield from _credited(shop, invoice, purchases)


def is_order(invoice: Invoice) -> bool:
    """Whether somebody ordered: goods that went out to a known customer, or for money.

    What neither names a customer nor costs anything are corrections of the stock ("damaged", "found").
    """
    sold = [item for item in invoice.items if item.quantity > 0]
    return invoice.kind is Kind.SALE and bool(sold) and bool(invoice.customer_id or total(sold))


def is_credit(invoice: Invoice) -> bool:
    """Whether a customer was given money back; a note without a customer tells of nobody, mostly of the shop's fees."""
    return invoice.kind is Kind.CREDIT and bool(invoice.customer_id) and bool(total(invoice.items))


def total(items: Sequence[Item]) -> Decimal:
    """What the lines come to."""
    return sum((item.quantity * item.unit_price for item in items), Decimal(0))


def _placed(invoice: Invoice) -> Mapping[str, object]:
    lines = _lines(invoice.items)
    data = {**_of(invoice, invoice.number), "total": str(total(invoice.items)), "currency": CURRENCY}
    if len(lines) <= MOST_ITEMS:
        data["items"] = lines
    return data


def _credited(shop: str, note: Invoice, purchases: Purchases) -> Iterator[SentEvent]:
    """A refund for each order that it pays back, and a cancellation of each order that nothing is left of.

    The data does not say whether goods came back, so nothing is called a return. What was bought before the data
    begins, or is no article (discounts, postage), refunds an order of which only the note's number is known.
    """
    settled = purchases.credit(note)
    refunds = [(order_id, f"{note.number}.refunded.{order_id}", amount) for order_id, amount in settled.refunds.items()]
    if settled.unknown:
        refunds.append((note.number, f"{note.number}.refunded", settled.unknown))
    for order_id, name, amount in refunds:
        money = {"amount": str(amount), "currency": CURRENCY, "credit_note": note.number}
        yield _event(shop, note, "storefront.order.refunded", name, {**_of(note, order_id), **money})
    for order_id in settled.undone:
        data = {**_of(note, order_id), "reason": "credited in full", "credit_note": note.number}
        yield _event(shop, note, "storefront.order.cancelled", f"{order_id}.cancelled", data)


def _lines(items: Sequence[Item]) -> list[Mapping[str, object]]:
    """Order lines: an article that is there twice at one price was bought in that sum."""
    units: dict[tuple[str, Decimal], int] = {}
    for item in items:
        if item.quantity > 0:
            key = (item.sku, item.unit_price)
            units[key] = units.get(key, 0) + item.quantity
    return [{"sku": sku, "quantity": n, "unit_price": str(price)} for (sku, price), n in units.items()]


def _of(invoice: Invoice, order_id: str) -> dict[str, object]:
    """Whom it is about; a guest's order has no alias but itself."""
    known = {"order_id": order_id, "customer_id": invoice.customer_id, "country": invoice.country}
    return {name: value for name, value in known.items() if value}


def _event(shop: str, invoice: Invoice, type_: str, name: str, data: Mapping[str, object]) -> SentEvent:
    return SentEvent(id=name, source=f"{shop}/invoices", type=type_, time=invoice.at, shop=shop, data=data)
