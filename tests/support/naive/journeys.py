"""Journeys: one purchase attempt of a person, from first touch to the last word about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from support.naive.causes import cart_value
from support.naive.events import Event
from support.naive.orders import Order
from support.naive.pain import Pain
from support.naive.pain_of_care import Ticket, tickets
from support.naive.parcels import REGISTERED, earliest
from support.naive.shop import Shop

from schemas.aliases import Kind

CARE_PAGES = ("order_status", "account", "help")
VIEW = "storefront.page.viewed"


@dataclass(slots=True)
class Path:
    """The events of one journey, before they are judged."""

    order: Order | None = None
    touches: list[Event] = field(default_factory=list)  # that led to its order, or to silence
    cares: list[Event] = field(default_factory=list)  # touches that concern its order
    words: list[Event] = field(default_factory=list)

    @property
    def began(self) -> datetime:
        """The first touch; of an order without one, the order; where nobody touched anything, the first word."""
        if self.order and not self.touches:
            return self.order.placed_at
        return min(e.time for e in self.touches or self.words)

    @property
    def last(self) -> datetime:
        """The last touch or word of a journey without an order."""
        return max(e.time for e in self.touches or self.words)

    @property
    def is_care(self) -> bool:
        """Whether there is nothing but words."""
        return self.order is None and not self.touches


@dataclass(frozen=True, slots=True)
class Journey:
    """What the row of a journey says."""

    person: str
    order_id: str
    stage: str
    outcome: str
    started_at: datetime
    ended_at: datetime | None
    reached: Mapping[str, datetime]
    value: Decimal | None
    currency: str
    touches: int
    channels: frozenset[str]
    devices: frozenset[str]


def journeys(shop: Shop, pains: list[Pain]) -> list[Journey]:
    """The journeys of everybody."""
    found = []
    for person in sorted(set(shop.persons.values())):
        paths = _of_touches(shop, person)
        paths += _give_words(shop, person, paths)
        found += [_journey(shop, person, path, pains) for path in paths]
    return found


def _of_touches(shop: Shop, person: str) -> list[Path]:
    orders = sorted((o for o in shop.orders if o.was_placed and shop.persons[f"order:{o.id}"] == person),
                    key=lambda o: (o.placed_at, o.id))  # fmt: skip
    paths = {order.id: Path(order) for order in orders}
    loose: list[Event] = []
    for touch in shop.touches_of(person):
        order_id = _concerned(touch, orders)
        (paths[order_id].cares if order_id else loose).append(touch)
    return [*_alone(shop, loose, orders, paths), *paths.values()]


def _concerned(touch: Event, orders: list[Order]) -> str | None:
    """The order that a touch is about: what comes after ordering, or a view of it."""
    placed = {order.id: order.placed_at for order in orders}
    named = str(touch.data.get("order_id", ""))
    if touch.type != VIEW:
        return named if named in placed and placed[named] < touch.time else None
    if named in placed:
        return named
    if named or touch.data.get("page") in CARE_PAGES:
        return next((o.id for o in reversed(orders) if o.placed_at <= touch.time), None)
    return None


def _alone(shop: Shop, loose: list[Event], orders: list[Order], paths: dict[str, Path]) -> list[Path]:
    """Touches go to the next order, unless 30 days of silence came first: then they were a journey of their own."""
    closed: list[Path] = []
    run: list[Event] = []
    for at, order, touch in _in_order(loose, orders):
        if run and at - run[-1].time > shop.limits.silence:
            closed.append(Path(touches=run))
            run = []
        if touch is not None:
            run.append(touch)
        if order is not None:
            paths[order.id].touches += run
            run = []
    return [*closed, Path(touches=run)] if run else closed


def _in_order(loose: list[Event], orders: list[Order]) -> list[tuple[datetime, Order | None, Event | None]]:
    steps: list[tuple[datetime, Order | None, Event | None]] = [(t.time, None, t) for t in loose]
    steps += [(o.placed_at, o, None) for o in orders]
    return sorted(steps, key=lambda step: (step[0], step[1] is not None))


def _give_words(shop: Shop, person: str, paths: list[Path]) -> list[Path]:
    """Service and logistics events: to their order's journey, else to the latest that began before, else alone."""
    by_order = {path.order.id: path for path in paths if path.order}
    began = sorted((path.began, path.order.id if path.order else "", n) for n, path in enumerate(paths))
    alone: list[Path] = []
    for event in shop.of("service.", "logistics."):
        if shop.person(event) != person or not _counts(shop, event):
            continue
        before = [paths[n] for at, _, n in began if at <= event.time]
        home = by_order.get(_order_of(shop, event)) or (before[-1] if before else None)
        if home is None:
            if not alone or event.time - alone[-1].words[-1].time > shop.limits.silence:
                alone.append(Path())
            home = alone[-1]
        home.words.append(event)
    return alone


