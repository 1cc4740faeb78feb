"""What the journey's core costs per event on one core, and what that cost depends on.

Run: python benchmarks/bench_journey.py [events [idle customers]]. One partition without Kafka: events go through the
edge into its log, letters to other cells come back through it, each group of messages is packed into records and cells
as in the service.

- `mix`: the simulated shop's events with its clock, as one core sees them; the median of several shops.
- `idle`: the same on a partition that keeps so many customers who do nothing. Must not grow.
- `history`: one more page view of a customer who has bought so often before. Must not grow.
- `crowd`: how long a message of the mix takes when a bot and a customer of very many orders are in it, too.
"""

import gc
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from schemas import wire
from schemas.topics import JOURNEY_EVENTS, PUBLIC
from schemas.wire import Kind, PublicTick
from services.cli.replays.event import SentEvent, epoch_ms
from services.cli.simulator.shop import merged, stories
from services.ingest.adapters.outputs import Packing, Routes, ticks
from services.ingest.domain.edge import take
from services.ingest.domain.feeds import heard
from services.journey.adapters.effects import effects
from services.journey.adapters.rules_file import load_rules
from services.journey.app import clock_of
from services.journey.domain.partition import Partition, Place
from services.runtime.app import COLLECT_AFTER
from services.runtime.cells import MemoryCells
from services.runtime.config import load_shops
from services.runtime.records import Record

CONFIG = Path(__file__).resolve().parents[1] / "config"
SHOPS = load_shops(CONFIG)
SHOP = "demo"
START = datetime(2024, 5, 2, 10, 0, tzinfo=UTC)
PORTION = 500
"""Events between two ticks, and in a message."""

GROUP = 8
"""Messages that are made durable together."""

ROUNDS = 3

VIEWS = 50
"""How many page views of one customer are timed."""


class Line:
    """Edge and journey of one partition; counts the CPU time of the journey's part alone."""

    def __init__(self) -> None:
        self.table = MemoryCells()
        self.place = Place(0, 1)
        self.partition = Partition(self.place, self.table, load_rules(SHOPS, CONFIG), clock_of(SHOPS))
        self.log: deque[tuple[str, bytes]] = deque()
        self.offset = self.written = 0
        self.cpu = 0.0

    def send(self, events: Iterable[bytes], now_ms: int) -> None:
        """Events and then a tick into the log."""
        self._take(PUBLIC[0].name, events, ())
        tick = msgspec.json.encode(PublicTick(SHOP, now_ms))
        for topic in PUBLIC:
            self._take(topic.name, [tick], ((wire.TICK_HEADER, b"1"),))

    def work(self) -> None:
        """Read the log to its end."""
        while self.log:
            begin = time.process_time()
            for _ in range(min(GROUP, len(self.log))):
                kind, value = self.log.popleft()
                self.partition.apply(self.offset, kind, value)
                self.offset += 1
            done = effects(self.partition.drain(), self.place)
            self.table.apply(done.changes)
            self.table.apply(done.last_changes)
            self.cpu += time.process_time() - begin
            for output in (*done.outputs, *done.last_outputs):
                if output.topic == JOURNEY_EVENTS.name:
                    self.log.append((wire.kind(output.headers), output.value or b""))
            self.written += len(done.changes)

    def timed(self, events: list[bytes], now_ms: int) -> float:
        """µs of CPU for each of these events."""
        self.cpu = 0.0
        self.send(events, now_ms)
        self.work()
        return self.cpu / len(events) * 1e6

    def _take(self, topic: str, values: Iterable[bytes], headers: tuple[tuple[str, bytes], ...]) -> None:
        records = [Record(self.offset, 0, None, value, headers) for value in values]
        taken = take(topic, 0, self.offset, records, SHOPS)
        packing = Packing(Routes(1))
        packing.add(taken)
        packing.hear(heard(taken.minutes))
        origins = {public.name: 1 for public in PUBLIC}
        for output in (*packing.outputs(), *ticks(taken.clocks, f"{topic}/0", origins, 1)):
            if (kind := wire.kind(output.headers)) != Kind.POSITIONS and output.topic == JOURNEY_EVENTS.name:
                self.log.append((kind, output.value or b""))


