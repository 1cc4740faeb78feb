"""Pain points in the shop, each kind as its row in the table reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from support.naive.causes import Visit, cause, out_of_stock, poor
from support.naive.events import Event
from support.naive.pain import Pain, overdue, spells
from support.naive.shop import Shop, first_after, first_from

from schemas.aliases import Kind

STARTED = "storefront.checkout.started"
UPDATED = "storefront.cart.updated"
ERROR = "storefront.error.occurred"


def _pain(shop: Shop, kind: str, entity: str, anchor: datetime, happened: datetime, end: datetime | None,
          severity: str, cause: str = "") -> Pain:  # fmt: skip
    return Pain(shop.name, kind, entity, anchor, happened, end, severity, shop.persons[entity], cause=cause)


def cart_abandoned(shop: Shop) -> Iterator[Pain]:
    """Not empty, not updated, no checkout of the person since, no order of it or the person for 60 min."""
    for cart in shop.names(Kind.CART, UPDATED):
        updates = {e.time: e for e in shop.of(UPDATED) if e.name(Kind.CART) == cart}  # the last of an instant
        for at, update in updates.items():
            end = first_from([*_ends_of_cart(shop, cart), *(t for t in updates if t > at)], at)
            due = at + shop.limits.cart_abandoned
            if update.data["items"] and overdue(due, end, shop.now):
                yield _pain(shop, "cart_abandoned", cart, at, due, end, "low")


def _ends_of_cart(shop: Shop, cart: str) -> list[datetime]:
    person = shop.persons[cart]
    started = [e.time for e in shop.of(STARTED) if shop.person(e) == person]
    ordered = [e.time for e in shop.placed() if shop.person(e) == person or e.name(Kind.CART) == cart]
    named = {e.name(Kind.CHECKOUT) for e in shop.of("storefront.checkout.") if e.name(Kind.CART) == cart}
    checkouts = shop.of_same_person(cart, Kind.CHECKOUT) & named
    its = [
        e.time
        for e in shop.events
        if e.name(Kind.CHECKOUT) and e.type != UPDATED
        if e.name(Kind.CART) == cart or e.name(Kind.CHECKOUT) in checkouts
    ]
    return [*started, *ordered, *its]


def checkout_abandoned(shop: Shop) -> Iterator[Pain]:
    """Started, no order, no activity for 30 min."""
    for checkout in shop.names(Kind.CHECKOUT, STARTED):
        started = min(e.time for e in shop.of(STARTED) if e.name(Kind.CHECKOUT) == checkout)
        activity = sorted({e.time for e in shop.naming(checkout) if e.time >= started})
        own = [e.time for e in shop.placed() if e.name(Kind.CHECKOUT) == checkout]
        ordered = [*own, *shop.orders_of(shop.persons[checkout])]
        for at in activity:
            end = first_after(activity, at)
            end = min((t for t in (end, first_from(ordered, at)) if t is not None), default=None)
            due = at + shop.limits.checkout_abandoned
            if not any(order <= at for order in own) and overdue(due, end, shop.now):
                visit = Visit(shop, checkout, due)
                value = visit.value()
                severity = "high" if value is not None and value >= shop.limits.checkout_high_value else "medium"
                yield _pain(shop, "checkout_abandoned", checkout, at, due, end, severity, cause(visit))


def payment_failed(shop: Shop) -> Iterator[Pain]:
    """A decline with no success or approval within 10 min; high at the third."""
    declines = shop.of("storefront.payment.failed")
    for entity in sorted({_paid_for(e) for e in declines} & _created(shop)):
        facts = [(e.time, e) for e in declines if _paid_for(e) == entity]
        for spell in spells(facts, _paid(shop, entity)):
            at, due = spell.facts[0].time, spell.facts[0].time + shop.limits.payment_failed
            if overdue(due, spell.ended_at, shop.now):
                severity = "high" if len(spell.facts) >= shop.limits.payment_high_at else "medium"
                found = _pain(shop, "payment_failed", entity, at, due, spell.ended_at, severity)
                yield _on_order(found)


def _created(shop: Shop) -> set[str]:
    """The checkouts and orders whose own beginning was told."""
    return {*shop.names(Kind.CHECKOUT, STARTED), *shop.names(Kind.ORDER, "storefront.order.placed")}


def _on_order(pain: Pain) -> Pain:
    kind, _, name = pain.entity.partition(":")
    if kind != "order":
        return pain
    return Pain(pain.shop, pain.kind, pain.entity, pain.anchor, pain.happened_at, pain.ended_at, pain.severity,
                pain.person, name, pain.cause)  # fmt: skip


def _paid_for(payment: Event) -> str:
    return payment.name(Kind.CHECKOUT) or payment.name(Kind.ORDER) or ""


def _paid(shop: Shop, entity: str) -> list[datetime]:
    """When it was paid: itself, or the other of checkout and order: what placed the order joins them, or a decline."""
    joining = [*shop.placed(), *(shop.of("storefront.payment.failed") if entity.startswith("checkout:") else [])]
    joined = [names for e in joining if entity in (names := {e.name(Kind.ORDER), e.name(Kind.CHECKOUT)})]
    others = {name for names in joined for name in names if name and shop.persons[name] == shop.persons[entity]}
    paid = {entity, *others}
    types = ("storefront.payment.succeeded", "storefront.order.approved")
    said = [e.time for e in shop.of(*types) if {e.name(Kind.ORDER), e.name(Kind.CHECKOUT)} & paid]
    shown = [o.approved_at for o in shop.orders if f"order:{o.id}" in paid and o.approved_at is not None]
    return [*said, *shown]


def _visits(shop: Shop, *types: str) -> list[str]:
    return shop.names(Kind.SESSION, *types)


def _orders_in(shop: Shop, session: str) -> list[datetime]:
    """An order whose event names the session, or a checkout that does."""
    kind = Kind.SESSION if session.startswith("session:") else Kind.CHECKOUT
    checkouts = shop.of_same_person(session, Kind.CHECKOUT)
    own = [e.time for e in shop.placed() if e.name(Kind.CHECKOUT) in checkouts]
    return [*own, *(e.time for e in shop.placed() if e.name(kind) == session)]


def site_error(shop: Shop) -> Iterator[Pain]:
    """An error on a checkout, or three in the session; until an order in that session."""
    errors = shop.of(ERROR)
    for entity in [*_visits(shop, ERROR), *sorted(_created(shop))]:
        its = [e for e in errors if entity in (e.name(Kind.SESSION), e.name(Kind.CHECKOUT))]
        facts = [(e.time, e) for e in its if entity.startswith("session:") or not e.name(Kind.SESSION)]
        for spell in spells(facts, _orders_in(shop, entity)):
            at_checkout = [e.time for e in spell.facts if e.name(Kind.CHECKOUT)]
            third = [e.time for e in spell.facts[shop.limits.site_errors - 1 :]]
            if opens := [*at_checkout[:1], *third[:1]]:
                at, severity = min(opens), "high" if at_checkout else "medium"
                yield _pain(shop, "site_error", entity, at, at, spell.ended_at, severity)


def slow_pages(shop: Shop) -> Iterator[Pain]:
    """Two poor pages or more in a session; until an order in that session."""
    for session in _visits(shop, "storefront.page.viewed"):
        pages = [e for e in shop.of("storefront.page.viewed") if e.name(Kind.SESSION) == session]
        facts = [(e.time, e.time) for e in pages if poor(e, shop.limits)]
        yield from _nth(shop, "slow_pages", session, facts, _orders_in(shop, session), shop.limits.slow_pages)


def search_dead_end(shop: Shop) -> Iterator[Pain]:
    """Two searches or more without results; until an item is added to the cart."""
    for session in _visits(shop, "storefront.search.performed"):
        searches = [e for e in shop.of("storefront.search.performed") if e.name(Kind.SESSION) == session]
        facts = [(e.time, e.time) for e in searches if e.data["results"] == 0]
        added = [e.time for e in shop.of(UPDATED) if e.name(Kind.SESSION) == session and _adds(shop, e)]
        yield from _nth(shop, "search_dead_end", session, facts, added, shop.limits.empty_searches)


def _adds(shop: Shop, update: Event) -> bool:
    """Whether something is in the cart that was not, or more of it; of another person's cart nobody knows."""
    if shop.persons[update.name(Kind.CART) or ""] != shop.persons[update.name(Kind.SESSION) or ""]:
        return bool(update.data["items"])
    before = [e for e in shop.of(UPDATED) if e.name(Kind.CART) == update.name(Kind.CART) and e < update]
    had, has = _quantities(before[-1]) if before else {}, _quantities(update)
    return any(quantity > had.get(sku, 0) for sku, quantity in has.items())


