from collections.abc import Iterable, Iterator, Mapping, Sequence

import pytest

from services.cli.clickhouse.stored import Awaited, NotStoredError, awaiting, wait_until_stored
from services.cli.clickhouse.views import Row, ViewsError

TOPIC = "storefront.events.v1"


class FakeViews:
    """Answers by the view that is asked; an error is raised."""

    def __init__(self) -> None:
        self.balance: list[Row] | ViewsError = [(TOPIC, 0, 11)]
        self.clocks: list[Row] = [(0, 500), (1, 500)]

    def rows(self, query: str, values: Mapping[str, object] | None = None) -> list[Row]:
        if "waypost.clocks" in query:
            return self.clocks
        if isinstance(self.balance, ViewsError):
            raise self.balance
        return self.balance


class IdleGroups:
    def ends(self, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        return {}

    def committed(self, group: str, places: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        return {}


AWAITED = Awaited("demo", 500, 2, {(TOPIC, 0): 10})


def looks(views: FakeViews, awaited: Awaited = AWAITED) -> Iterator[str]:
    return awaiting(views, IdleGroups(), awaited)


def test_all_is_there_when_every_position_is_answered_and_every_partition_at_the_last_tick() -> None:
    assert list(looks(FakeViews())) == []


def test_a_record_without_an_answer_is_waited_for() -> None:
    views = FakeViews()
    views.balance = [(TOPIC, 0, 10)]
    look = looks(views)
    assert next(look) == f"1 records have no answer yet, most of {TOPIC}/0"
    views.balance = [(TOPIC, 0, 11)]
    assert list(look) == []


def test_a_partition_that_told_no_clock_is_waited_for() -> None:
    views = FakeViews()
    views.clocks = [(0, 500)]
    look = looks(views)
    assert next(look) == "1 partitions of journey are not yet at the last tick of shop demo"
    views.clocks = [(0, 500), (1, 499)]
    assert next(look).startswith("1 partitions")
    views.clocks = [(0, 500), (1, 9000)]
    assert list(look) == []


def test_a_clickhouse_that_is_away_is_waited_for() -> None:
    views = FakeViews()
    views.balance = ViewsError("ClickHouse is away")
    look = looks(views)
    assert next(look) == "ClickHouse is away"
    views.balance = [(TOPIC, 0, 11)]
    assert list(look) == []


class FakeTime:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def rest(self, seconds: float) -> None:
        self.seconds += seconds


def test_waiting_ends_when_nothing_is_awaited() -> None:
    told: list[str] = []
    time = FakeTime()
    wait_until_stored(iter(["a", "a", "b"]), 10, told.append, time.rest, time.now)
    assert told == ["a", "b"]


def test_what_moves_is_waited_for_however_long_and_what_stands_still_is_not() -> None:
    time = FakeTime()
    moving = (str(number) for number in range(1000))
    wait_until_stored(moving, 10, rest=time.rest, now=time.now)
    assert time.seconds > 100

    def stuck() -> Iterator[str]:
        while True:
            yield "journey has 7 records to go"

    with pytest.raises(NotStoredError, match="nothing has moved for 10 s: journey has 7 records to go"):
        wait_until_stored(stuck(), 10, rest=time.rest, now=time.now)
