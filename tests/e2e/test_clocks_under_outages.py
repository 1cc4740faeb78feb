"""Clocks of the whole line while its workers stand still: what was not heard yet has not been missed."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import takewhile
from random import Random

import msgspec
import pytest
from confluent_kafka import Producer
from support.installation import ROOT, Installation, running
from support.polling import eventually
from support.second_workers import Worker, first_worker, measured, partitions_of, second_worker, suspended

from schemas.topics import PUBLIC
from schemas.wire import TICK_HEADER, PublicTick
from services.cli.clickhouse.stored import Awaited, awaiting, wait_until_stored
from services.cli.clickhouse.views import ClickHouseViews, Row
from services.cli.kafka.drain import KafkaGroups
from services.cli.kafka.sender import KafkaSender
from services.cli.local.state import read_state
from services.cli.replays.event import SentEvent, epoch_ms
from services.cli.simulator.session import Simulation, Stage, send
from services.cli.simulator.shop import stories
from services.cli.simulator.story import Story
from services.runtime.clickhouse.settings import ClickHouseSettings
from services.runtime.settings import KafkaSettings

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

QUICK = "quick"
"""A live shop whose carts are abandoned after seconds: an hour of an ordinary one takes it six."""
SHOPS = f"""
{QUICK}:
  clock: live
  rules:
    cart_abandoned: {{after: 6s}}

demo-*:
  clock: replay
"""
OUTAGE_S = 8.0
"""Longer than a cart may rest, and than the session of a worker that is not heard from."""

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass(slots=True)
class Line:
    """An installation with two workers each of ingest and journey."""

    installation: Installation
    ingest: tuple[Worker, Worker]
    journey: tuple[Worker, Worker]
    clickhouse: ClickHouseSettings
    kafka: KafkaSettings

    def views(self) -> ClickHouseViews:
        return ClickHouseViews(self.clickhouse)

    def rows(self, query: str, **values: object) -> list[Row]:
        views = self.views()
        found = views.rows(query, values)
        views.close()
        return found

    def live_clock(self) -> float:
        """The live clock as the slowest journey partition knows it, seconds since the epoch; 0 without one."""
        name = "waypost_journey_clock_timestamp_seconds"
        clocks = [value for worker in self.journey for value in measured(worker, name).values()]
        return min(clocks, default=0.0)

    def until_live_clock(self, instant: float) -> None:
        eventually(lambda: self.live_clock() >= instant, 90, f"the live clock reaches {instant}")

    def until_the_views_know(self, instant: float) -> None:
        """All that was found by an instant of the live clock shows; its rows are some seconds apart."""
        query = "SELECT count() FROM waypost.clocks WHERE shop = '' AND now >= fromUnixTimestamp64Milli(%(ms)s)"
        enough = instant + 8
        eventually(lambda: self.rows(query, ms=int(enough * 1000)) == [(4,)], 60, "all clocks show")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("clocks")
    shutil.copytree(ROOT / "config", folder / "config")
    with (folder / "config" / "shops.yaml").open("a") as shops:
        shops.write(SHOPS)
    own = {"CONFIG": str(folder / "config"), "SESSION_SECONDS": "6", "HEARTBEAT_SECONDS": "1"}
    with running(folder / "home", {f"WAYPOST_{name}": value for name, value in own.items()}) as installation:
        second = partial(second_worker, installation)
        with second("ingest", folder / "ingest.log") as ingest, second("journey", folder / "journey.log") as journey:
            state = read_state(installation.home)
            assert state is not None
            made = Line(
                installation,
                (first_worker(installation, "ingest"), ingest),
                (first_worker(installation, "journey"), journey),
                ClickHouseSettings(url=state.clickhouse_url),
                KafkaSettings(brokers=(state.brokers,)),
            )
            for worker in (*made.ingest, *made.journey):
                eventually(partial(partitions_of, installation, worker), 60, f"{worker.name} has partitions")
            made.until_live_clock(time.time() - 5)
            yield made


def waited(seconds: float) -> None:
    """So much of the wall's time passes: what is tested is what it does to clocks."""
    end = time.monotonic() + seconds
    eventually(lambda: time.monotonic() >= end, seconds + 5)


