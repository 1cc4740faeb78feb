"""Journey's unit of work: a batch of messages, and what it counts."""

from prometheus_client import CollectorRegistry
from support.story import SHOP, at, ms, placed
from support.world import RULES, SHOPS, World

from schemas import wire
from schemas.batches import batches
from schemas.topics import JOURNEY_EVENTS, PUBLIC
from schemas.wire import Kind, Tick
from services.journey.app import clock_of
from services.journey.domain.clocks import ROUNDS
from services.journey.domain.outbox import Place
from services.journey.domain.partition import Partition
from services.journey.metrics import JourneyMetrics
from services.journey.processor import Journey
from services.runtime.cells import MemoryCells
from services.runtime.records import Effects, Output, Record, RecordBatch


class Desk:
    """A journey processor of one partition with metrics of its own; messages get offsets as they come."""

    def __init__(self) -> None:
        self.registry, self.table, self.offset = CollectorRegistry(), MemoryCells(), 0
        partition = Partition(Place(0, 1), self.table, RULES, clock_of(SHOPS))
        self.journey = Journey(partition, Place(0, 1), JourneyMetrics(self.registry))

    def process(self, messages: list[Output]) -> Effects:
        records = [Record(self.offset + n, 0, None, m.value, m.headers) for n, m in enumerate(messages)]
        batch = RecordBatch(JOURNEY_EVENTS.name, 0, self.offset, records)
        self.offset += len(records)
        return self.journey.process(batch)

    def measured(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"waypost_journey_{name}", labels)


def written(events: list[bytes]) -> list[Output]:
    world = World(1)
    world.send(events)
    return world.logs[0]


def tick(round_: int, origin: str, origins: dict[str, int], now: int) -> Output:
    value = next(batches([wire.pack_item(Tick(round_, origin, origins, {"": now}))]))
    return Output(JOURNEY_EVENTS.name, 0, value, ((wire.KIND_HEADER, Kind.TICKS.value.encode()),))


def test_a_batch_becomes_rows_letters_and_cells() -> None:
    effects = Desk().process(written([placed("o", at())]))
    kinds = [(output.topic, wire.kind(output.headers)) for output in effects.outputs]
    assert ("journey.events.v1", "letters") in kinds
    assert effects.changes
    assert not effects.last_outputs


def test_a_record_without_a_value_or_a_kind_is_passed_over() -> None:
    empty = Output(JOURNEY_EVENTS.name, 0, None, ((wire.KIND_HEADER, b"events"),))
    nameless = Output(JOURNEY_EVENTS.name, 0, b"\xc1")
    done = Desk().process([empty, nameless])
    assert [*done.outputs, *done.last_outputs, *done.changes, *done.last_changes] == []


def test_events_and_news_are_counted_once_for_each_batch() -> None:
    desk, messages = Desk(), written([placed("o", at(), id="same")])
    desk.process(messages)
    desk.process(messages)
    assert (desk.measured("events_total"), desk.measured("news_total")) == (2, 1)


def test_the_live_clock_is_shown_once_it_exists_and_who_holds_it_back_until_then() -> None:
    desk, origins, now = Desk(), {topic.name: 1 for topic in PUBLIC}, ms(at())
    first, second, third = sorted(origins)
    desk.process([tick(0, f"{first}/0", origins, now)])
    assert desk.measured("clock_timestamp_seconds", partition="0") is None
    assert desk.measured("clock_held_back_by", partition="0", origin=f"{second}/0") == 1
    desk.process([tick(0, f"{second}/0", origins, now)])
    assert desk.measured("clock_held_back_by", partition="0", origin=f"{second}/0") is None
    assert desk.measured("clock_held_back_by", partition="0", origin=f"{third}/0") == 1
    desk.process([tick(0, f"{third}/0", origins, now)])
    for round_ in range(1, ROUNDS + 1):
        desk.process([tick(round_, f"{JOURNEY_EVENTS.name}/0", {JOURNEY_EVENTS.name: 1}, now)])
    assert desk.measured("clock_timestamp_seconds", partition="0") == now / 1000


def test_all_live_shops_share_a_clock_and_a_replayed_shop_has_its_own() -> None:
    clock = clock_of(SHOPS)
    assert [clock(name) for name in ("main", "nobody's", SHOP, "replay-a", "replay-b")] == [
        "",
        "",
        SHOP,
        "replay-a",
        "replay-b",
    ]
