"""What is published of a journey: its stage, its outcome, what it was worth."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from schemas.rows import JourneyRow
from services.journey.domain.baskets import NO_BASKET
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.ids import journey_id
from services.journey.domain.instants import earliest
from services.journey.domain.person import Person
from services.journey.domain.runs import Run

CARE = "care"
STAGES = ("discover", "consider", "checkout", "order", "fulfil", "transit", "deliver", CARE)
"""The stages of a purchase, in their order; `care` is where it is while a ticket is open."""

Lost = Callable[[Parcel], bool]
"""Whether a parcel counts as lost now."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A run with what belongs to it."""

    run: Run
    order: Order | None
    tickets: Sequence[Ticket]
    pains: Iterable[str]  # kinds of its pain points

    @property
    def of_words(self) -> bool:
        """Whether it is one of care alone."""
        return self.run.tickets is not None


def name(run: Run, shop: str) -> UUID:
    """The id of a run's journey."""
    return journey_id(shop, run.anchor)


def row(journey: Journey, person: Person, lost: Lost, now: int | None) -> JourneyRow:
    """What is published of a journey."""
    run, order = journey.run, journey.order
    reached = _reached(journey, person)
    outcome, ended_at = _outcome(journey, reached, lost, now)
    value, currency = _value(journey, person)
    cares = person.timeline.cares(run.order) if run.order else []
    visits = [person.own(alias) for alias in {*run.visits, *(alias for _, alias in cares)}]
    return JourneyRow(
        shop=person.shop,
        journey_id=name(run, person.shop),
        person_id=person.root,
        order_id=order.id if order else "",
        stage=_stage(journey, reached),
        outcome=outcome,
        started_at=run.started_at,
        ended_at=ended_at,
        reached=reached,
        value=value,
        currency=currency,
        touches=run.visits.total() + len(cares),
        channels=tuple(sorted({channel for visit in visits for channel in visit.channels})),
        devices=tuple(sorted({device for visit in visits for device in visit.devices})),
        pain_points=tuple(sorted(set(journey.pains))),
    )


def due(run: Run) -> int | None:
    """The first instant at which silence alone has ended it; None for a journey with an order."""
    return None if run.silent_at is None else run.silent_at + 1


def _is_open(ticket: Ticket) -> bool:
    return not ticket.solutions or ticket.solutions[-1] < ticket.requests[-1].time


def _stage(journey: Journey, reached: Mapping[str, int]) -> str:
    """The furthest stage; care only while a ticket is open, or where there is nothing else."""
    if any(map(_is_open, journey.tickets)):
        return CARE
    return next((stage for stage in reversed(STAGES) if stage in reached and stage != CARE), CARE)


def _reached(journey: Journey, person: Person) -> Mapping[str, int]:
    """The first time at each stage."""
    run, order = journey.run, journey.order
    opened = earliest(*(ticket.opened.time for ticket in journey.tickets if ticket.opened))
    if journey.of_words:
        return {CARE: run.started_at}
    instants: dict[str, int | None] = {
        "discover": run.started_at if run.visits else None,
        "consider": _until(person.filled_since(run.started_at), run),
        "checkout": _until(person.checking_out_since(run.started_at), run),
        "order": order.placed_at if order else None,
        "fulfil": order.approved_at if order else None,
        "transit": order.handed_over_at if order else None,
        "deliver": earliest(order.attempted_at, order.delivered_at) if order else None,
        CARE: opened,
    }
    return {stage: instant for stage, instant in instants.items() if instant is not None}


def _until(instant: int | None, run: Run) -> int | None:
    return instant if instant is not None and instant <= run.reaches_to else None


def _outcome(journey: Journey, reached: Mapping[str, int], lost: Lost, now: int | None) -> tuple[str, int | None]:
    """(outcome, instant at which it was reached). Without an order, silence ends it, but for open tickets."""
    order, silent_at = journey.order, journey.run.silent_at
    if order is None:
        over = now is not None and silent_at is not None and now > silent_at
        if not over or (journey.of_words and any(map(_is_open, journey.tickets))):
            return "open", None
        if journey.of_words:
            return "completed", silent_at
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
    if journey.of_words:
        return NO_BASKET
    return person.last_basket(journey.run.started_at, journey.run.reaches_to)