def _counts(shop: Shop, event: Event) -> bool:
    """Nothing is said of a ticket that nobody opened, nor by a registration that began no life and amended none."""
    if event.type == REGISTERED:
        return shop.life(event) is not None
    of_ticket = event.type.startswith("service.ticket.")
    return not of_ticket or event.name(Kind.TICKET) in shop.names(Kind.TICKET, "service.ticket.opened")


def _order_of(shop: Shop, event: Event) -> str:
    """A ticket is about one order, whatever its later words name."""
    ticket = event.name(Kind.TICKET) if event.type.startswith("service.ticket.") else None
    return shop.order_of_ticket(ticket) if ticket else shop.order_of(event)


def _journey(shop: Shop, person: str, path: Path, pains: list[Pain]) -> Journey:
    names = {e.name(Kind.TICKET) for e in path.words if e.type.startswith("service.ticket.")}
    its_tickets = [t for t in tickets(shop) if t.alias in names]
    reached = _reached(shop, person, path, its_tickets)
    outcome, ended_at = _outcome(shop, path, reached, its_tickets, pains)
    value, currency = _value(shop, person, path)
    visitors = {shop.toucher(e) for e in (*path.touches, *path.cares)}
    visits = [e for e in shop.touches_of(person) if shop.toucher(e) in visitors]
    return Journey(
        person=person,
        order_id=path.order.id if path.order else "",
        stage=_stage(path, reached, its_tickets),
        outcome=outcome,
        started_at=path.began,
        ended_at=ended_at,
        reached=reached,
        value=value,
        currency=currency,
        touches=len(path.touches) + len(path.cares),
        channels=frozenset(str(e.data["channel"]) for e in visits if "channel" in e.data),
        devices=frozenset(str(e.data["device"]) for e in visits if "device" in e.data),
    )


def _reached(shop: Shop, person: str, path: Path, its_tickets: list[Ticket]) -> dict[str, datetime]:
    if path.is_care:
        return {"care": path.began}
    order = path.order
    found = {
        "discover": path.began if path.touches else None,
        "consider": _first_of(shop, path, _contents(shop, person, filled=True)),
        "checkout": _first_of(shop, path, _at_checkout(shop, person)),
        "order": order.placed_at if order else None,
        "fulfil": order.approved_at if order else None,
        "transit": order.handed_over_at if order else None,
        "deliver": order.attempted_at if order else None,
        "care": earliest(*(at for t in its_tickets for at in t.at("opened"))),
    }
    return {stage: at for stage, at in found.items() if at is not None}


def _led(shop: Shop, path: Path, event: Event) -> bool:
    """Whether it lies between the first touch and the order or the end of silence."""
    return path.began <= event.time <= (path.order.placed_at if path.order else path.last + shop.limits.silence)


def _first_of(shop: Shop, path: Path, events: list[Event]) -> datetime | None:
    return min((e.time for e in events if _led(shop, path, e)), default=None)


