"""A shop whose stream is made before it is measured: what is in its files, and when it is sent."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.bench_line import greatest
from benchmarks.shop_sender import BURST_S, Pace
from benchmarks.shop_stream import EVENTS_A_CUSTOMER, PER_HOUR, MadeShop, Step, read
from schemas.aliases import partition_of
from services.cli.kafka.records import topic_of
from services.cli.replays.event import SentEvent

HOUR_MS = 3_600_000
EVENTS_AN_HOUR = PER_HOUR * EVENTS_A_CUSTOMER


@pytest.fixture
def shop(tmp_path: Path) -> MadeShop:
    return MadeShop("demo", tmp_path, 4)


def events(steps: list[Step]) -> Iterator[tuple[str, int, dict[str, object]]]:
    """Topic and partition of each, and its fields."""
    for step in steps:
        for topic, partition, value in step.records:
            told = json.loads(value)
            for event in told if isinstance(told, list) else [told]:
                yield topic, partition, event


def test_a_file_holds_what_was_asked_for_and_counts_it(shop: MadeShop) -> None:
    made = shop.make(3_000, rate=EVENTS_AN_HOUR)
    steps = list(read(made.path))
    assert made.events == sum(step.events for step in steps) == len(list(events(steps)))
    assert made.events - steps[-1].events < 3_000 <= made.events


def test_events_lie_in_the_partition_of_their_cell(shop: MadeShop) -> None:
    for topic, partition, told in events(list(read(shop.make(1_000, rate=1_000).path))):
        event = SentEvent(**{name: told[name] for name in ("id", "source", "type", "time", "data", "shop")})  # type: ignore[arg-type]
        assert (topic, partition) == (topic_of(event.type), partition_of(event.cell, 4))


def test_a_shop_goes_on_from_file_to_file(shop: MadeShop) -> None:
    first, second = (list(read(shop.make(2_000, rate=EVENTS_AN_HOUR).path)) for _ in range(2))
    ticks = [step.tick_ms for step in (*first, *second)]
    assert {after - before for before, after in pairwise(ticks)} == {HOUR_MS}
    sent = Counter(str(event["id"]) for _, _, event in events([*first, *second]))
    assert 0 < sum(times > 1 for times in sent.values()) < 0.03 * len(sent)


def test_a_step_is_a_second_at_the_rate_it_is_made_for(shop: MadeShop) -> None:
    steps = list(read(shop.make(5_000, rate=3 * EVENTS_AN_HOUR).path))
    assert {after.tick_ms - before.tick_ms for before, after in pairwise(steps)} == {3 * HOUR_MS}


def test_a_tick_says_the_time_of_its_shop(shop: MadeShop) -> None:
    step = next(read(shop.make(10, rate=1_000).path))
    assert json.loads(step.tick) == {"shop": "demo", "time_ms": step.tick_ms}


def test_whoever_is_ahead_of_time_rests_until_the_event_is_due() -> None:
    rests: list[float] = []
    pace = Pace(100.0, lambda: 10.0, rests.append)
    for sent in (0, 100 * BURST_S, 100 * BURST_S + 25, 200):
        pace.wait(sent)
    assert rests == [0.5, 2.0]
    assert pace.behind == 0.0


def test_whoever_is_behind_notes_by_how_much() -> None:
    times = iter([10.0, 12.0, 13.5])
    pace = Pace(100.0, lambda: next(times), lambda _: None)
    pace.wait(100)
    pace.wait(300)
    assert pace.behind == 1.0


def test_without_a_rate_nobody_rests() -> None:
    rests: list[float] = []
    Pace(0.0, lambda: 10.0, rests.append).wait(1_000_000)
    assert rests == []


@pytest.mark.parametrize(("most", "found"), [(0, None), (1, 1), (4, 4), (7, 7)])
def test_the_greatest_value_that_holds_is_found_in_three_steps(most: int, found: int | None) -> None:
    tried: list[float] = []

    def holds(value: float) -> bool:
        tried.append(value)
        return value <= most

    assert greatest(range(1, 8), holds) == found
    assert len(tried) == 3
