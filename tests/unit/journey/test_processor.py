"""Journey's unit of work around the core: what it measures, and what it says of the time that events take."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable, Sequence

import pytest
from prometheus_client import CollectorRegistry
from support.story import at, placed
from support.world import CONFIG, RULES, SHOPS, World

from schemas import wire
from schemas.batches import batches
from schemas.topics import JOURNEY_EVENTS, PUBLIC
from schemas.wire import LIVE_CLOCK, Tick
from services.journey.app import build, clock_of
from services.journey.domain.clocks import ROUNDS
from services.journey.domain.outbox import Place
from services.journey.domain.partition import Partition
from services.journey.metrics import JourneyMetrics
from services.journey.processor import Journey
from services.journey.settings import JourneySettings
from services.runtime.cells import MemoryCells
from services.runtime.config import FOLDER_VARIABLE
from services.runtime.partition import OwnedPartition
from services.runtime.records import Headers, Processor, Record, RecordBatch

RECEIVED_MS = 1_714_644_000_000
CLOCK = "waypost_journey_clock_timestamp_seconds"
HELD_BACK = "waypost_journey_clock_held_back_by"


class Bench:
    """One journey partition with its metrics."""

    def __init__(self, number: int = 0, metrics: JourneyMetrics | None = None) -> None:
        self.metrics = metrics or JourneyMetrics(CollectorRegistry())
        place = Place(number, 2)
        self.journey = Journey(Partition(place, MemoryCells(), RULES, clock_of(SHOPS)), place, self.metrics)

    def received_ms(self, messages: Iterable[tuple[Headers, bytes]]) -> Sequence[int]:
        """Of the effects of these messages, taken in together."""
        return self.journey.process(batch_of(messages)).received_ms


def batch_of(messages: Iterable[tuple[Headers, bytes]]) -> RecordBatch:
    """Messages as the log holds them, appended five seconds after the edge had their events."""
    records = [Record(n, RECEIVED_MS + 5_000, None, value, headers) for n, (headers, value) in enumerate(messages)]
    return RecordBatch(JOURNEY_EVENTS.name, 0, 0, records)


def accepted(*events: bytes) -> list[tuple[Headers, bytes]]:
    """Events as they come from the edge: one message for each call, letters and ticks of none."""
    world = World(partitions=1, received_ms=RECEIVED_MS)
    world.send(events)
    return [(message.headers, message.value or b"") for message in world.logs[0]]


def everywhere(now_ms: int, latest: str = "") -> Iterable[tuple[Headers, bytes]]:
    """Ticks of all origins in all rounds; the origin `latest` is a second behind."""
    header = ((wire.KIND_HEADER, wire.Kind.TICKS.value.encode()),)
    public, own = {topic.name: 1 for topic in PUBLIC}, {JOURNEY_EVENTS.name: 1}
    for round_, topics in enumerate([public, *[own] * ROUNDS]):
        for topic in topics:
            origin = f"{topic}/0"
            clocks = {LIVE_CLOCK: now_ms - (1000 if origin == latest else 0)}
            yield header, b"".join(batches([wire.pack_item(Tick(round_, origin, topics, clocks))]))


def shown(metrics: JourneyMetrics, name: str) -> set[str]:
    """The partitions that have a series of this name."""
    return {
        sample.labels["partition"]
        for metric in metrics.clock.collect() + metrics.held_back_by.collect()
        for sample in metric.samples
        if sample.name == name
    }


def test_a_live_shops_event_tells_when_it_was_received_at_the_edge() -> None:
    assert Bench().received_ms(accepted(placed("o1", at(), shop="main"))) == [RECEIVED_MS]


def test_one_event_stands_for_its_whole_message() -> None:
    message = accepted(*(placed(f"o{n}", at(), shop="main") for n in range(20)))
    assert Bench().received_ms([*message, *message]) == [RECEIVED_MS, RECEIVED_MS]


def test_a_replayed_shops_events_are_not_timed() -> None:
    assert Bench().received_ms(accepted(placed("o1", at(), shop="olist"))) == []


def test_ticks_are_not_timed() -> None:
    assert Bench().received_ms(everywhere(RECEIVED_MS)) == []


def test_the_clock_and_who_holds_it_back_are_shown_by_partition() -> None:
    bench = Bench(number=1)
    bench.received_ms(everywhere(RECEIVED_MS, latest=f"{PUBLIC[1].name}/0"))
    registry = CollectorRegistry()
    registry.register(bench.metrics.clock)
    registry.register(bench.metrics.held_back_by)
    origin = {"partition": "1", "origin": f"{PUBLIC[1].name}/0"}
    assert registry.get_sample_value(HELD_BACK, origin) == 1
    assert registry.get_sample_value(CLOCK, {"partition": "1"}) is not None


def test_a_partition_that_was_revoked_shows_no_clock_any_more() -> None:
    first = Bench(number=0)
    second = Bench(number=1, metrics=first.metrics)
    for bench in (first, second):
        bench.received_ms(everywhere(RECEIVED_MS, latest=f"{PUBLIC[0].name}/0"))
    first.metrics.forget("0")
    assert shown(first.metrics, CLOCK) == shown(first.metrics, HELD_BACK) == {"1"}


def test_the_service_as_it_is_wired_forgets_what_is_revoked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(CONFIG))
    spec = build(JourneySettings(partitions=1))
    owned = OwnedPartition(JOURNEY_EVENTS.name, 0, MemoryCells())

    async def opened() -> Processor:
        made = spec.routes[owned.topic](owned)
        return await made if inspect.isawaitable(made) else made

    asyncio.run(opened()).process(batch_of(everywhere(RECEIVED_MS)))
    registry = spec.metrics.registry
    assert registry.get_sample_value(CLOCK, {"partition": "0"}) == RECEIVED_MS / 1000
    spec.on_revoked(owned)
    assert registry.get_sample_value(CLOCK, {"partition": "0"}) is None
