"""A small log of internal topics with all that can happen to a position and a row, and checksums of the views."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid5

import msgspec
from clickhouse_driver import Client
from support.warehouse_items import AT, NAMES, event, gap, one_of_each, pain_point, position, rejected, ticks

from schemas import rows

Stream = list[msgspec.Struct]
"""The items of one internal partition, in order."""

CARRIER = "logistics.events.v1"
DAY = 86_400_000
HURTS = ("cart_abandoned", "checkout_abandoned", "delivery_late", "parcel_lost", "low_score", "churn_risk")
SHOPS = {"main": "UTC", "olist": "America/Sao_Paulo"}


def streams(seed: int = 1, events: int = 60) -> list[Stream]:
    """Four streams: two of journey.events.v1, one of ingest.rejected.v1, one of rows."""
    rng = random.Random(seed)
    found: list[Stream] = [[], [], [], _published(rng) + _customers(random.Random(seed)) + _outbreak()]
    offset = 0
    while offset < events:
        offset = _record(rng, offset, found)
    _carrier_without_shop(found[0])
    return found


def _record(rng: random.Random, offset: int, found: list[Stream]) -> int:
    """One record of a public topic: an array of events, a tick, or a gap. Returns the next offset."""
    journey, refused = found[rng.randrange(2)], found[2]
    what = rng.random()
    if what < 0.15:
        journey.append(ticks(position(offset)))
        return offset + 1
    if what < 0.2:
        journey.append(gap(position(offset), 3))
        return offset + 3
    of = rng.choice([1, 1, 3])
    for index in range(of):
        at = position(offset, index, of)
        if rng.random() < 0.15:
            refused.append(rejected(at, rng.randbytes(20)))
            continue
        number = rng.randrange(20)
        changed: dict[str, Any] = {"late": number == 7, "shop": rng.choice(["main"] * 9 + ["olist"])}
        if rng.random() < 0.1:
            changed |= {"digest": b"another!", "data": b'{"order_id":"other"}'}
        found[rng.randrange(2)].append(event(at, f"e{number}", **changed))
    return offset + 1


def _carrier_without_shop(stream: Stream) -> None:
    for offset, number in enumerate(["T1", "T2", "T2", "unknown"]):
        data = b'{"carrier":"dhl","tracking_number":"%s"}' % number.encode()
        at = position(offset, topic=CARRIER)
        named = {"shop": "", "data": data, "cell": f"/parcel:dhl/{number}", "source": "dhl"}
        stream.append(event(at, f"scan {offset}", type="logistics.parcel.scanned", **named))


def _published(rng: random.Random) -> Stream:
    """Rows with several versions, moves of persons, retractions and withdrawals."""
    found: Stream = []
    for number in range(1, 8):
        shop = "olist" if number % 3 == 0 else "main"
        for version in range(1, rng.randrange(2, 5)):
            found += one_of_each(number, version, shop)
        moment = AT + rng.randrange(3 * DAY)
        found.append(pain_point(number, 10, shop=shop, happened_at=moment, status="resolved", ended_at=moment + DAY))
        if number % 2:
            found.append(pain_point(number, 11, shop=shop, status="retracted", reason="a late event"))
    found += [pain_point(100, severity="critical"), pain_point(101, value_at_risk=None, currency="")]
    [journey] = [row for row in one_of_each(1, 9) if isinstance(row, rows.JourneyRow)]
    found.append(msgspec.structs.replace(journey, deleted=True))
    [person] = [row for row in one_of_each(2, 9) if isinstance(row, rows.PersonRow)]
    found.append(msgspec.structs.replace(person, person_id="customer:merged"))
    return found


def _customers(rng: random.Random, orders: int = 16) -> Stream:
    """Customers who come again or not, are hurt, helped and asked: enough for every aggregate to say something."""
    found: Stream = []
    for number in range(200, 200 + orders):
        placed = AT - rng.randrange(200) * DAY
        whose = {
            "version": 1,
            "shop": rng.choice(["main", "olist"]),
            "person_id": f"customer:c{rng.randrange(200, 212)}",
        }
        found += [
            *_bought(number, placed, whose),
            *_hurt(rng, number, placed, whose),
            *_said(rng, number, placed, whose),
        ]
    return found


def _outbreak(size: int = 14) -> Stream:
    """Payments that fail with one method on one day, some of them retracted later."""
    shared: dict[str, Any] = {"kind": "payment_failed", "factors": {"payment_method": "card"}}
    found: Stream = [pain_point(number, happened_at=AT + number, **shared) for number in range(400, 400 + size)]
    return [*found, *(pain_point(number, 2, status="retracted", **shared) for number in range(400, 403))]


def _bought(number: int, placed: int, whose: dict[str, Any]) -> Stream:
    order, journey = f"A-{number}", uuid5(NAMES, f"journey {number}")
    reached = {"consider": placed - 100, "order": placed, "discover": placed - 200}
    kept: dict[str, Any] = {"started_at": placed, "reached": reached, "stage": "order", "outcome": "open"}
    return [
        rows.OrderRow(**whose, order_id=order, placed_at=placed),
        rows.JourneyRow(**whose, **kept, journey_id=journey, order_id=order),
    ]


def _hurt(rng: random.Random, number: int, placed: int, whose: dict[str, Any]) -> Stream:
    """Three pain points of the order, and what was done about them."""
    found: Stream = []
    for step, kind in enumerate(rng.sample(HURTS, 3)):
        pain = uuid5(NAMES, f"pain {number} {kind}")
        hurt: dict[str, Any] = {
            "pain_point_id": pain,
            "kind": kind,
            "happened_at": placed + step * DAY,
            "root_id": uuid5(NAMES, f"root {number % 10}"),
            "value_at_risk": rng.choice([None, Decimal(rng.randrange(10000)) / 100]),
            "currency": rng.choice(["EUR", "USD"]),
            "status": "resolved" if number % 2 else "open",
            "ended_at": placed + 5 * DAY if number % 2 else None,
            "order_id": f"A-{number}",
            "journey_id": uuid5(NAMES, f"journey {number}"),
        }
        found.append(pain_point(number, **{**whose, **hurt}))
        if rng.random() < 0.5:
            about: dict[str, Any] = {"order_id": f"A-{number}"} if number % 3 else {"pain_point_id": str(pain)}
            deed: dict[str, Any] = {
                "action_id": uuid5(NAMES, f"deed {pain}"),
                "action": rng.choice(["refund", "call", "acknowledged"]),
            }
            found.append(rows.ActionRow(**whose, **deed, **about, taken_at=placed + 3 * DAY))
    return found


def _said(rng: random.Random, number: int, placed: int, whose: dict[str, Any]) -> Stream:
    """Scores with a fraction: sums of floats would differ with the order of adding."""
    found: Stream = []
    for survey, scale in (("csat", 5.0), ("review", 5.0), ("ces", 7.0), ("nps", None)):
        asked: dict[str, Any] = {"survey_id": uuid5(NAMES, f"{survey} {number}"), "survey": survey, "scale": scale}
        score, at = rng.randrange(10, 51) / 10, placed + rng.randrange(9) * DAY
        found.append(rows.SurveyRow(**whose, **asked, score=score, answered_at=at, order_id=f"A-{number}"))
    return found


def interleaved(seed: int, parts: Sequence[Stream]) -> Stream:
    """All items in one order that keeps each stream's own."""
    rng = random.Random(seed)
    left = [list(reversed(part)) for part in parts]
    found: Stream = []
    while left := [part for part in left if part]:
        found.append(rng.choice(left).pop())
    return found


def checksums(client: Client) -> dict[str, tuple[int, int]]:
    """By view: how many rows it shows, and a sum over all they hold."""
    views = client.execute("SELECT name FROM system.tables WHERE database = 'waypost' ORDER BY name")
    persons = client.execute("SELECT DISTINCT shop, person_id FROM waypost.events_by_person ORDER BY ALL")
    return {view: _timelines(client, persons) if view == "timeline" else _checksum(client, view) for (view,) in views}


def _checksum(client: Client, view: str) -> tuple[int, int]:
    [(count, found)] = client.execute(f"SELECT count(), sum(cityHash64(toString(tuple(*)))) FROM waypost.{view}")
    return count, found


def _timelines(client: Client, persons: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """The view that is asked for one person at a time, over these."""
    each = [_checksum(client, f"timeline(shop = '{shop}', person = '{person}')") for shop, person in persons]
    return sum(count for count, _ in each), sum(found for _, found in each) % 2**64
