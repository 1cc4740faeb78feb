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
from support.naive.parcels import earliest
from support.naive.shop import Shop

from schemas.aliases import Kind

CARE_PAGES = ("order_status", "account", "help")
CARTS = ("storefront.cart.",)
CHECKOUTS = ("storefront.checkout.",)


@dataclass(slots=True)
class Path:
    """The events of one journey, before they are judged."""

    order: Order | None = None
    touches: list[Event] = field(default_factory=list)
    words: list[Event] = field(default_factory=list)

    @property
    def began(self) -> datetime:
        """The first touch; where nobody touched anything, the first word."""
        return min(e.time for e in self.touches or self.words)


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
        _give_words(shop, person, paths)
        found += [_journey(shop, person, path, pains) for path in paths]
    return found


def _of_touches(shop: Shop, person: str) -> list[Path]:
    orders = sorted((o for o in shop.orders if o.was_placed and shop.persons[f"order:{o.id}"] == person),
                    key=lambda o: o.first_word)  # fmt: skip
    paths = {order.id: Path(order) for order in orders}
    loose: list[Event] = []
    for touch in shop.touches_of(person):
        order_id = _concerned(touch, orders)
        (paths[order_id].touches if order_id in paths else loose).append(touch)
    return [*_alone(shop, loose, orders, paths), *paths.values()]


def _concerned(touch: Event, orders: list[Order]) -> str | None:
    """The order that a touch with an order's id, or a view of what comes after ordering, is about."""
    if "order_id" in touch.data:
        return str(touch.data["order_id"])
    if touch.type == "storefront.page.viewed" and touch.data.get("page") in CARE_PAGES:
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


def _give_words(shop: Shop, person: str, paths: list[Path]) -> None:
    """Service and logistics events: to their order's journey, else to the latest that began before."""
    by_order = {path.order.id: path for path in paths if path.order}
    began = sorted((path.began, n) for n, path in enumerate(paths))  # of one instant the last order placed
    alone = Path()
    for event in shop.of("service.", "logistics."):
        if shop.person(event) != person:
            continue
        before = [n for at, n in began if at <= event.time]
        latest = paths[before[-1]] if before else alone
        by_order.get(shop.order_of(event), latest).words.append(event)
    if alone.words:
        paths.append(alone)


def _journey(shop: Shop, person: str, path: Path, pains: list[Pain]) -> Journey:
    every = sorted([*path.touches, *path.words])
    names = {n for e in path.words if (n := e.name(Kind.TICKET))}
    its_tickets = [t for t in tickets(shop) if t.alias in names]
    reached = _reached(path, its_tickets)
    outcome, over = _outcome(shop, path, its_tickets, pains)
    value, currency = _value(shop, path)
    return Journey(
        person=person,
        order_id=path.order.id if path.order else "",
        stage=_stage(path, reached, its_tickets),
        outcome=outcome,
        started_at=path.began,
        ended_at=every[-1].time if over else None,
        reached=reached,
        value=value,
        currency=currency,
        touches=len(path.touches),
        channels=frozenset(str(e.data["channel"]) for e in path.touches if "channel" in e.data),
        devices=frozenset(str(e.data["device"]) for e in path.touches if "device" in e.data),
    )


def _reached(path: Path, its_tickets: list[Ticket]) -> dict[str, datetime]:
    def first(types: tuple[str, ...]) -> datetime | None:
        return min((e.time for e in path.touches if e.type.startswith(types)), default=None)

    order = path.order
    found = {
        "discover": first(("storefront.",)),
        "consider": first(CARTS),
        "checkout": first(CHECKOUTS),
        "order": order.placed_at if order else None,
        "fulfil": order.approved_at if order else None,
        "transit": order.handed_over_at if order else None,
        "deliver": order.attempted_at if order else None,
        "care": earliest(*(at for t in its_tickets for at in t.at("opened"))),
    }
    return {stage: at for stage, at in found.items() if at is not None}


def _stage(path: Path, reached: dict[str, datetime], its_tickets: list[Ticket]) -> str:
    if not path.touches or any(_open(t) for t in its_tickets):
        return "care"
    return [stage for stage in reached if stage != "care"][-1]


def _open(ticket: Ticket) -> bool:
    """Whether the last word of opening and solving is that it is open."""
    solved = ticket.at("solved")
    return not solved or any(at > solved[-1] for at in (*ticket.at("opened"), *ticket.at("reopened")))


def _outcome(shop: Shop, path: Path, its_tickets: list[Ticket], pains: list[Pain]) -> tuple[str, bool]:
    """The outcome, and whether the journey is over."""
    if path.order:
        outcome = _of_order(path.order, pains)
        return outcome, outcome != "open"
    last = max(e.time for e in path.touches or path.words)
    if shop.now <= last + shop.limits.silence:
        return "open", False
    if not path.touches:
        solved = not any(_open(t) for t in its_tickets)
        return ("completed", True) if solved else ("open", False)
    carted = any(e.type.startswith((*CARTS, *CHECKOUTS)) for e in path.touches)
    return ("abandoned" if carted else "browsed"), True


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


def _value(shop: Shop, path: Path) -> tuple[Decimal | None, str]:
    if path.order:
        return path.order.total, str(path.order.last_word("currency"))
    totals = [e for e in path.touches if e.type.startswith(CHECKOUTS) and "total" in e.data]
    carts = [e for e in path.touches if e.type.startswith(CARTS)]
    if totals:
        return Decimal(str(totals[-1].data["total"])), str(totals[-1].data.get("currency", ""))
    return (cart_value(carts[-1]), str(carts[-1].data["currency"])) if carts else (None, "")
