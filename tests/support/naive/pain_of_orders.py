"""Pain points of orders and their parcels, each kind as its row in the table reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from support.naive.events import Event
from support.naive.orders import Order
from support.naive.pain import Pain, overdue, spells
from support.naive.parcels import Parcel, earliest, status
from support.naive.shop import Shop, first_after

from schemas.aliases import Kind


def _of_order(shop: Shop, kind: str, order: Order, anchor: datetime, due: datetime, end: datetime | None,
              severity: str) -> Iterator[Pain]:  # fmt: skip
    if overdue(due, end, shop.now):
        entity = f"order:{order.id}"
        yield Pain(shop.name, kind, entity, anchor, due, end, severity, shop.persons[entity], order.id)


def approval_delayed(shop: Shop) -> Iterator[Pain]:
    """Placed, not approved or cancelled for 48 h."""
    for order in (o for o in shop.orders if o.was_placed):
        end = earliest(order.approved_at, order.cancelled_at)
        due = order.placed_at + shop.limits.approval_delayed
        yield from _of_order(shop, "approval_delayed", order, order.placed_at, due, end, "medium")


def fulfilment_delayed(shop: Shop) -> Iterator[Pain]:
    """Approved, not handed over by `ship_by`, else approval + 3 d."""
    for order in (o for o in shop.orders if o.was_placed):
        if order.approved_at is None:
            continue
        anchor = order.ship_by or order.approved_at
        due = order.ship_by or order.approved_at + shop.limits.fulfilment_delayed
        end = earliest(order.handed_over_at, order.cancelled_at)
        due = max(due, order.approved_at)
        yield from _of_order(shop, "fulfilment_delayed", order, anchor, due, end, "medium")


def delivery_late(shop: Shop) -> Iterator[Pain]:
    """The first promise passed with no attempt or delivery, and not cancelled by then."""
    for order in (o for o in shop.orders if o.was_placed):
        if (promise := order.first_promise) is not None:
            refunded = min((e.time for e in shop.refunds(order.id)), default=None)
            end = earliest(order.attempted_at, order.cancelled_at, refunded)
            yield from _of_order(shop, "delivery_late", order, promise, promise, end, "high")


def _of_parcel(shop: Shop, kind: str, parcel: Parcel, anchor: datetime, happened: datetime, end: datetime | None,
               severity: str) -> Pain:  # fmt: skip
    person = shop.persons[parcel.alias]
    return Pain(shop.name, kind, parcel.alias, anchor, happened, end, severity, person, parcel.order_id)


def never_scanned(shop: Shop) -> Iterator[Pain]:
    """Registered, no scan for 48 h; a cancellation ends it where the carrier has nothing."""
    for parcel in shop.parcels:
        cancelled = next((o.cancelled_at for o in shop.orders if o.id == parcel.order_id), None)
        end = earliest(parcel.handed_over_at, parcel.ended_at, cancelled)
        due = parcel.registered_at + shop.limits.never_scanned
        if overdue(due, end, shop.now):
            yield _of_parcel(shop, "never_scanned", parcel, parcel.registered_at, due, end, "medium")


def _signs(parcel: Parcel) -> dict[datetime, bool]:
    """The instants at which the carrier had it in hand; whether it then waited to be picked up."""
    return {sign.time: status(sign) == "available_for_pickup" for sign in parcel.signs}  # the last of an instant


def parcel_stalled(shop: Shop) -> Iterator[Pain]:
    """After a scan, no next scan, attempt or end for 5 d; not while it waits to be picked up."""
    for parcel in shop.parcels:
        signs = _signs(parcel)
        for sign, to_pick_up in signs.items():
            end = earliest(first_after(list(signs), sign), parcel.ended_at)
            due = sign + shop.limits.parcel_stalled
            if not to_pick_up and overdue(due, end, shop.now):
                yield _of_parcel(shop, "parcel_stalled", parcel, sign, due, end, "medium")


def delivery_attempt_failed(shop: Shop) -> Iterator[Pain]:
    """An attempt without delivery, or two rounds out for delivery more than a day apart."""
    for parcel in shop.parcels:
        pick_up = [e.time for e in parcel.signs if status(e) == "available_for_pickup"]
        ends = [at for at in (*pick_up, parcel.ended_at) if at is not None]
        facts = [(e.time, e) for e in parcel.signs if status(e) in ("attempted", "out_for_delivery")]
        for spell in spells(facts, ends):
            rounds = [e.time for e in spell.facts if status(e) == "out_for_delivery"]
            second = [at for at in rounds if at - rounds[0] > shop.limits.failed_between_rounds]
            tried = [e.time for e in spell.facts if status(e) == "attempted"]
            if (failed := min([*tried, *second], default=None)) is not None:
                yield _of_parcel(shop, "delivery_attempt_failed", parcel, failed, failed, spell.ended_at, "medium")


def parcel_lost(shop: Shop) -> Iterator[Pain]:
    """The carrier says lost; or last scan + 14 d and the first promise + 7 d are both past."""
    for parcel in shop.parcels:
        shown = sorted({at for at in (*_signs(parcel), parcel.delivered_at) if at is not None})
        for begin, end in zip([None, *shown], [*shown, None], strict=True):
            yield from _lost_between(shop, parcel, begin, end)


def _lost_between(shop: Shop, parcel: Parcel, begin: datetime | None, end: datetime | None) -> Iterator[Pain]:
    """The losses between one sign of a parcel and the next: (since when it counts, the instant it counts from)."""
    said = [e.time for e in parcel.losses if (begin is None or e.time >= begin) and (end is None or e.time < end)]
    facts = [(at, at) for at in said]
    ends = [*shop.made_good(parcel.order_id), *([end] if end else [])]
    if begin is not None and begin != parcel.final_end and not _signs(parcel)[begin]:
        due = _given_up(shop, parcel, begin)
        if overdue(due, earliest(*ends, *said, parcel.final_end), shop.now):
            facts.append((due, begin))
    for spell in spells([(fact[0], fact) for fact in sorted(facts)], ends):
        happened, anchor = spell.facts[0]
        yield _of_parcel(shop, "parcel_lost", parcel, anchor, happened, spell.ended_at, "critical")


def _given_up(shop: Shop, parcel: Parcel, sign: datetime) -> datetime:
    order = next(o for o in shop.orders if o.id == parcel.order_id)
    silent = sign + shop.limits.parcel_lost
    if order.first_promise is None:
        return silent
    return max(silent, order.first_promise + shop.limits.parcel_lost_after_promise)


def parcel_damaged(shop: Shop) -> Iterator[Pain]:
    """The carrier says so, or a ticket's topic or a return's reason does; until refunded or replaced."""
    for parcel in shop.parcels:
        for spell in spells([(e.time, e) for e in parcel.damages], shop.made_good(parcel.order_id)):
            at = spell.facts[0].time
            yield _of_parcel(shop, "parcel_damaged", parcel, at, at, spell.ended_at, "high")
    for order in (o for o in shop.orders if o.was_placed):
        entity = f"order:{order.id}"
        person = shop.persons[entity]
        for said in spells([(at, at) for at in _said_damaged(shop, order.id)], shop.made_good(order.id)):
            at = said.facts[0]
            yield Pain(shop.name, "parcel_damaged", entity, at, at, said.ended_at, "high", person, order.id)


def _said_damaged(shop: Shop, order_id: str) -> list[datetime]:
    tickets = [e for e in shop.of("service.ticket.opened") if e.data.get("topic") == "damaged"]
    returns: dict[str, datetime] = {}
    for event in shop.of("logistics.return."):
        if event.data.get("reason") == "damaged" and event.data["order_id"] == order_id:
            returns.setdefault(event.data["return_id"], event.time)  # said again, it is the same damage
    said = [e.time for e in tickets if order_id == (e.data.get("order_id") or _order_of_ticket(shop, e, order_id))]
    return sorted([*said, *returns.values()])


def _order_of_ticket(shop: Shop, opened: Event, order_id: str) -> str:
    """The order that another word of the same ticket names, if both are one person's."""
    ticket = opened.name(Kind.TICKET) or ""
    known = shop.persons[ticket] == shop.persons.get(f"order:{order_id}")
    return shop.order_of_ticket(ticket) if known else ""


def refund_delayed(shop: Shop) -> Iterator[Pain]:
    """A return was received, no refund for 14 d."""
    received: dict[str, datetime] = {}
    for event in shop.of("logistics.return.received"):
        received.setdefault(str(event.data["return_id"]), event.time)
    for return_id, at in received.items():
        order_id = next(str(e.data["order_id"]) for e in shop.of("logistics.return.received")
                        if e.data["return_id"] == return_id)  # fmt: skip
        refunds = [e.time for e in shop.refunds(order_id) if e.data.get("return_id", return_id) == return_id]
        end, due = min(refunds, default=None), at + shop.limits.refund_delayed
        if overdue(due, end, shop.now):
            person = shop.persons[f"order:{order_id}"]
            yield Pain(shop.name, "refund_delayed", f"return:{return_id}", at, due, end, "high", person, order_id)
