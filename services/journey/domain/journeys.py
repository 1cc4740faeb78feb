"""Journeys: a person's touches cut into purchase attempts, each anchored by its order or its first touch."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from schemas.rows import JourneyRow
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.entities.visit import Visit
from services.journey.domain.entity import time_of
from services.journey.domain.ids import journey_id
from services.journey.domain.instants import DAY, earliest, rfc3339
from services.journey.domain.person import Person

SILENCE = 30 * DAY
"""A longer pause between touches ends a journey without an order; exactly this long does not."""

Lost = Callable[[Parcel], bool]
"""Whether a parcel counts as lost now."""


@dataclass(slots=True)
class Journey:
    """One attempt: its touches as (instant, visit), and its order if it came to one."""

    unit: str  # alias of the unit that publishes its row
    anchor: str
    touches: list[tuple[int, Visit]] = field(default_factory=list)
    order: Order | None = None

    def id(self, shop: str) -> UUID:
        """Its name."""
        return journey_id(shop, self.anchor)

    @property
    def started_at(self) -> int:
        """Its first touch, or its order."""
        first = self.touches[0][0] if self.touches else None
        placed = self.order.placed_at if self.order else None
        return earliest(first, placed) or 0

    @property
    def last_touch_at(self) -> int:
        """Its last touch; there is one where there is no order."""
        return self.touches[-1][0]

    @property
    def reaches_to(self) -> int:
        """The last instant of what led to it: the order, else the silence after the last touch."""
        placed = self.order.placed_at if self.order else None
        return self.last_touch_at + SILENCE if placed is None else placed


def journeys(person: Person) -> list[Journey]:
    """All journeys of a person, in order of time."""
    orders = sorted((o for o in person.orders if o.placed), key=lambda o: (o.placed_at or 0, o.id))
    touches = _touches(person)
    found, begin = [], 0
    for order in orders:
        end = bisect_right(touches, order.placed_at or 0, lo=begin, key=lambda touch: touch[0])
        *before, last = _attempts(touches[begin:end]) or [[]]
        if last and (order.placed_at or 0) - last[-1][0] > SILENCE:
            before, last = [*before, last], []
        found += [_unordered(attempt) for attempt in before]
        found.append(Journey(order.alias, order.alias, last, order))
        begin = end
    return found + [_unordered(attempt) for attempt in _attempts(touches[begin:])]


def at(found: Sequence[Journey], instant: int) -> Journey | None:
    """The journey that an instant before an order, or in a visit, belongs to."""
    index = bisect_left([journey.reaches_to for journey in found], instant)
    return found[index] if index < len(found) and found[index].started_at <= instant else None


def row(journey: Journey, person: Person, pains: Iterable[str], lost: Lost, now: int | None) -> JourneyRow:
    """What is published of a journey."""
    reached = _reached(journey, person)
    outcome, ended_at = _outcome(journey, reached, lost, now)
    value, currency = _value(journey, person)
    visits = {visit.alias: visit.entity for _, visit in journey.touches}.values()
    return JourneyRow(
        shop=person.shop,
        journey_id=journey.id(person.shop),
        person_id=person.root,
        order_id=journey.order.id if journey.order else "",
        stage=next(stage for stage in reversed(STAGES) if stage in reached),
        outcome=outcome,
        started_at=journey.started_at,
        ended_at=ended_at,
        reached=reached,
        value=value,
        currency=currency,
        touches=len(journey.touches),
        channels=tuple(sorted({name for entity in visits for name in entity.channels})),
        devices=tuple(sorted({name for entity in visits for name in entity.devices})),
        pain_points=tuple(sorted(set(pains))),
    )


def due(journey: Journey) -> int | None:
    """When silence alone will end it; None for a journey with an order."""
    return None if journey.order else journey.last_touch_at + SILENCE + 1


STAGES = ("discover", "consider", "checkout", "order", "fulfil", "transit", "deliver")
"""The stages of a purchase, in their order."""


def _touches(person: Person) -> list[tuple[int, Visit]]:
    found = [(stamp, visit) for visit in person.visits for stamp in visit.stamps()]
    found.sort(key=lambda touch: (touch[0], touch[1].alias))
    return [(time_of(stamp), visit) for stamp, visit in found]


def _attempts(touches: list[tuple[int, Visit]]) -> list[list[tuple[int, Visit]]]:
    cuts = [i for i, (a, b) in enumerate(pairwise(touches), 1) if b[0] - a[0] > SILENCE]
    bounds = [0, *cuts, len(touches)]
    return [touches[a:b] for a, b in pairwise(bounds) if a < b]


def _unordered(touches: list[tuple[int, Visit]]) -> Journey:
    instant, visit = touches[0]
    return Journey(visit.alias, f"{visit.alias}/{rfc3339(instant)}", touches)


def _reached(journey: Journey, person: Person) -> Mapping[str, int]:
    """The first time at each stage."""
    begin, end = journey.started_at, journey.reaches_to
    filled = (u.time for cart in person.carts for u in cart.updates if not u.empty and begin <= u.time <= end)
    begun = (instant for instant in person.checkout_instants if begin <= instant <= end)
    order = journey.order
    instants: dict[str, int | None] = {
        "discover": journey.touches[0][0] if journey.touches else None,
        "consider": earliest(*filled),
        "checkout": earliest(*begun),
        "order": order.placed_at if order else None,
        "fulfil": order.approved_at if order else None,
        "transit": order.handed_over_at if order else None,
        "deliver": earliest(order.attempted_at, order.delivered_at) if order else None,
    }
    return {stage: instant for stage, instant in instants.items() if instant is not None}


def _outcome(journey: Journey, reached: Mapping[str, int], lost: Lost, now: int | None) -> tuple[str, int | None]:
    """(outcome, instant at which it was reached)."""
    order = journey.order
    if order is None:
        silent_at = journey.last_touch_at + SILENCE
        if now is None or now <= silent_at:
            return "open", None
        return ("abandoned" if "consider" in reached or "checkout" in reached else "browsed"), silent_at
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
    begin, end = journey.started_at, journey.reaches_to
    said = [(u.time, u.value, u.currency) for cart in person.carts for u in cart.updates]
    said += [(s.time, s.total, s.currency) for c in person.checkouts if (s := c.started) and s.total is not None]
    inside = [basket for basket in said if begin <= basket[0] <= end]
    _, value, currency = max(inside, key=lambda basket: basket[0], default=(0, None, ""))
    return value, currency