def done_with(cart: str, what: str = "cart.updated", **more: object) -> SentEvent:
    """Something that the customer of a cart does, now."""
    now = datetime.now(UTC)
    items = [{"sku": "sku-1", "quantity": 1, "unit_price": "9.00"}]
    data = {"customer_id": f"of-{cart}", "cart_id": cart, "currency": "EUR", "items": items, **more}
    name = f"{cart}-{what}-{epoch_ms(now)}"
    return SentEvent(id=name, source="web", type=f"storefront.{what}", time=now, shop=QUICK, data=data)


@contextmanager
def kept_busy(line: Line, carts: Sequence[str]) -> Iterator[None]:
    """Meanwhile each cart is updated every half second; at the end all are ordered."""
    sender, done = KafkaSender(line.kafka), threading.Event()

    def keep() -> None:
        while not done.wait(0.5):
            sender.send(done_with(cart) for cart in carts)
        sender.send(done_with(cart, "order.placed", order_id=f"order-{cart}", total="9.00") for cart in carts)

    with at_the_same_time(keep):
        try:
            yield
        finally:
            done.set()


@contextmanager
def at_the_same_time(work: Callable[[], None]) -> Iterator[None]:
    """The work is done beside the block, and ends after it."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(200)
    assert not thread.is_alive()


@pytest.mark.sample
def test_live_carts_that_are_kept_busy_during_outages_are_never_called_abandoned(line: Line) -> None:
    """First all of ingest stands still, then one of two journey workers, each for longer than a cart may rest."""
    sender = KafkaSender(line.kafka)
    left = [f"left-{n}" for n in range(8)]
    with kept_busy(line, [f"kept-{n}" for n in range(16)]):
        waited(2)
        with suspended(line.ingest):
            sender.send(done_with(cart) for cart in left)
            waited(OUTAGE_S)
        line.until_live_clock(time.time())
        with suspended(line.journey[1:]):
            waited(OUTAGE_S)
        line.until_live_clock(time.time())
    line.until_the_views_know(time.time())
    history = "SELECT entity, groupArray(status) FROM waypost.pain_points_history WHERE shop = %(shop)s GROUP BY entity"
    assert dict(line.rows(history, shop=QUICK)) == {f"cart:{cart}": ["open"] for cart in left}


def test_a_simulated_shop_suffers_nothing_in_outages_that_it_does_not_suffer_without_them(line: Line) -> None:
    """Six hours of the shop take a second: ingest stands still for two days of it, then one of two journey workers."""
    tell(line, "demo-quiet", timedelta(0))
    with at_the_same_time(lambda: tell(line, "demo-noisy", timedelta(hours=6))):
        waited(2)
        with suspended(line.ingest):
            waited(OUTAGE_S)
        with suspended(line.journey[1:]):
            waited(OUTAGE_S)
    quiet, noisy = (standing(line, shop) for shop in ("demo-quiet", "demo-noisy"))
    assert len(quiet) > 100
    assert noisy == quiet
    besides = ever(line, "demo-noisy") - ever(line, "demo-quiet") - until_heard_otherwise("demo-noisy")
    assert {kind for kind, *_ in besides} <= opened_at_once() < {kind for kind, *_ in quiet}


FOR = timedelta(days=5)
SEED, PER_HOUR = 5, 8.0


def told(shop: str) -> Iterable[Story]:
    return takewhile(lambda s: s.events[0].time < START + FOR, stories(shop, shop, START, PER_HOUR, Random(SEED)))


def until_heard_otherwise(shop: str) -> set[tuple[object, ...]]:
    """What may be believed for a while, since the stories have it that something is heard late."""
    return {(f.kind, nameless(f.entity, shop), f.happened_at) for story in told(shop) for f in story.disproved}


def opened_at_once() -> set[object]:
    """Kinds that events open: no clock waits for what another event, in a partition that stands still, says of them."""
    return {finding.kind for story in told("any") for finding in story.findings if not finding.timed}


def tell(line: Line, shop: str, speed: timedelta) -> None:
    """Five days of a simulated shop; returns when all of it shows."""
    end = START + FOR
    sender = KafkaSender(line.kafka)
    stage = Stage(Simulation(shop, shop, START, SEED, per_hour=PER_HOUR, speed=speed, until=end))
    send(sender, stage, lambda count, tick: None, threading.Event().wait)
    awaited = Awaited(shop, epoch_ms(end), sender.partitions, sender.sent.offsets)
    views = line.views()
    wait_until_stored(awaiting(views, KafkaGroups(line.kafka), awaited))
    views.close()


def standing(line: Line, shop: str) -> list[tuple[object, ...]]:
    """What hurts in a shop at last."""
    said = "happened_at, toString(status), toString(severity), ended_at, cause"
    query = f"SELECT kind, entity, {said} FROM waypost.pain_points WHERE shop = %(shop)s"
    return sorted(
        ((kind, nameless(entity, shop), *rest) for kind, entity, *rest in line.rows(query, shop=shop)), key=str
    )


def ever(line: Line, shop: str) -> set[tuple[object, ...]]:
    """What was ever said to hurt in it, also what was taken back."""
    query = "SELECT kind, entity, happened_at FROM waypost.pain_points_history WHERE shop = %(shop)s"
    return {(kind, nameless(entity, shop), happened_at) for kind, entity, happened_at in line.rows(query, shop=shop)}


def nameless(entity: str, shop: str) -> str:
    """An entity's name without what tells which shop it is of: hashes of names do, too."""
    return _HASH.sub("", entity.replace(shop, ""))