def _contents(shop: Shop, person: str, *, filled: bool = False) -> list[Event]:
    """What a person's carts held, the last word of each cart in one instant."""
    its = [e for e in shop.of("storefront.cart.updated") if shop.persons[e.name(Kind.CART) or ""] == person]
    last = {(e.name(Kind.CART), e.time): e for e in its}
    return [e for e in last.values() if e.data["items"] or not filled]


def _at_checkout(shop: Shop, person: str) -> list[Event]:
    """Any event of a checkout but its order."""
    naming = [(e, n) for e in shop.events if (n := e.name(Kind.CHECKOUT)) and e.type != "storefront.order.placed"]
    return [e for e, checkout in naming if shop.persons[checkout] == person]


def _stage(path: Path, reached: dict[str, datetime], its_tickets: list[Ticket]) -> str:
    if path.is_care or any(_open(t) for t in its_tickets):
        return "care"
    return [stage for stage in reached if stage != "care"][-1]


def _open(ticket: Ticket) -> bool:
    """Whether the last word of opening and solving is that it is open."""
    solved = ticket.at("solved")
    return not solved or any(at > solved[-1] for at in (*ticket.at("opened"), *ticket.at("reopened")))


def _outcome(
    shop: Shop, path: Path, reached: Mapping[str, datetime], its_tickets: list[Ticket], pains: list[Pain]
) -> tuple[str, datetime | None]:
    """The outcome, and when it was reached."""
    if path.order:
        outcome = _of_order(path.order, pains)
        ends = {
            "returned": path.order.came_back_at,
            "completed": path.order.delivered_at,
            "cancelled": path.order.cancelled_at,
        }
        return outcome, ends.get(outcome)
    over = path.last + shop.limits.silence
    if shop.now <= over or (path.is_care and any(_open(t) for t in its_tickets)):
        return "open", None
    if path.is_care:
        return "completed", over
    return ("abandoned" if {"consider", "checkout"} & set(reached) else "browsed"), over


def _of_order(order: Order, pains: list[Pain]) -> str:
    if order.came_back:
        return "returned"
    if order.delivered_at:
        return "completed"
    if is_lost(order, pains):
        return "lost"
    return "cancelled" if order.cancelled_at else "open"


def is_lost(order: Order, pains: list[Pain]) -> bool:
    """Whether every parcel that was not delivered is lost, and no scan or delivery showed it since."""
    missing = [p for p in order.parcels if not p.delivered_at]
    lost = {p.entity for p in pains if p.kind == "parcel_lost"}
    return bool(missing) and all(p.alias in lost and _still(p.alias, order, pains) for p in missing)


def _still(alias: str, order: Order, pains: list[Pain]) -> bool:
    parcel = next(p for p in order.parcels if p.alias == alias)
    losses = [p.happened_at for p in pains if p.kind == "parcel_lost" and p.entity == alias]
    return any(not any(sign.time > at for sign in parcel.signs) for at in losses)


def _value(shop: Shop, person: str, path: Path) -> tuple[Decimal | None, str]:
    """The order's total; else the last word about a basket, of one instant the checkout's."""
    if path.order:
        return path.order.total, str(path.order.last_word("currency"))
    if path.is_care:
        return None, ""
    said = [(e.time, e.name(Kind.CART) or "", e) for e in _contents(shop, person)]
    started = [e for e in shop.of("storefront.checkout.started") if "total" in e.data]
    its = [(e.time, e.name(Kind.CHECKOUT) or "", e) for e in started]
    said += [word for word in its if shop.persons[word[1]] == person]
    within = sorted(word for word in said if _led(shop, path, word[2]))
    if not within:
        return None, ""
    last = within[-1][2]
    value = Decimal(str(last.data["total"])) if last.type.endswith("started") else cart_value(last)
    return value, str(last.data.get("currency", ""))
