"""Rows of what a unit holds: its alias, an order with its promises and parcels, surveys, actions."""

from collections.abc import Iterator

from schemas.aliases import Kind, kind_of
from schemas.ids import event_id
from schemas.rows import (
    ActionRow,
    AnyRow,
    OrderRow,
    ParcelRow,
    PersonRow,
    PromiseRow,
    SurveyRow,
)
from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.entities.survey import Survey
from services.journey.domain.ids import promise_id
from services.journey.domain.person import Person

Keyed = tuple[str, AnyRow]
"""(key of the row within its unit, the row without a version)."""


def rows(person: Person, unit: str, *, late: bool) -> Iterator[Keyed]:
    """All rows of a unit but journeys; `late`: whether its order broke its first promise."""
    if kind_of(unit) is Kind.FEED:
        return
    yield f"person:{unit}", PersonRow(shop=person.shop, alias=unit, person_id=person.root)
    for taken in person.own(unit).of(f.ActionTaken):
        yield _action(person, taken)
    for survey in person.surveys(unit):
        if isinstance(survey.fact, f.SurveyAnswered):
            yield _survey(person, survey, survey.fact)
    view = person.view(unit)
    if isinstance(view, Order):
        for parcel in view.parcels:
            yield from _parcel(person, view, parcel)
        if view.placed is not None:
            yield _order(person, view, view.placed, late)
            yield from _promises(person, view)


def _order(person: Person, order: Order, placed: f.OrderPlaced, late: bool) -> Keyed:
    row = OrderRow(
        shop=person.shop,
        order_id=order.id,
        person_id=person.root,
        placed_at=placed.time,
        approved_at=order.approved_at,
        handed_over_at=order.handed_over_at,
        first_attempt_at=order.attempted_at,
        delivered_at=order.delivered_at,
        cancelled_at=order.cancelled_at,
        first_promise=order.first_promise,
        current_promise=order.current_promise,
        ship_by=order.ship_by,
        total=order.total,
        currency=order.currency,
        payment_method=order.payment_method,
        status=order.status,
        late=late,
    )
    return f"order:{order.id}", row


def _promises(person: Person, order: Order) -> Iterator[Keyed]:
    """Each promise; one that moved the date later is a slip of the shop before the hand-over, else of the carrier."""
    before: int | None = None
    for promise in order.promises:
        slipped = before is not None and promise.promised_by > before
        handed_over = order.handed_over_at is not None and promise.made_at >= order.handed_over_at
        name = promise_id(person.shop, order.id, promise.source, promise.id)
        row = PromiseRow(
            shop=person.shop,
            promise_id=name,
            order_id=order.id,
            promised_by=promise.promised_by,
            made_at=promise.made_at,
            source=promise.source,
            slip_owner=("carrier" if handed_over else "shop") if slipped else "",
        )
        yield f"promise:{name}", row
        before = promise.promised_by


def _parcel(person: Person, order: Order, parcel: Parcel) -> Iterator[Keyed]:
    yield f"person:{parcel.alias}", PersonRow(shop=person.shop, alias=parcel.alias, person_id=person.root)
    name = parcel.alias.partition(":")[2]
    row = ParcelRow(
        shop=person.shop,
        parcel_id=name,
        order_id=order.id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        service_level=parcel.word("service_level"),
        origin=parcel.word("origin"),
        destination=parcel.word("destination"),
        registered_at=parcel.registered_at,
        handed_over_at=parcel.handed_over_at,
        first_scan_at=next((scan.time for scan in parcel.scans), None),
        last_scan_at=next((scan.time for scan in reversed(parcel.scans)), None),
        delivered_at=parcel.delivered_at,
        status=parcel.status,
    )
    yield f"parcel:{name}", row


def _survey(person: Person, survey: Survey, answer: f.SurveyAnswered) -> Keyed:
    name = event_id(answer.source, answer.id)
    row = SurveyRow(
        shop=person.shop,
        survey_id=name,
        survey=answer.survey,
        score=answer.score,
        scale=answer.scale,
        person_id=person.root,
        order_id=survey.order_id,
        ticket_id=answer.ticket_id,
        answered_at=answer.time,
    )
    return f"survey:{name}", row


def _action(person: Person, taken: f.ActionTaken) -> Keyed:
    name = event_id(taken.source, taken.id)
    row = ActionRow(
        shop=person.shop,
        action_id=name,
        action=taken.action,
        pain_point_id=taken.pain_point_id,
        plan=taken.plan,
        by=taken.by,
        note=taken.note,
        person_id=person.root,
        order_id=taken.order_id,
        taken_at=taken.time,
    )
    return f"action:{name}", row