def main(n: int = 8_000, idle: int = 100_000) -> None:
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)  # as a service does
    show("mix, 12 customers an hour", [mix(Line(), n, seed) for seed in range(ROUNDS)])
    for customers in (1_000, idle):
        line = Line()
        settle(line, customers)
        show(f"mix, beside {customers:,} idle customers", [mix(line, n // 2, 10 + seed) for seed in range(ROUNDS)])
    for orders in (10, 100, 1_000):
        show(f"page view, {orders:,} orders before", [history(orders)])
    alone, crowded = crowd(max(n, 6_000))
    print(f"a message of {PORTION} events of the mix{alone:>8,.0f} ms of CPU alone{crowded:>8,.0f} ms in a crowd")


def mix(line: Line, n: int, seed: int) -> float:
    """µs per event of a simulated shop."""
    gc.collect()
    line.cpu, sent = 0.0, 0
    for portion, now_ms in portions(n, seed):
        line.send(portion, now_ms)
        line.work()
        sent += len(portion)
    return line.cpu / sent * 1e6


def portions(n: int, seed: int) -> Iterator[tuple[list[bytes], int]]:
    """(events, time of the last) of the simulated shop; a later seed's story plays after an earlier one's."""
    begin = START + timedelta(days=400 * seed)
    told = islice(merged(stories(SHOP, f"run{seed}", begin, 12.0, Random(seed))), n)
    while portion := list(islice(told, PORTION)):
        yield [event.encoded() for event in portion], portion[-1].time_ms


def settle(line: Line, customers: int) -> None:
    """Customers who looked at a page once and were never seen again; their visits have ended in silence."""
    for first in range(0, customers, PORTION):
        line.send((view(f"idle{n}", START, n) for n in range(first, first + PORTION)), epoch_ms(START))
        line.work()
    line.send([], epoch_ms(START + timedelta(days=60)))
    line.work()


def history(orders: int) -> float:
    """µs per page view of a customer with so many orders, one in a message as a customer's are."""
    line, told, now = Line(), [], START
    for number in range(orders):
        now += timedelta(hours=6)
        told += [view("regular", now, number), order("regular", now, number)]
    line.send(told, epoch_ms(now))
    line.work()
    found = []
    for number in range(VIEWS):
        now += timedelta(minutes=1)
        found.append(line.timed([view("regular", now, orders + number)], epoch_ms(START)))
    return median(found)


def crowd(n: int, views: int = 20_000, orders: int = 5_000) -> tuple[float, float]:
    """ms for a message of the mix: alone, and with as many views of a bot and some orders of one customer."""
    line, now = Line(), START
    for first in range(0, views, PORTION):
        line.send((bot(now, number) for number in range(first, first + PORTION)), epoch_ms(START))
        line.work()
    for first in range(0, orders, PORTION):
        line.send((order("big", now, number) for number in range(first, first + PORTION)), epoch_ms(START))
        line.work()
    took: dict[bool, list[float]] = {False: [], True: []}
    for number, (portion, now_ms) in enumerate(portions(n, 20)):
        more: list[bytes] = []
        if crowded := bool(number % 2):
            first = number * PORTION
            more = [bot(now, views + first + k) for k in range(PORTION)]
            more += [order("big", now, orders + first + k) for k in range(PORTION // 10)]
        took[crowded].append(line.timed([*portion, *more], now_ms) * len([*portion, *more]) / 1000)
    return median(took[False]), median(took[True])


def bot(now: datetime, number: int) -> bytes:
    """One of very many slow pages on one session."""
    when = now + timedelta(milliseconds=10 * number)
    return _event("storefront.page.viewed", f"bot{number}", when, {"url": "/", "session_id": "bot", "lcp_ms": 9000})


def view(customer: str, when: datetime, number: int) -> bytes:
    data: dict[str, object] = {"url": "/", "customer_id": customer}
    return _event("storefront.page.viewed", f"{customer}-view{number}", when, data)


def order(customer: str, when: datetime, number: int) -> bytes:
    data: dict[str, object] = {"order_id": f"{customer}-{number}", "total": "50", "currency": "EUR"}
    return _event("storefront.order.placed", f"{customer}-order{number}", when, {**data, "customer_id": customer})


def _event(type_: str, id_: str, when: datetime, data: dict[str, object]) -> bytes:
    return SentEvent(id=id_, source="/bench", type=type_, time=when, data=data, shop=SHOP).encoded()


def show(what: str, costs: list[float]) -> None:
    cost = median(costs)
    spread = f"   {min(costs):,.0f}-{max(costs):,.0f} µs" if len(costs) > 1 else ""
    print(f"{what:<38}{cost:>10,.0f} µs of CPU an event{1e6 / cost:>10,.0f} events/s{spread}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
