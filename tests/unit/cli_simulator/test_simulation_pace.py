from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from services.cli.clickhouse.views import Row
from services.cli.replays.disturbance import Disturbance, disturbed
from services.cli.replays.event import SentEvent, epoch_ms
from services.cli.replays.portions import Portion
from services.cli.simulator.delay import held_up
from services.cli.simulator.session import AFTERWARDS, Simulation, Stage, new_run, next_start, send
from services.cli.simulator.shop import stories

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


class FakeClock:
    """Seconds since the start, a step further at each look."""

    def __init__(self, step: float) -> None:
        self.step, self.now = step, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class FakeEmitter:
    def __init__(self) -> None:
        self.events: list[SentEvent] = []
        self.ticks: list[int] = []
        self.confirmed = (0, 0)

    def send(self, events: Iterable[SentEvent]) -> None:
        self.events += events

    def tick(self, shop: str, time_ms: int) -> None:
        self.ticks.append(time_ms)

    def confirm(self) -> None:
        self.confirmed = (len(self.events), len(self.ticks))


class FakeViews:
    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def rows(self, query: str, values: Mapping[str, object] | None = None) -> list[Row]:
        return self._rows


def portions(simulation: Simulation, step: float = 1.0) -> tuple[Stage, list[Portion]]:
    stage = Stage(simulation)
    return stage, list(stage.portions(FakeClock(step)))


def test_a_paced_run_sends_what_has_happened_by_then_and_never_more() -> None:
    _, cut = portions(Simulation("demo", "r", START, journeys=50, speed=HOUR))
    late = {name for story in islice(stories("demo", "r", START, 12.0, Random(0)), 50) for name in story.delays}
    before = epoch_ms(START)
    for portion in cut:
        assert all(event.time_ms <= portion.tick_ms for event in portion.events)
        assert all(before < event.time_ms for event in portion.events if event.id not in late)
        before = portion.tick_ms


def test_what_is_heard_late_leaves_after_what_happened_meanwhile() -> None:
    events = [SentEvent(id=f"e{n}", source="s", type="t", time=START + n * HOUR, data={}) for n in range(5)]
    releases = disturbed(events, Disturbance(), Random(0))
    left = list(held_up(releases, {"e1": 2 * HOUR, "e4": HOUR}))
    assert [release.event.id for release in left] == ["e0", "e2", "e1", "e3", "e4"]
    assert [release.at_ms - epoch_ms(START) for release in left] == [n * 3_600_000 for n in (0, 2, 3, 3, 5)]


def test_a_tick_follows_each_step_also_without_events() -> None:
    _, cut = portions(Simulation("demo", "r", START, journeys=1, speed=HOUR / 60))
    assert [portion.tick_ms for portion in cut[:3]] == [epoch_ms(START + n * HOUR / 60) for n in (1, 2, 3)]


def test_pacing_changes_nothing_but_the_cuts() -> None:
    quick = Simulation("demo", "r", START, journeys=50)
    _, at_once = portions(quick)
    _, paced = portions(Simulation("demo", "r", START, journeys=50, speed=HOUR))
    assert [e.encoded() for p in at_once for e in p.events] == [e.encoded() for p in paced for e in p.events]
    assert at_once[-1].tick_ms == paced[-1].tick_ms


def test_a_bounded_run_ends_with_everything_decided() -> None:
    stage, cut = portions(Simulation("demo", "r", START, journeys=60))
    assert len(stage.told) == 60
    assert cut[-1].tick_ms == epoch_ms(max(truth.decided_at for truth in stage.told) + AFTERWARDS)


def test_a_run_with_an_end_stops_there_and_sends_nothing_later() -> None:
    until = START + 30 * HOUR
    for speed in (timedelta(0), HOUR):
        _, cut = portions(Simulation("demo", "r", START, speed=speed, until=until))
        assert cut[-1].tick_ms == epoch_ms(until)
        assert max(event.time for portion in cut for event in portion.events) <= until


def test_what_disorder_holds_back_leaves_before_the_end() -> None:
    how = Disturbance(timedelta(hours=6))
    for speed in (timedelta(0), HOUR):
        _, plain = portions(Simulation("demo", "r", START, journeys=40, speed=speed))
        _, mixed = portions(Simulation("demo", "r", START, journeys=40, speed=speed, disturbance=how))
        ids = [[e.id for p in cut for e in p.events] for cut in (plain, mixed)]
        assert ids[0] != ids[1]
        assert sorted(ids[0]) == sorted(ids[1])


def test_a_run_can_be_stopped_between_two_steps() -> None:
    emitter, stage = FakeEmitter(), Stage(Simulation("demo", "r", START, journeys=50))
    send(emitter, stage, lambda count, tick: None, stopped=lambda seconds: len(emitter.ticks) == 3)
    assert len(emitter.ticks) == 3
    assert emitter.confirmed == (len(emitter.events), 3)


def test_a_shop_goes_on_behind_its_clock() -> None:
    clock = epoch_ms(START)
    views = FakeViews([(0, clock + 500), (1, clock)])
    assert next_start(views, "demo", START - HOUR) == (START + timedelta(seconds=1), "")


def test_a_shop_without_a_clock_begins_where_it_is_told() -> None:
    assert next_start(FakeViews([]), "demo", START) == (START, "")


def test_runs_of_different_seconds_have_different_names() -> None:
    assert new_run(START) != new_run(START + timedelta(seconds=1))
    assert new_run(START).isalnum()