def _quantities(cart: Event) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in cart.data["items"]:
        found[item["sku"]] = found.get(item["sku"], 0) + item["quantity"]
    return found


def _nth(shop: Shop, kind: str, session: str, facts: list[tuple[datetime, datetime]], ends: list[datetime],
         n: int) -> Iterator[Pain]:  # fmt: skip
    for spell in spells(facts, ends):
        for at in spell.facts[n - 1 : n]:
            yield _pain(shop, kind, session, at, at, spell.ended_at, "low")


def out_of_stock_met(shop: Shop) -> Iterator[Pain]:
    """A viewed or carted item was out of stock, once in a session; until it was ordered. Two at once are one."""
    types = ("storefront.product.viewed", UPDATED)
    for session in _visits(shop, *types):
        first: dict[str, datetime] = {}
        for event in shop.of(*types):
            for sku in out_of_stock(event) if event.name(Kind.SESSION) == session else ():
                first.setdefault(sku, event.time)
        for at in sorted(set(first.values())):
            ends = [_ordered_from(shop, sku, shop.persons[session], at) for sku, met in first.items() if met == at]
            end = None if None in ends else max(end for end in ends if end)
            yield _pain(shop, "out_of_stock", session, at, at, end, "low")


def _ordered_from(shop: Shop, sku: str, person: str, since: datetime) -> datetime | None:
    return first_from([e.time for e in shop.placed() if _orders_sku(shop, e, sku, person)], since)


def _orders_sku(shop: Shop, order: Event, sku: str, person: str) -> bool:
    return shop.person(order) == person and any(item["sku"] == sku for item in order.data.get("items", []))
