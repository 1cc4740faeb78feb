"""A person's timeline: what happened, what was promised, where it hurt; from the views, in event time."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from services.cli.clickhouse.views import Views
from services.cli.journeys.story import Person

_TOLD = (
    "order_id",
    "tracking_number",
    "cart_id",
    "checkout_id",
    "ticket_id",
    "status",
    "step",
    "total",
    "sku",
    "survey",
    "score",
    "topic",
    "reason",
    "by",
    "action",
    "page",
    "query",
)
"""Fields of an event's data worth a word, in this order."""


class What(StrEnum):
    """What an entry tells."""

    EVENT = "event"
    PAIN_POINT = "pain_point"
    RELIEF = "relief"
    PROMISE = "promise"
    PROMISED = "promised"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline; of one instant, what happened comes before what that means."""

    at: datetime
    what: What
    name: str
    text: str = ""


def timeline(views: Views, person: Person) -> list[Entry]:
    """All that is known of a person, in order. Raises `ViewsError`."""
    found = [*_events(views, person), *_promises(views, person), *_pain_points(views, person)]
    return sorted(found, key=lambda entry: entry.at)


def _events(views: Views, person: Person) -> Iterator[Entry]:
    rows = views.rows(
        "SELECT occurred_at, type, data FROM waypost.events_by_person "
        "WHERE shop = %(shop)s AND person_id = %(person)s ORDER BY occurred_at, source, id",
        _values(person),
    )
    for at, type_, data in rows:
        yield Entry(_aware(at), What.EVENT, type_, summary(json.loads(data)))


def _promises(views: Views, person: Person) -> Iterator[Entry]:
    rows = views.rows(
        "SELECT made_at, promised_by, order_id, slip_owner FROM waypost.promises WHERE shop = %(shop)s AND order_id IN "
        "(SELECT order_id FROM waypost.orders WHERE shop = %(shop)s AND person_id = %(person)s)",
        _values(person),
    )
    for made_at, promised_by, order_id, owner in rows:
        slip = f", a slip of the {owner}" if owner else ""
        yield Entry(
            _aware(made_at), What.PROMISE, "promised", f"order {order_id} by {promised_by:%Y-%m-%d %H:%M}{slip}"
        )
        yield Entry(_aware(promised_by), What.PROMISED, "promise due", f"order {order_id}")


def _pain_points(views: Views, person: Person) -> Iterator[Entry]:
    rows = views.rows(
        "SELECT happened_at, ended_at, kind, entity, severity, cause, playbook FROM waypost.pain_points "
        "WHERE shop = %(shop)s AND person_id = %(person)s ORDER BY happened_at, kind",
        _values(person),
    )
    for happened_at, ended_at, kind, entity, severity, cause, playbook in rows:
        because = f", because of {cause}" if cause and cause != "unknown" else ""
        text = f"{entity}, {severity}{because}"
        yield Entry(_aware(happened_at), What.PAIN_POINT, kind, text if ended_at else f"{text}: {playbook}")
        if ended_at:
            yield Entry(_aware(ended_at), What.RELIEF, f"{kind} ended", entity)


def summary(data: Mapping[str, object]) -> str:
    """The few fields of an event's data that tell it from others of its type."""
    return " ".join(f"{name}={data[name]}" for name in _TOLD if isinstance(data.get(name), str | int | float))


def _values(person: Person) -> Mapping[str, object]:
    return {"shop": person.shop, "person": person.id}


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
