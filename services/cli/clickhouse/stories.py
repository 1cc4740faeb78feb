"""Reads from the views whom an alias belongs to, and all that is known of them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.aliases import Kind
from services.cli.clickhouse.clocks import shop_clock
from services.cli.clickhouse.views import Views
from services.cli.journeys.story import (
    STAGES,
    Event,
    Journey,
    Order,
    PainPoint,
    Person,
    Promise,
    Retraction,
    Story,
)

_MINE = "shop = %(shop)s AND person_id = %(person)s"
_ALIASES = f"(SELECT alias FROM waypost.persons WHERE {_MINE})"
_ORDERS = f"(SELECT order_id FROM waypost.orders WHERE {_MINE})"

_EVENTS = f"""SELECT occurred_at, event_id, type, alias, order_id, late, data FROM waypost.events
WHERE shop = %(shop)s AND alias IN {_ALIASES} ORDER BY occurred_at, source, id"""

_JOURNEYS = f"""SELECT journey_id, order_id, stage, outcome, started_at, ended_at, value, currency, touches, channels,
devices, pain_points, {", ".join(f"{stage}_at" for stage in STAGES)}
FROM waypost.journeys WHERE {_MINE} ORDER BY started_at, journey_id"""

_PROMISES = f"""SELECT order_id, made_at, promised_by, source, slip_owner FROM waypost.promises
WHERE shop = %(shop)s AND order_id IN {_ORDERS} ORDER BY made_at, source, promised_by"""

_ORDER_ROWS = f"""SELECT order_id, toString(status), first_promise, first_attempt_at, delivered_at, cancelled_at
FROM waypost.orders WHERE {_MINE} ORDER BY placed_at, order_id"""

_PAIN_POINTS = f"""SELECT pain_point_id, kind, entity, stage, severity, status, happened_at, detected_at, ended_at,
cause, root_id, value_at_risk, currency, evidence, playbook, act_before, journey_id, order_id, held_back
FROM waypost.pain_points WHERE {_MINE} ORDER BY happened_at, kind, entity"""

_RETRACTED = f"""SELECT pain_point_id, kind, entity, severity, happened_at, detected_at, order_id, reason FROM
(
    SELECT * FROM waypost.pain_points_history
    WHERE shop = %(shop)s AND pain_point_id IN
    (
        SELECT pain_point_id FROM waypost.pain_points_history
        WHERE shop = %(shop)s AND status = 'retracted' AND person_id IN {_ALIASES}
    )
    ORDER BY step DESC LIMIT 1 BY pain_point_id
) WHERE status = 'retracted' ORDER BY happened_at, kind, entity"""
"""Those whose last word is a retraction; the person is as known then, which may be an alias of today's."""

_PARCELS = f"SELECT parcel_id, order_id FROM waypost.parcels WHERE shop = %(shop)s AND order_id IN {_ORDERS}"


def persons(views: Views, alias: str, shop: str = "") -> list[Person]:
    """Whom an alias belongs to, in each shop that knows it; a bare name is tried as every kind. Raises `ViewsError`."""
    kind = alias.partition(":")[0]
    names = (alias,) if kind in list(Kind) else tuple(f"{kind}:{alias}" for kind in Kind)
    rows = views.rows(
        "SELECT DISTINCT shop, person_id FROM waypost.persons "
        "WHERE alias IN %(names)s AND (%(shop)s = '' OR shop = %(shop)s) ORDER BY shop, person_id",
        {"names": names, "shop": shop},
    )
    return [Person(shop, person) for shop, person in rows]


def similar(views: Views, alias: str, most: int = 3) -> list[tuple[str, str]]:
    """(shop, alias) of what is known by a name that contains this one's. Raises `ViewsError`."""
    rows = views.rows(
        "SELECT shop, alias FROM waypost.persons WHERE positionCaseInsensitiveUTF8(alias, %(name)s) > 0 "
        "ORDER BY length(alias), shop, alias LIMIT %(most)s",
        {"name": alias.partition(":")[2] or alias, "most": most},
    )
    return [(shop, name) for shop, name in rows]


def story(views: Views, person: Person) -> Story:
    """All that the views know of a person. Raises `ViewsError`."""

    def rows(query: str) -> Iterator[Sequence[Any]]:
        found = views.rows(query, {"shop": person.shop, "person": person.id})
        return (tuple(map(_aware, row)) for row in found)

    return Story(
        person=person,
        aliases=[alias for (alias,) in rows(f"SELECT alias FROM waypost.persons WHERE {_MINE} ORDER BY alias")],
        clock=_clock(views, person.shop),
        journeys=[Journey(*_with_stages(row)) for row in rows(_JOURNEYS)],
        events=[Event(*_decoded(row)) for row in rows(_EVENTS)],
        orders=[Order(*row) for row in rows(_ORDER_ROWS)],
        promises=[Promise(*row) for row in rows(_PROMISES)],
        pain_points=[PainPoint(*row) for row in rows(_PAIN_POINTS)],
        retracted=[Retraction(*row) for row in rows(_RETRACTED)],
        parcels=dict(map(tuple, rows(_PARCELS))),
    )


def _with_stages(row: Sequence[Any]) -> Sequence[Any]:
    """The row of a journey, its last columns gathered: the first time at each stage that was reached."""
    told, reached = row[: -len(STAGES)], zip(STAGES, row[-len(STAGES) :], strict=True)
    return (*told, {stage: at for stage, at in reached if at is not None})


def _decoded(row: Sequence[Any]) -> Sequence[Any]:
    return (*row[:-1], msgspec.json.decode(row[-1]))


def _clock(views: Views, shop: str) -> datetime | None:
    """The shop's own clock, else the one that live shops share."""
    now = shop_clock(views, shop)
    now = shop_clock(views, "") if now is None else now
    return None if now is None else datetime.fromtimestamp(now / 1000, UTC)


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