_HASH = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def test_the_partitions_of_an_ingest_worker_that_stands_still_are_named(line: Line) -> None:
    """Both workers have some of the public partitions, and the live clock advances by both their ticks."""
    lost = partitions_of(line.installation, line.ingest[1])
    assert lost
    assert partitions_of(line.installation, line.ingest[0]).isdisjoint(lost)
    stopped_at = time.time()
    with suspended(line.ingest[1:]):
        waited(2)
        eventually(lambda: holding_back(line) <= lost, 4, "only the worker that stands still is named")
        assert line.live_clock() <= stopped_at + 1
    line.until_live_clock(time.time())


def holding_back(line: Line) -> set[str]:
    """The public partitions that the journey workers name; each of their partitions names one."""
    named = [labels for worker in line.journey for labels in measured(worker, "waypost_journey_clock_held_back_by")]
    assert len(named) == 4
    return {dict(labels)["origin"] for labels in named}


def test_neither_forged_ticks_nor_a_replay_of_the_past_move_the_live_clock(line: Line) -> None:
    past = datetime(2017, 3, 1, tzinfo=UTC)
    forged = Producer({"bootstrap.servers": line.kafka.bootstrap})
    replay = KafkaSender(line.kafka)
    for step in range(20):
        for years in (-10, 10):
            ahead_ms = int((time.time() + years * 31e6) * 1000)
            body = msgspec.json.encode(PublicTick("", ahead_ms))
            for topic in PUBLIC:
                forged.produce(topic.name, body, partition=step % 4, timestamp=ahead_ms, headers=[(TICK_HEADER, b"1")])
        assert forged.flush(10) == 0
        replay.tick("demo-2017", epoch_ms(past + timedelta(hours=step)))
        replay.confirm()
        now = time.time()
        line.until_live_clock(now - 5)
        assert line.live_clock() <= time.time() + 1
    replayed = "SELECT DISTINCT now FROM waypost.clocks WHERE shop = 'demo-2017'"
    expected = [(past + timedelta(hours=19),)]
    eventually(lambda: [tuple(row) for row in line.rows(replayed)] == expected, 30, "the replay's clock shows")
