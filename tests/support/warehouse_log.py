"""A small log of internal topics with all that can happen to a position and a row, and checksums of the views."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec
from clickhouse_driver import Client
from support.warehouse_items import AT, event, gap, one_of_each, pain_point, position, rejected, ticks

from schemas import rows

Stream = list[msgspec.Struct]
"""The items of one internal partition, in order."""

CARRIER = "logistics.events.v1"
DAY = 86_400_000
SHOPS = {"main": "UTC", "olist": "America/Sao_Paulo"}


def streams(seed: int = 1, events: int = 60) -> list[Stream]:
    """Four streams: two of journey.events.v1, one of ingest.rejected.v1, one of rows."""
    rng = random.Random(seed)
    found: list[Stream] = [[], [], [], _published(rng)]
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
    return {
        view: client.execute(f"SELECT count(), sum(cityHash64(toString(tuple(*)))) FROM waypost.{view}")[0]
        for (view,) in views
    }
