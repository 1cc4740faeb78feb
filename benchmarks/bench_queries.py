"""How fast views answer: a day, a month and all of a shop, one person, one event, beside bytes on disk.

Run: python benchmarks/bench_queries.py [--orders 100000] [--days 365] [--keep FOLDER] [--only WORD].
A million orders, ten million events, take four minutes to make and 3.5 GB when merged. It starts an engine of its own;
times are the client's, CPU is the engine's.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from clickhouse_driver import Client

from benchmarks.made_history import make_history
from deploy.local.clickhouse.process import EngineProcess, start
from services.runtime.clickhouse.client import connected
from services.runtime.clickhouse.insert import ColumnarInserter
from services.runtime.clickhouse.migrate import STORAGE, migrate
from services.warehouse.domain.local_clocks import local_clocks

ENDS = 1_753_000_000_000  # 2025-07-20
DAY = "day = '2025-03-10'"
MONTH = "day >= '2025-03-01' AND day < '2025-04-01'"
BY_DAY = (
    "funnel_daily",
    "abandonment_daily",
    "delivery_daily",
    "pain_points_daily",
    "pain_cost",
    "satisfaction_daily",
    "journey_paths",
)
WHOLE = ("worklist", "incidents", "satisfaction_by_pain", "returning_by_pain", "action_effect")
TIMES = 5
FRESH = {
    "journeys": ("journey_id", 300),
    "orders": ("order_id", 200),
    "parcels": ("parcel_id", 150),
    "pain_points": ("pain_point_id", 40),
    "surveys": ("survey_id", 15),
}
"""Keys of tables, and how many rows come after their days were settled: in twenty minutes 40 orders, and what becomes
of others."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks and measures."""

    client: Client
    engine: EngineProcess

    def ask(self, name: str, query: str, times: int = TIMES) -> None:
        taken: list[float] = []
        cpu = self.cpu()
        for _ in range(times):
            began = time.perf_counter()
            rows = self.client.execute(query)
            taken.append((time.perf_counter() - began) * 1000)
        cpu = (self.cpu() - cpu) * 1000 / times
        middle = sorted(taken)[times // 2]
        print(f"{name}: {min(taken):,.0f} ms at best, {middle:,.0f} ms median, CPU {cpu:,.0f} ms, {len(rows):,} rows")

    def cpu(self) -> float:
        """Seconds that the engine has computed."""
        fields = Path(f"/proc/{self.engine.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def questions(client: Client) -> Iterator[tuple[str, str, int]]:
    """What is asked, and how often."""
    for view in BY_DAY:
        yield f"{view}, a day", f"SELECT * FROM waypost.{view} WHERE shop = 'main' AND {DAY}", TIMES
        yield f"{view}, a month", f"SELECT * FROM waypost.{view} WHERE shop = 'main' AND {MONTH}", TIMES
        yield f"{view}, all days", f"SELECT * FROM waypost.{view}", 2
    for view in WHOLE:
        yield view, f"SELECT * FROM waypost.{view} WHERE shop = 'main' LIMIT 1000", 2
    yield "balance", "SELECT * FROM waypost.balance", 1
    # One in the midst of the history, whatever its size.
    [(order, person)] = client.execute(
        f"SELECT order_id, person_id FROM {STORAGE}.orders WHERE shop = 'main' ORDER BY placed_at LIMIT 1"
    )
    mine = f"shop = 'main' AND person_id = '{person}'"
    yield "an order", f"SELECT * FROM waypost.orders WHERE shop = 'main' AND order_id = '{order}'", TIMES
    yield "aliases of a person", f"SELECT * FROM waypost.persons WHERE {mine}", TIMES
    yield "events of an alias", f"SELECT * FROM waypost.events WHERE shop = 'main' AND alias = 'order:{order}'", 2
    aliases = f"SELECT alias FROM waypost.persons WHERE {mine}"
    asked = f"SELECT * FROM waypost.events WHERE shop = 'main' AND alias IN ({aliases})"
    yield "events of a person, aliases first", asked, 2
    asked = f"SELECT * FROM waypost.timeline(shop = 'main', person = '{person}')"
    yield "timeline of a person", asked, 4 * TIMES
    yield "timeline of a person, three columns", asked.replace("*", "occurred_at, type, alias"), 4 * TIMES
    yield "events_by_person, a person", f"SELECT * FROM waypost.events_by_person WHERE {mine}", 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--keep", type=Path, help="keep the data here, or ask what was kept")
    parser.add_argument("--only", default="", help="ask only questions with this word")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, start(chosen.keep or Path(folder)) as engine:
        migrate(engine.url)
        with connected(engine.url) as client:
            if not client.execute(f"SELECT count() FROM {STORAGE}.orders")[0][0]:
                fill(client, chosen.orders, chosen.days)
            asker = Asker(client, engine)
            settle(client, asker)
            freshen(client)
            sizes(client)
            for name, query, times in questions(client):
                if chosen.only in name:
                    asker.ask(name, query, times)
    print("load: " + ", ".join(f"{value:.1f}" for value in os.getloadavg()))


def fill(client: Client, orders: int, days: int) -> None:
    clocks = local_clocks([("main", "Europe/Berlin"), ("second", "America/Sao_Paulo")], 1)
    ColumnarInserter(client, STORAGE)(clocks.name, clocks.columns, clocks.rows)
    now = f"fromUnixTimestamp64Milli(toInt64({ENDS}), 'UTC')"
    client.execute(f"INSERT INTO {STORAGE}.clocks (shop, version, deleted, partition, now) SELECT '', 1, 0, 0, {now}")
    began = time.perf_counter()
    for stored in make_history(client, orders, days, ENDS):
        print(f"{stored:,} orders made", end="\r", flush=True)
    print(f"{orders:,} orders of {days} days made in {time.perf_counter() - began:,.0f} s")


def settle(client: Client, asker: Asker) -> None:
    """Make the tables of settled days, as the engine does four times an hour."""
    for (view,) in client.execute(f"SELECT view FROM system.view_refreshes WHERE database = '{STORAGE}' ORDER BY view"):
        client.execute(f"SYSTEM WAIT VIEW {STORAGE}.{view}")
        cpu = asker.cpu()
        client.execute(f"SYSTEM REFRESH VIEW {STORAGE}.{view}")
        client.execute(f"SYSTEM WAIT VIEW {STORAGE}.{view}")
        print(f"{view}: CPU {asker.cpu() - cpu:.1f} s")


def freshen(client: Client) -> None:
    """New versions of some rows of any age: what comes in while the tables of settled days stand."""
    for table, (key, count) in FRESH.items():
        columns = client.execute(
            "SELECT name FROM system.columns WHERE database = %(database)s AND table = %(table)s "
            "AND default_kind != 'MATERIALIZED' AND name NOT IN ('version', 'inserted_at')",
            {"database": STORAGE, "table": table},
        )
        names = ", ".join(f"`{name}`" for (name,) in columns)
        [(stored,)] = client.execute(f"SELECT count() FROM {STORAGE}.{table}")
        client.execute(
            f"INSERT INTO {STORAGE}.{table} ({names}, version) SELECT {names}, version + 1 "
            f"FROM {STORAGE}.{table} FINAL WHERE cityHash64({key}) % {max(1, stored // count)} = 0"
        )


def sizes(client: Client) -> None:
    found = client.execute(
        "SELECT table, sum(rows), count(), sum(bytes_on_disk) / sum(rows) FROM system.parts WHERE active "
        f"AND database = '{STORAGE}' GROUP BY table HAVING sum(rows) > 1000 ORDER BY table"
    )
    for table, rows, parts, width in found:
        print(f"{table}: {rows:,} rows in {parts} parts, {width:.0f} bytes a row on disk")


if __name__ == "__main__":
    main()
