"""What the warehouse's writer does: items to rows, rows into the engine, and how fast views answer afterwards.

Run: python benchmarks/bench_warehouse.py [--events 300000] [--orders 30000]. It starts an engine of its own in a
temporary folder, so that nothing of yours is touched.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import compress, islice
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from clickhouse_driver import Client

from deploy.local.clickhouse.process import start
from schemas import rows
from schemas.aliases import partition_of
from schemas.batches import batches
from schemas.wire import EventItem, EventPage, EventPages, Kind, Position, pack_item
from services.runtime.clickhouse.client import connected
from services.runtime.clickhouse.insert import ColumnarInserter
from services.runtime.clickhouse.migrate import STORAGE, migrate
from services.warehouse.domain.batch import Batch, Limits, Message
from services.warehouse.domain.local_clocks import local_clocks
from services.warehouse.settings import WarehouseSettings

AT = 1_700_000_000_000
DAYS = 30
DAY = 86_400_000
SAID: dict[str, Callable[[int, random.Random], dict[str, Any]]] = {
    "storefront.page.viewed": lambda number, rng: {
        "url": f"https://shop.example/products/{number % 5000}?ref=list",
        "lcp_ms": rng.randrange(500, 6000),
    },
    "storefront.product.viewed": lambda number, _: {"sku": f"SKU-{number % 5000}", "price": "12.50", "currency": "EUR"},
    "storefront.search.performed": lambda number, rng: {"query": f"shoes {number % 5000}", "results": rng.randrange(9)},
    "storefront.order.placed": lambda number, _: {"order_id": f"A-{number}", "total": "12.50", "currency": "EUR"},
}
TYPES = (*SAID,)


def events(count: int, rng: random.Random) -> Iterator[EventItem]:
    """Events of a shop's month, ten for each customer, in the order received."""
    offsets = [0] * 4
    for number in range(count):
        customer, type_ = rng.randrange(count // 10 + 1), TYPES[number % 4]
        data = {
            "customer_id": f"c{customer}",
            "session_id": f"s{customer}-{number % 3}",
            "channel": rng.choice(["web", "app"]),
            "device": rng.choice(["phone", "tablet", "desktop"]),
            **SAID[type_](number, rng),
        }
        cell = f"main/session:s{customer}-{number % 3}"
        partition = partition_of(cell, 4)
        at = Position("storefront.events.v1", partition, offsets[partition], 0, 1, AT + number * DAYS * DAY // count)
        offsets[partition] += 1
        yield EventItem(
            at,
            "https://shop.example/web",
            f"{number:012d}",
            type_,
            "main",
            (at.received_ms - rng.randrange(5000)) * 1_000,
            cell,
            msgspec.json.encode(data),
            b"",
            False,
        )


def published(orders: int, rng: random.Random) -> Iterator[rows.Row]:
    """An order with its parcel and journey, every third with a review, every twentieth with an action."""
    for number in range(orders):
        placed = AT + number * DAYS * DAY // orders
        person, order = f"customer:c{number}", f"A-{number}"
        key: dict[str, Any] = {"shop": "main", "version": number + 1}
        yield rows.PersonRow(**key, alias=f"order:{order}", person_id=person)
        yield rows.OrderRow(
            **key,
            order_id=order,
            person_id=person,
            placed_at=placed,
            delivered_at=placed + 4 * DAY,
            first_promise=placed + 5 * DAY,
            total=Decimal(rng.randrange(1000, 90000)) / 100,
            currency="EUR",
        )
        yield rows.ParcelRow(
            **key,
            parcel_id=f"dhl/{number}",
            order_id=order,
            carrier="dhl",
            tracking_number=str(number),
            origin="DE",
            destination=rng.choice(["DE", "FR", "AT"]),
            registered_at=placed,
            handed_over_at=placed + DAY,
            delivered_at=placed + 4 * DAY,
        )
        yield rows.JourneyRow(
            **key,
            journey_id=UUID(int=number << 64 | rng.getrandbits(60)),
            person_id=person,
            order_id=order,
            stage="deliver",
            outcome="completed",
            started_at=placed - 3_600_000,
            reached={"discover": placed - 3_600_000, "order": placed, "deliver": placed + 4 * DAY},
            channels=("web",),
        )
        if number % 3 == 0:
            answer = {"survey": "review", "score": rng.randrange(1, 6), "scale": 5.0, "answered_at": placed + 5 * DAY}
            yield rows.SurveyRow(**key, survey_id=UUID(int=number), person_id=person, order_id=order, **answer)
        if number % 20 == 0:
            yield rows.ActionRow(
                **key, action_id=UUID(int=number), action="call", order_id=order, taken_at=placed + 3 * DAY
            )


def hurting(orders: int, rng: random.Random) -> Iterator[rows.PainPointRow]:
    """A chain of two pain points for every fifth order."""
    for number in range(0, orders, 5):
        placed, root = AT + number * DAYS * DAY // orders, UUID(int=number)
        for step, kind in enumerate(("parcel_stalled", rng.choice(["delivery_late", "parcel_lost", "cart_abandoned"]))):
            yield rows.PainPointRow(
                shop="main",
                version=number + 1,
                pain_point_id=UUID(int=number + step),
                root_id=root,
                kind=kind,
                entity=f"order:A-{number}",
                stage="deliver",
                severity="high",
                status=rng.choice(["open", "resolved"]),
                happened_at=placed + (step + 2) * DAY,
                detected_at=placed + (step + 2) * DAY,
                value_at_risk=Decimal(rng.randrange(1000, 90000)) / 100,
                currency="EUR",
                order_id=f"A-{number}",
                person_id=f"customer:c{number}",
            )


def messages(items: Iterator[Any], kind: Kind) -> Iterator[Message]:
    """Messages as they travel, 500 items each."""
    offset = 0
    while part := list(islice(items, 500)):
        for value in [paged(part)] if kind == Kind.EVENTS else batches(map(pack_item, part)):
            yield Message("journey.events.v1", 0, offset, AT, kind, value)
            offset += 1


def paged(items: list[EventItem]) -> bytes:
    """A message of events, with a page for each public partition."""
    where = [item.position.partition for item in items]
    parts = ([*compress(items, map(partition.__eq__, where))] for partition in sorted({*where}))
    return pack_item(EventPages([*map(EventPage.holding, parts)]))


def load(insert: ColumnarInserter, stream: Iterator[Message], limits: Limits) -> dict[str, float]:
    """Store all of a stream; seconds by step, and how many items and rows."""
    spent = {"read": 0.0, "translate": 0.0, "insert": 0.0, "items": 0, "rows": 0, "inserts": 0}
    ready = list(stream)
    cpu = time.process_time()
    while ready:
        batch = Batch(limits)
        started = time.perf_counter()
        while ready and not batch.full:
            batch.add(ready.pop(0))
        read = time.perf_counter()
        tables = batch.rows()
        translated = time.perf_counter()
        for table in tables:
            insert(table.name, table.columns, table.rows)
            spent["rows"] += len(table.rows)
            spent["inserts"] += 1
        spent["read"] += read - started
        spent["translate"] += translated - read
        spent["insert"] += time.perf_counter() - translated
        spent["items"] += len(batch.items)
    spent["cpu"] = time.process_time() - cpu
    return spent


def report(name: str, spent: dict[str, float]) -> None:
    wall = spent["read"] + spent["translate"] + spent["insert"]
    print(
        f"{name}: {spent['items']:,.0f} items, {spent['rows']:,.0f} rows in {wall:.1f} s: "
        f"{spent['items'] / wall:,.0f} items/s, {spent['rows'] / wall:,.0f} rows/s; µs an item: "
        + ", ".join(f"{step} {spent[step] / spent['items'] * 1e6:.1f}" for step in ("read", "translate", "insert"))
        + f" (own CPU {spent['cpu'] / spent['items'] * 1e6:.1f} in all)"
    )


ONE = "source = 'https://shop.example/web' AND id = '000000000777'"
QUERIES = {
    "events of a day by type": "SELECT type, count() FROM waypost.events WHERE shop = 'main' "
    "AND occurred_at >= '2023-11-20' AND occurred_at < '2023-11-21' GROUP BY type",
    "events of an alias": "SELECT * FROM waypost.events WHERE shop = 'main' AND alias = 'session:s77-1'",
    "an event by source and id": f"SELECT * FROM waypost.events WHERE {ONE}",
    "an answer": f"SELECT * FROM waypost.answers WHERE {ONE}",
    "the balance": "SELECT * FROM waypost.balance",
    "an order": "SELECT * FROM waypost.orders WHERE shop = 'main' AND order_id = 'A-77'",
}
BY_DAY = (
    "funnel_daily",
    "abandonment_daily",
    "delivery_daily",
    "pain_points_daily",
    "pain_cost",
    "satisfaction_daily",
    "journey_paths",
)
WHOLE = ("satisfaction_by_pain", "returning_by_pain", "action_effect", "worklist")
QUERIES |= {
    f"{view}, a day": f"SELECT * FROM waypost.{view} WHERE shop = 'main' AND day = '2023-11-20'" for view in BY_DAY
}
QUERIES |= {
    f"{view}, a month": f"SELECT * FROM waypost.{view} WHERE shop = 'main' AND day < '2023-12-15'" for view in BY_DAY
}
QUERIES |= {view: f"SELECT * FROM waypost.{view} WHERE shop = 'main' LIMIT 1000" for view in WHOLE}


def ask(client: Client) -> None:
    for name, query in QUERIES.items():
        print(f"{name}: {best(lambda query=query: client.execute(query)) * 1000:,.0f} ms")  # type: ignore[misc]


def best(run: Callable[[], object], times: int = 3) -> float:
    """The best of a few runs, in seconds."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--orders", type=int, default=30_000)
    chosen = parser.parse_args()
    limits, rng = WarehouseSettings().limits(), random.Random(1)
    with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as engine:
        migrate(engine.url)
        with connected(engine.url) as client:
            insert = ColumnarInserter(client, STORAGE)
            clocks = local_clocks([("main", "Europe/Berlin")], 1)
            insert(clocks.name, clocks.columns, clocks.rows)
            report("events", load(insert, messages(events(chosen.events, rng), Kind.EVENTS), limits))
            report("rows", load(insert, messages(published(chosen.orders, rng), Kind.ROWS), limits))
            report("pain points", load(insert, messages(hurting(chosen.orders, rng), Kind.PAIN_POINTS), limits))
            size = "SELECT table, sum(data_compressed_bytes) / sum(rows) FROM system.parts WHERE active "
            for table, width in client.execute(
                size + "AND database = 'waypost_storage' GROUP BY table HAVING sum(rows) > 1000 ORDER BY table"
            ):
                print(f"{table}: {width:.0f} bytes a row on disk")
            ask(client)
    print(f"greatest memory of the writer: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
