from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from services.cli.clickhouse.views import Row, ViewsError
from services.cli.journeys.story import Person
from services.cli.live.screen import line, screen
from services.cli.live.services import Reading, parse
from services.cli.live.snapshot import ServiceState, ServiceWatch, Snapshot, ViewState, ViewWatch
from services.cli.live.timeline import Entry, What, summary
from services.cli.replays.event import epoch_ms

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
PAGE = """\
# HELP waypost_ingest_answers_total Positions answered.
# TYPE waypost_ingest_answers_total counter
waypost_ingest_answers_total{answer="accepted"} 90.0
waypost_ingest_answers_total{answer="rejected"} 10.0
waypost_ingest_answers_total{answer="tick"} 4000.0
# HELP waypost_ingest_consumer_lag_messages Offsets not yet acknowledged
# TYPE waypost_ingest_consumer_lag_messages gauge
waypost_ingest_consumer_lag_messages{partition="0",topic="a"} 3.0
waypost_ingest_consumer_lag_messages{partition="1",topic="a"} 4.0
# HELP waypost_ingest_consumer_lag_seconds Age
# TYPE waypost_ingest_consumer_lag_seconds gauge
waypost_ingest_consumer_lag_seconds{partition="0",topic="a"} 0.5
waypost_ingest_consumer_lag_seconds{partition="1",topic="a"} 2.5
"""


def test_a_page_of_metrics_is_read_without_its_ticks() -> None:
    assert parse("ingest", PAGE) == Reading(100.0, 7.0, 2.5)


def test_a_service_that_has_done_nothing_yet_counts_nothing() -> None:
    assert parse("journey", "") == Reading(0.0, 0.0, 0.0)


def test_rates_come_from_two_looks_and_a_restart_is_no_negative_rate() -> None:
    readings = iter(
        [Reading(100, 7, 1), Reading(300, 0, 0), None, Reading(5, 0, 0), Reading(15, 0, 0), Reading(1, 0, 0)]
    )
    watch = ServiceWatch(lambda name: next(readings), ["ingest"])
    rates = [watch.look(now)[0].per_second for now in (0.0, 2.0, 3.0, 4.0, 5.0, 6.0)]
    assert rates == [None, 100.0, None, None, 10.0, 0.0]


class FakeViews:
    def __init__(self) -> None:
        self.asked = 0
        self.problem = ""

    def rows(self, query: str, values: Mapping[str, object] | None = None) -> list[Row]:
        self.asked += 1
        if self.problem:
            raise ViewsError(self.problem)
        if "waypost.answers" in query:
            return [("stored", 7)]
        if "waypost.clocks" in query:
            return [(0, epoch_ms(NOON))]
        return [("low_score", 2)] if "GROUP BY kind" in query else []


class SlowClock:
    """Each look at the clock takes so long."""

    def __init__(self, took: float) -> None:
        self.now, self.took = 0.0, took

    def __call__(self) -> float:
        self.now += self.took
        return self.now


def test_views_that_take_long_are_asked_more_rarely() -> None:
    views = FakeViews()
    watch = ViewWatch(views, "demo", SlowClock(1.0))
    for _ in range(3):
        watch.look()
    assert views.asked == 4


def test_a_view_that_cannot_be_asked_is_said_and_not_fatal() -> None:
    views = FakeViews()
    views.problem = "ClickHouse is away"
    assert ViewWatch(views, "demo", SlowClock(0.1)).look() == ViewState(problem="ClickHouse is away")


SNAPSHOT = Snapshot(
    [ServiceState("ingest", 1234.4, 5, 0.25), ServiceState("journey"), ServiceState("warehouse", 10.0, 0, 0.0)],
    ViewState(
        {"stored": 50_911, "duplicate": 1_108},
        epoch_ms(NOON),
        {"cart_abandoned": 59},
        Person("demo", "customer:c1"),
        [Entry(NOON, What.PAIN_POINT, "cart_abandoned", "cart:c1, low")],
    ),
    60_000,
    epoch_ms(NOON) + 90 * 60_000,
)


def test_the_line_holds_the_essence() -> None:
    assert line(SNAPSHOT, "demo") == (
        "shop demo · 60,000 events sent · clock 2026-01-05 13:30:00 UTC, the views are 1 h 30 min of its time behind · "
        "ingest 1,234/s lag 5, journey –/s lag –, warehouse 10/s lag 0 · answers: stored=50911 duplicate=1108 · "
        "open: cart_abandoned=59"
    )


def test_the_screen_shows_rates_answers_pain_points_a_journey_and_what_to_ask() -> None:
    console = Console(width=170, record=True, file=StringIO())
    console.print(screen(SNAPSHOT, "demo", "waypost", "Ctrl-C stops everything"))
    text = " ".join(console.export_text().split())
    for expected in (
        "ingest",
        "1,234",
        "50,911",
        "cart_abandoned 59",
        "the journey of customer:c1",
        "✗ cart_abandoned cart:c1, low",
        "waypost journey customer:c1",
        "waypost.worklist",
        "Ctrl-C stops everything",
    ):
        assert expected in text


def test_an_event_is_summed_up_by_the_fields_that_tell_it_from_others() -> None:
    data = {"order_id": "A-1", "items": [1, 2], "customer_id": "c1", "score": 2, "comment": "long"}
    assert summary(data) == "order_id=A-1 score=2"
