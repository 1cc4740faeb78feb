"""How events, promises and spans of time are said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from services.cli.journeys.story import Event, Order, Promise

_SAID: Mapping[str, str] = {
    "page": "{}",
    "query": "“{}”",
    "results": "{} found",
    "sku": "{}",
    "step": "{}",
    "status": "{}",
    "kind": "{}",
    "message": "{}",
    "method": "by {}",
    "payment_method": "by {}",
    "channel": "by {}",
    "topic": "about {}",
    "reason": "because of {}",
    "by": "by {}",
    "survey": "{}",
    "where": "{}",
    "sentiment": "{}",
    "action": "{}",
    "note": "{}",
    "comment": "“{}”",
    "text": "“{}”",
    "location": "at {}",
}
"""Fields of an event's data worth a word, in this order."""

_CHANNEL_ONLY_OF = "service."
"""Elsewhere the channel is the journey's."""

VISITORS = ("session:", "anonymous:", "customer:")


def event_name(type_: str) -> str:
    """`storefront.cart.updated` is said "cart updated"."""
    return words(type_.partition(".")[2] or type_)


def words(name: str) -> str:
    """`ticket_unanswered` is said "ticket unanswered"."""
    return name.replace(".", " ").replace("_", " ")


def details(event: Event) -> list[str]:
    """What tells an event from others of its type; what it is about is no part of it."""
    data = event.data
    said = [form.format(data[name]) for name, form in _SAID.items() if _worth(event, name)]
    if not data.get("page") and data.get("url"):
        said.insert(0, str(data["url"]))
    if amount := money(data.get("total") or data.get("amount"), str(data.get("currency") or "")):
        said.insert(0, amount)
    if "score" in data:
        said.append(f"{data['score']} of {data['scale']:g}" if data.get("scale") else f"{data['score']}")
    return [printable(text) for text in said]


def money(amount: Any, currency: str) -> str:
    """An amount with at least two decimals and its currency; empty for none."""
    try:
        value = Decimal(str(amount)) if amount not in (None, "") else None
    except InvalidOperation:
        return f"{amount} {currency}".strip()
    if value is None or not value.is_finite():
        return ""
    exact = value.normalize()
    places = max(2, -int(exact.as_tuple().exponent))
    return f"{exact:,.{places}f} {currency}".strip()


def span(length: timedelta) -> str:
    """The two greatest units of a length of time."""
    seconds = int(abs(length).total_seconds())
    units = {"d": seconds // 86400, "h": seconds // 3600 % 24, "min": seconds // 60 % 60, "s": seconds % 60}
    names = list(units)
    first = next((place for place, name in enumerate(names) if units[name]), len(names) - 1)
    return " ".join(f"{units[name]} {name}" for name in names[first : first + 2] if units[name] or name == names[first])


def some(things: Iterable[str], most: int) -> str:
    """Things by name, each once; beyond so many, how many more there are. No limit when `most` is 0."""
    each = list(dict.fromkeys(filter(None, things)))
    if not most or len(each) <= most + 1:
        return ", ".join(each)
    return f"{', '.join(each[:most])} and {len(each) - most} more"


def verdict(promise: Promise, order: Order | None, clock: datetime | None) -> tuple[bool | None, str]:
    """(whether it was kept, None while nobody knows; that in words). The first attempt to deliver keeps a promise."""
    due = promise.promised_by
    seen = min((at for at in (order.first_attempt_at, order.delivered_at) if at), default=None) if order else None
    cancelled = order.cancelled_at if order else None
    if seen is not None and seen <= due:
        return True, f"promise kept, {span(due - seen)} before its end"
    if cancelled is not None and cancelled <= due:
        return None, "promise no longer due: the order was cancelled"
    if seen is not None:
        return False, f"promise broken: {span(seen - due)} late"
    if clock is None or clock <= due or order is None:
        return None, "promise due"
    if cancelled is not None:
        return False, f"promise broken: the order was cancelled {span(cancelled - due)} later"
    return False, f"promise broken: nothing came in the {span(clock - due)} since"


def printable(text: str) -> str:
    """Text that cannot move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _worth(event: Event, name: str) -> bool:
    value = event.data.get(name)
    if name == "channel" and not event.type.startswith(_CHANNEL_ONLY_OF):
        return False
    if name in ("payment_method", "method") and not event.type.startswith(("storefront.payment", "storefront.order")):
        return False
    return isinstance(value, str | int | float) and value != ""


def about(aliases: Sequence[str], known: str) -> str:
    """The things that events are about, but for visitors and what is known from the heading."""
    return some((alias for alias in aliases if not alias.startswith(VISITORS) and alias != known), 3)
