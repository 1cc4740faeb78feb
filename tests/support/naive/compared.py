"""What is compared: the same words for what the model says and what the system published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from support.naive.orders import Order
from support.naive.pain import Pain
from support.naive.parcels import Parcel
from support.naive.shop import Shop
from support.naive.truth import KINDS, Truth
from support.world import World
from support.world import of as rows_of

from schemas import aliases
from schemas.aliases import Kind, name_of
from schemas.instants import EPOCH
from services.journey.domain.pain import RULES

Said = dict[str, Any]

COMPARED = set(RULES) & {*KINDS, "churn_risk"}
"""The kinds that both know."""

JOURNEY = (
    "person_id",
    "stage",
    "outcome",
    "started_at",
    "ended_at",
    "reached",
    "value",
    "currency",
    "touches",
    "channels",
    "devices",
)


def system_says(world: World) -> Mapping[str, Said]:
    """By the name of each thing, what the system published of it."""
    rows = world.current()

    def of(table: str) -> Iterator[Any]:
        return rows_of(rows, table)

    said: dict[str, Said] = {}
    said |= _joined({person.alias: person.person_id for person in of("PersonRow")})
    for order in of("OrderRow"):
        said[f"order {order.order_id}"] = _columns(order, "order_id")
    for parcel in of("ParcelRow"):
        said[f"parcel {parcel.parcel_id}"] = _columns(parcel, "parcel_id", "carrier", "tracking_number")
    for promise in of("PromiseRow"):
        name = _promise_name(promise.order_id, promise.source, _at(promise.made_at), _at(promise.promised_by))
        said.setdefault(name, {"slip_owners": Counter()})["slip_owners"][promise.slip_owner] += 1
    for survey in of("SurveyRow"):
        said[f"survey {survey.survey_id}"] = _columns(survey, "survey_id")
    for journey in of("JourneyRow"):
        said[_journey_name(journey.person_id, journey.order_id, _at(journey.started_at))] = _journey_row(journey)
    for pain in world.pain_points().values():
        if pain.kind in COMPARED:
            said[f"pain {pain.kind} {pain.entity} {pain.pain_point_id}"] = _pain_row(pain)
    return said


def named_in_passing(truth: Truth, name: str) -> bool:
    """Whether it is the row of an alias that belongs to nobody and that nothing is about: it may have none."""
    alias = name.removeprefix("person ")
    homes = {aliases.home(e.type, aliases.named(e.data)) for e in truth.shop.events}
    roots = {root for child, root in truth.persons.items() if child != root}
    return name != alias and truth.persons.get(alias, alias) == alias and alias not in homes | roots


def _joined(persons: Mapping[str, str]) -> dict[str, Said]:
    return {f"person {alias}": {"person": root} for alias, root in persons.items()}


def _journey_name(person: str, order_id: str, started_at: datetime | None) -> str:
    return f"journey of {order_id}" if order_id else f"journey of {person} from {started_at}"


def _journey_row(row: Any) -> Said:
    return {
        **{name: getattr(row, name) for name in JOURNEY},
        "started_at": _at(row.started_at),
        "ended_at": _at(row.ended_at),
        "reached": {stage: _at(at) for stage, at in row.reached.items()},
        "channels": frozenset(row.channels),
        "devices": frozenset(row.devices),
    }


def _columns(row: Any, *left_out: str) -> Said:
    names = (n for n in row.__struct_fields__ if n not in ("shop", "version", "deleted", *left_out))
    return {n: _at(v) if isinstance(v, int) and n.endswith(("_at", "_by", "promise")) else v
            for n in names for v in [getattr(row, n)]}  # fmt: skip


def _at(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else (EPOCH + timedelta(milliseconds=milliseconds)).astimezone(UTC)


def _promise_name(order_id: str, source: str, made_at: datetime | None, promised_by: datetime | None) -> str:
    return f"promise {order_id} {source} {made_at} {promised_by}"


def _pain_row(row: Any) -> Said:
    names = ("status", "happened_at", "ended_at", "severity", "cause", "order_id", "person_id", "root_id")
    said = {name: getattr(row, name) for name in names}
    return {**said, "happened_at": _at(row.happened_at), "ended_at": _at(row.ended_at)}


def model_says(truth: Truth) -> Mapping[str, Said]:
    """By the name of each thing, what the model knows of it."""
    said = _joined(truth.persons)
    for order in truth.orders:
        said[f"order {order.id}"] = _order(order, truth)
        for promise in order.promises:
            made = promise.event
            name = _promise_name(order.id, made.source, made.time, promise.promised_by)
            said.setdefault(name, {"slip_owners": Counter()})["slip_owners"][promise.slip_owner] += 1
    said |= {f"parcel {parcel.id}": _parcel(parcel) for parcel in truth.parcels}
    said |= {f"survey {event.uuid}": _survey(event, truth.shop) for event in truth.surveys}
    for journey in truth.journeys:
        columns = {"person_id": journey.person, **{name: getattr(journey, name) for name in JOURNEY[1:]}}
        said[_journey_name(journey.person, journey.order_id, journey.started_at)] = columns
    said |= {f"pain {pain.kind} {pain.entity} {pain.id}": _pain(pain, truth) for pain in truth.pains}
    return said


def _order(order: Order, truth: Truth) -> Said:
    return {
        "person_id": truth.persons[f"order:{order.id}"],
        "placed_at": order.placed_at,
        "approved_at": order.approved_at,
        "handed_over_at": order.handed_over_at,
        "first_attempt_at": order.attempted_at,
        "delivered_at": order.delivered_at,
        "cancelled_at": order.cancelled_at,
        "first_promise": order.first_promise,
        "current_promise": order.promises[-1].promised_by if order.promises else None,
        "ship_by": order.ship_by,
        "total": order.total,
        "currency": order.last_word("currency"),
        "payment_method": order.last_word("payment_method"),
        "status": _status(order),
        "late": any(p.kind == "delivery_late" and p.order_id == order.id for p in truth.pains),
    }


def _status(order: Order) -> str:
    """Its fate by what was said of it, else its last stage."""
    fates = {
        "returned": order.came_back,
        "delivered": order.delivered_at,
        "lost": order.is_lost,
        "cancelled": order.cancelled_at,
        "attempted": order.attempted_at,
        "handed_over": order.handed_over_at,
        "approved": order.approved_at,
    }
    return next((fate for fate, so in fates.items() if so), "placed")


def _parcel(parcel: Parcel) -> Said:
    scans = [e.time for e in parcel.signs if e.type == "logistics.parcel.scanned"]
    return {
        "order_id": parcel.order_id,
        "service_level": parcel.last_word("service_level"),
        "origin": parcel.last_word("origin"),
        "destination": parcel.last_word("destination"),
        "registered_at": parcel.registered_at,
        "handed_over_at": parcel.handed_over_at,
        "first_scan_at": min(scans, default=None),
        "last_scan_at": max(scans, default=None),
        "delivered_at": parcel.delivered_at,
        "status": parcel.status,
    }


def _survey(event: Any, shop: Shop) -> Said:
    ticket = event.name(Kind.TICKET)
    return {
        "survey": event.data["survey"],
        "score": event.data["score"],
        "scale": event.data.get("scale"),
        "person_id": shop.person(event),
        "order_id": shop.order_of(event),
        "ticket_id": name_of(ticket) if ticket else "",
        "answered_at": event.time,
    }


def _pain(pain: Pain, truth: Truth) -> Said:
    return {
        "status": pain.status,
        "happened_at": pain.happened_at,
        "ended_at": pain.ended_at,
        "severity": pain.severity,
        "cause": pain.cause,
        "order_id": pain.order_id,
        "person_id": pain.person,
        "root_id": truth.roots[pain.id],
    }
