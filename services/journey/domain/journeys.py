"""Journeys: a person's touches cut into purchase attempts, each anchored by its order or its first touch."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from schemas.aliases import Kind, kind_of
from schemas.rows import JourneyRow
from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.entities.visit import Visit
from services.journey.domain.entity import time_of
from services.journey.domain.ids import journey_id
from services.journey.domain.instants import DAY, earliest, rfc3339
from services.journey.domain.person import Person

SILENCE = 30 * DAY
"""A longer pause ends a journey without an order; exactly this long does not."""

CARE = "care"
STAGES = ("discover", "consider", "checkout", "order", "fulfil", "transit", "deliver", CARE)
"""The stages of a purchase, in their order; `care` is where it is while a ticket is open."""

Lost = Callable[[Parcel], bool]
"""Whether a parcel counts as lost now."""

Touch = tuple[int, Visit]
"""(instant, whose visit it was)."""


@dataclass(slots=True)
class Journey:
    """One attempt: its touches, its order if it came to one, and the tickets about it.

    A journey of care has neither touches nor an order: only what a person wrote to the shop, or a carrier said.
    """

    unit: str  # alias of the unit that publishes its row
    anchor: str
    touches: list[Touch] = field(default_factory=list)
    order: Order | None = None
    cares: list[Touch] = field(default_factory=list)  # later touches about the order
    words: list[int] = field(default_factory=list)  # of a journey of care: the instants of its events
    tickets: list[Ticket] = field(default_factory=list)

    def id(self, shop: str) -> UUID:
        """Its name."""
        return journey_id(shop, self.anchor)

    @property
    def started_at(self) -> int:
        """Its first touch or word, or its order."""
        first = self.touches[0][0] if self.touches else None
        placed = self.order.placed_at if self.order else None
        return earliest(first, placed, *self.words[:1]) or 0

    @property
    def silent_at(self) -> int | None:
        """When silence ends it, if it does not go on; None for a journey with an order."""
        last = self.touches[-1][0] if self.touches else self.words[-1] if self.words else None
        return None if self.order or last is None else last + SILENCE

    @property
    def reaches_to(self) -> int:
        """The last instant of what led to it: the order, else the silence after the last touch."""
        placed = self.order.placed_at if self.order else None
        return placed if placed is not None else self.silent_at or 0


def journeys(person: Person) -> list[Journey]:
    """All journeys of a person, in order of time; those of care only where there is none before."""
    orders = sorted((o for o in person.orders if o.placed), key=lambda o: (o.placed_at or 0, o.id))
    found = _attempts(orders, *_touches(person, orders))
    homeless = []
    for instant, unit, ticket, order_id in sorted(_words(person), key=lambda word: (word[0], word[1])):
        journey = _of_order(found, order_id) or _latest(found, instant)
        if journey is None:
            homeless.append((instant, unit, ticket))
        elif ticket and ticket not in journey.tickets:
            journey.tickets.append(ticket)
    return sorted([*_of_care(homeless), *found], key=lambda journey: journey.started_at)


def at(found: Sequence[Journey], instant: int) -> Journey | None:
    """The journey that an instant of a visit belongs to."""
    bought = [journey for journey in found if not journey.words]
    index = bisect_left([journey.reaches_to for journey in bought], instant)
    return bought[index] if index < len(bought) and bought[index].started_at <= instant else None


def of_entity(found: Sequence[Journey], entity: str, order_id: str, instant: int) -> Journey | None:
    """The journey that a pain point belongs to: its order's, its ticket's, else by its instant."""
    by_ticket = (journey for journey in found if any(ticket.alias == entity for ticket in journey.tickets))
    return _of_order(found, order_id) or next(by_ticket, None) or at(found, instant) or _latest(found, instant)


def row(journey: Journey, person: Person, pains: Iterable[str], lost: Lost, now: int | None) -> JourneyRow:
    """What is published of a journey."""
    reached = _reached(journey, person)
    outcome, ended_at = _outcome(journey, reached, lost, now)
    value, currency = _value(journey, person)
    touches = [*journey.touches, *journey.cares]
    visits = {visit.alias: visit.entity for _, visit in touches}.values()
    return JourneyRow(
        shop=person.shop,
        journey_id=journey.id(person.shop),
        person_id=person.root,
        order_id=journey.order.id if journey.order else "",
        stage=_stage(journey, reached),
        outcome=outcome,
        started_at=journey.started_at,
        ended_at=ended_at,
        reached=reached,
        value=value,
        currency=currency,
        touches=len(touches),
        channels=tuple(sorted({name for entity in visits for name in entity.channels})),
        devices=tuple(sorted({name for entity in visits for name in entity.devices})),
        pain_points=tuple(sorted(set(pains))),
    )


def due(journey: Journey) -> int | None:
    """The first instant at which silence alone has ended it; None for a journey with an order."""
    return None if journey.silent_at is None else journey.silent_at + 1


def _touches(person: Person, orders: Sequence[Order]) -> tuple[list[Touch], dict[str, list[Touch]]]:
    """(touches of no order, later touches by the alias of the order they concern), each in order of time."""
    open_ones: list[tuple[int, Visit]] = []
    cares: dict[str, list[Touch]] = {}
    placed = {order.alias for order in orders}
    instants = [order.placed_at or 0 for order in orders]
    for visit in person.visits:
        for about, stamps in visit.entity.touches.items():
            for stamp in stamps:
                concern = about if about in placed else ""
                if about and not concern and (before := bisect_right(instants, time_of(stamp))):
                    concern = orders[before - 1].alias
                if concern:
                    cares.setdefault(concern, []).append((time_of(stamp), visit))
                else:
                    open_ones.append((stamp, visit))
    open_ones.sort(key=lambda touch: (touch[0], touch[1].alias))
    return [(time_of(stamp), visit) for stamp, visit in open_ones], cares


def _attempts(orders: Sequence[Order], touches: list[Touch], cares: Mapping[str, list[Touch]]) -> list[Journey]:
    """Touches up to an order lead to it, unless a silence lies between; the others are attempts of their own."""
    found, begin = [], 0
    for order in orders:
        placed_at = order.placed_at or 0
        end = bisect_right(touches, placed_at, lo=begin, key=lambda touch: touch[0])
        *before, last = _cut(touches[begin:end]) or [[]]
        if last and placed_at - last[-1][0] > SILENCE:
            before, last = [*before, last], []
        found += [_unordered(attempt) for attempt in before]
        found.append(Journey(order.alias, order.alias, last, order, sorted(cares.get(order.alias, ()), key=_instant)))
        begin = end
    return found + [_unordered(attempt) for attempt in _cut(touches[begin:])]


def _cut(touches: list[Touch]) -> list[list[Touch]]:
    cuts = [i for i, (a, b) in enumerate(pairwise(touches), 1) if b[0] - a[0] > SILENCE]
    return [touches[a:b] for a, b in pairwise([0, *cuts, len(touches)]) if a < b]


def _unordered(touches: list[Touch]) -> Journey:
    instant, visit = touches[0]
    return Journey(visit.alias, f"{visit.alias}/{rfc3339(instant)}", touches)


def _instant(touch: Touch) -> int:
    return touch[0]


_Word = tuple[int, str, Ticket | None, str]


def _words(person: Person) -> Iterator[_Word]:
    """(instant, unit, ticket, order's id) of each service event, and of logistics of orders nobody placed."""
    for ticket in person.tickets:
        if ticket.opened:
            yield from ((fact.time, ticket.alias, ticket, ticket.order_id) for fact in ticket.entity.facts)
    for unit, entity in person.entities.items():
        for survey in person.surveys(unit):
            yield survey.fact.time, unit, None, survey.order_id
        yield from ((taken.time, unit, None, taken.order_id) for taken in entity.of(f.ActionTaken))
        if kind_of(unit) is Kind.ORDER:
            yield from ((fact.time, unit, None, unit.partition(":")[2]) for fact in entity.facts if _is_logistics(fact))
    for order in person.orders:
        for parcel in order.parcels:
            yield from ((fact.time, order.alias, None, order.id) for fact in (*parcel.registrations, *parcel.moves))


def _is_logistics(fact: f.Fact) -> bool:
    return isinstance(fact, (f.OrderPacked, f.ReturnRegistered, f.ReturnReceived))


def _of_order(found: Sequence[Journey], order_id: str) -> Journey | None:
    return next((j for j in found if j.order and j.order.id == order_id), None) if order_id else None


def _latest(found: Sequence[Journey], instant: int) -> Journey | None:
    return next((j for j in reversed(found) if j.started_at <= instant), None)


def _of_care(words: list[tuple[int, str, Ticket | None]]) -> Iterator[Journey]:
    """Words that belong to no other journey, cut by silence."""
    cuts = [i for i, (a, b) in enumerate(pairwise(words), 1) if b[0] - a[0] > SILENCE]
    for begin, end in pairwise([0, *cuts, len(words)]):
        part = words[begin:end]
        if part:
            first, unit, _ = part[0]
            tickets = list(dict.fromkeys(ticket for _, _, ticket in part if ticket))
            instants = [instant for instant, _, _ in part]
            yield Journey(unit, f"{unit}/{rfc3339(first)}", words=instants, tickets=tickets)


def _is_open(ticket: Ticket) -> bool:
    return not ticket.solutions or ticket.solutions[-1] < ticket.requests[-1].time


def _stage(journey: Journey, reached: Mapping[str, int]) -> str:
    """The furthest stage; care only while a ticket is open, or where there is nothing else."""
    if any(map(_is_open, journey.tickets)):
        return CARE
    return next((stage for stage in reversed(STAGES) if stage in reached and stage != CARE), CARE)


def _reached(journey: Journey, person: Person) -> Mapping[str, int]:
    """The first time at each stage."""
    begin, end = journey.started_at, journey.reaches_to
    filled = (u.time for cart in person.carts for u in cart.updates if not u.empty and begin <= u.time <= end)
    begun = (instant for instant in person.checkout_instants if begin <= instant <= end)
    order = journey.order
    instants: dict[str, int | None] = {
        "discover": journey.touches[0][0] if journey.touches else None,
        "consider": None if journey.words else earliest(*filled),
        "checkout": None if journey.words else earliest(*begun),
        "order": order.placed_at if order else None,
        "fulfil": order.approved_at if order else None,
        "transit": order.handed_over_at if order else None,
        "deliver": earliest(order.attempted_at, order.delivered_at) if order else None,
        CARE: earliest(*(t.opened.time for t in journey.tickets if t.opened), *journey.words[:1]),
    }
    return {stage: instant for stage, instant in instants.items() if instant is not None}


def _outcome(journey: Journey, reached: Mapping[str, int], lost: Lost, now: int | None) -> tuple[str, int | None]:
    """(outcome, instant at which it was reached)."""
    order = journey.order
    if order is None:
        ended_at = journey.silent_at if now is not None and now > (journey.silent_at or 0) else None
        if journey.words:
            return ("open" if any(map(_is_open, journey.tickets)) else "completed"), ended_at
        if ended_at is None:
            return "open", None
        return ("abandoned" if "consider" in reached or "checkout" in reached else "browsed"), ended_at
    missing = [parcel for parcel in order.parcels if parcel.delivered_at is None]
    outcomes = (
        ("returned", order.returned_at is not None, order.returned_at),
        ("completed", order.delivered_at is not None, order.delivered_at),
        ("lost", bool(missing) and all(lost(parcel) for parcel in missing), None),
        ("cancelled", order.cancelled_at is not None, order.cancelled_at),
    )
    return next(((outcome, when) for outcome, holds, when in outcomes if holds), ("open", None))


def _value(journey: Journey, person: Person) -> tuple[Decimal | None, str]:
    """The order's total, else what the last basket before its end was worth."""
    if journey.order:
        return journey.order.total, journey.order.currency
    if journey.words:
        return None, ""
    begin, end = journey.started_at, journey.reaches_to
    said = [(u.time, u.value, u.currency) for cart in person.carts for u in cart.updates]
    said += [(s.time, s.total, s.currency) for c in person.checkouts if (s := c.started) and s.total is not None]
    inside = [basket for basket in said if begin <= basket[0] <= end]
    _, value, currency = max(inside, key=lambda basket: basket[0], default=(0, None, ""))
    return value, currency
