"""Silent feeds, and what is held back while a carrier is not heard."""

from datetime import datetime, timedelta

import pytest
from support.story import SHOP, at, ms, parcel, placed, registered, scanned
from support.world import World

from schemas.rows import PainPointRow
from services.journey.domain.entities.feed import Feed
from services.journey.domain.unheard import LOOKS


def chatter(hours: int, every: timedelta = timedelta(hours=1)) -> list[bytes]:
    """Another parcel's scans, so that the carrier is heard at usual gaps."""
    return [scanned(at() + n * every, "other") for n in range(hours)]


def standing(world: World, kind: str) -> list[PainPointRow]:
    return [pain for pain in world.pain_points().values() if pain.kind == kind]


def carrier_feed(world: World) -> list[PainPointRow]:
    return [pain for pain in standing(world, "feed_silent") if pain.entity == "feed:dhl"]


def until(world: World, events: list[bytes], now: datetime) -> World:
    world.send(events)
    world.run()
    world.tick(SHOP, ms(now))
    world.run()
    return world


def test_a_feed_is_silent_when_six_usual_gaps_have_passed() -> None:
    last = at(hours=29)
    limit = last + timedelta(hours=6, minutes=1, milliseconds=-1)
    world = until(World(), chatter(30), limit)
    assert carrier_feed(world) == []
    until(world, [], limit + timedelta(milliseconds=1))
    [silent] = carrier_feed(world)
    assert (silent.status, silent.happened_at, silent.person_id) == ("open", ms(limit), "")


def test_a_feed_that_is_heard_in_the_minute_of_its_limit_never_was_silent() -> None:
    last = at(hours=29)
    world = until(World(), chatter(30), last + timedelta(hours=6, seconds=40))
    until(world, [scanned(last + timedelta(hours=6, seconds=50), "other")], last + timedelta(hours=6, seconds=55))
    assert [p for p in world.pain_points(retracted=True).values() if p.kind == "feed_silent"] == []


def test_a_feed_that_is_heard_again_is_silent_no_more() -> None:
    world = until(World(), chatter(30), at(hours=60))
    until(world, [scanned(at(hours=60, minutes=5), "other")], at(hours=61))
    [silent] = carrier_feed(world)
    assert (silent.status, silent.ended_at) == ("resolved", ms(at(hours=60, minutes=5)))


@pytest.mark.parametrize("heard", [1, 10])
def test_a_feed_that_is_hardly_known_is_not_missed(heard: int) -> None:
    assert carrier_feed(until(World(), chatter(heard), at(days=30))) == []


def test_a_stall_is_held_back_while_its_carrier_is_silent_and_shown_when_it_is_heard() -> None:
    story = [placed("A", at()), registered("A", at()), parcel("handed_over", at()), *chatter(30)]
    world = until(World(3), story, at(hours=40))
    until(world, [], at(days=5, hours=1))
    [stalled] = standing(world, "parcel_stalled")
    assert (stalled.status, stalled.held_back) == ("open", True)
    until(world, [scanned(at(days=6), "other")], at(days=6, hours=1))
    [stalled] = [p for p in standing(world, "parcel_stalled") if p.entity == "parcel:dhl/1"]
    assert (stalled.status, stalled.held_back) == ("open", False)


def test_what_hurt_before_the_silence_is_not_held_back() -> None:
    story = [placed("A", at()), registered("A", at()), parcel("handed_over", at()), *chatter(24 * 7)]
    world = until(World(2), story, at(days=6))
    until(world, [], at(days=9))
    [stalled] = [p for p in standing(world, "parcel_stalled") if p.entity == "parcel:dhl/1"]
    assert (stalled.status, stalled.held_back, len(carrier_feed(world))) == ("open", False, 1)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_a_stall_is_held_back_also_when_the_clock_leaps_over_both_limits(parts: int) -> None:
    story = [placed("A", at()), registered("A", at()), parcel("handed_over", at()), *chatter(30)]
    world = until(World(parts), story, at(hours=29))
    until(world, [], at(days=5, hours=1))
    [stalled] = [p for p in standing(world, "parcel_stalled") if p.entity == "parcel:dhl/1"]
    assert stalled.held_back


def test_all_of_a_crowd_are_held_back_and_shown_again_also_by_a_worker_that_took_over() -> None:
    crowd = range(LOOKS + 20)
    last = at(hours=12 * 19)
    orders = [placed(f"A{n}", at(), customer_id=f"c{n}") for n in crowd]
    labels = [registered(f"A{n}", last, f"L{n}") for n in crowd]
    world = until(World(1), [*chatter(20, timedelta(hours=12)), *orders, *labels], last)
    [worker] = world.workers
    for now, held in ((73, True), (75, False)):
        worker.partition = None
        news = [] if held else [scanned(last + timedelta(hours=74), "other")]
        until(world, news, last + timedelta(hours=now))
        assert [never.held_back for never in standing(world, "never_scanned")] == [held] * len(crowd)


def test_what_hurts_before_its_carrier_counts_as_silent_is_held_back_from_then_on() -> None:
    """Usually twelve hours apart: missed after three days, the label that it never scanned after two."""
    last = at(hours=12 * 19)
    story = [placed("A", at()), *chatter(20, timedelta(hours=12)), registered("A", last)]
    world = until(World(), story, last + timedelta(hours=49))
    assert [never.held_back for never in standing(world, "never_scanned")] == [False]
    until(world, [], last + timedelta(hours=73))
    assert [never.held_back for never in standing(world, "never_scanned")] == [True]
    until(world, [scanned(last + timedelta(hours=74), "other")], last + timedelta(hours=75))
    assert [never.held_back for never in standing(world, "never_scanned")] == [False]


def test_printing_labels_is_no_word_of_the_carrier() -> None:
    world = until(World(), chatter(30), at(hours=29))
    labels = [registered("A", at(hours=30 + n), f"L{n}") for n in range(40)]
    until(world, [placed("A", at()), *labels], at(hours=70))
    assert [silent.status for silent in carrier_feed(world)] == ["open"]


def a_year(said: str) -> list[bytes]:
    """Scans every six hours, but for three days in each month."""
    return [scanned(at(hours=6 * n), said) for n in range(4 * 365) if n % 120 >= 12]


def heard_hours(world: World) -> int:
    [feed] = [cell for cell in world.workers[0].alive().cells if cell.cell.key == f"{SHOP}/feed:dhl"]
    return len(feed.cell.own.members["feed:dhl"].heard)


def told_month_by_month(world: World) -> World:
    events = a_year("other")
    for begin in range(0, len(events), 108):
        month = events[begin : begin + 108]
        until(world, month, at(days=30 * (begin // 108 + 1)))
    return world


def test_what_a_feed_said_long_ago_is_forgotten_and_its_silences_stay_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounded = told_month_by_month(World(1))
    with monkeypatch.context() as patched:
        patched.setattr(Feed, "outdated", lambda self, now: None)
        unbounded = told_month_by_month(World(1))
    assert (heard_hours(bounded) < 160 * 4, heard_hours(unbounded) > 1_200) == (True, True)
    assert bounded.pain_points(retracted=True) == unbounded.pain_points(retracted=True)
    assert [silent.status for silent in carrier_feed(bounded)].count("resolved") == 12


def test_what_is_told_again_of_long_ago_brings_nothing_back() -> None:
    world = told_month_by_month(World(1))
    known, hours = world.pain_points(retracted=True), heard_hours(world)
    for old in ([scanned(at(days=31, hours=n), "other") for n in range(5)], a_year("another")[:400]):
        until(world, old, at(days=400))
        assert (world.pain_points(retracted=True), heard_hours(world)) == (known, hours)


def test_no_person_is_made_of_a_feed() -> None:
    world = until(World(), chatter(30), at(days=3))
    assert [row for row in world.current() if "feed:" in row] == []


def unscanned(order: str, when: datetime) -> list[bytes]:
    """An order of a customer whose carrier never says a word of its parcel."""
    return [placed(order, when, customer_id="c1"), registered(order, when + timedelta(hours=1), f"L{order}")]


def test_what_leaves_after_400_days_of_its_carriers_silence_is_not_held_back_for_ever() -> None:
    world = until(World(), [*chatter(30), *unscanned("A", at())], at(days=4))
    assert [never.held_back for never in standing(world, "never_scanned")] == [True]
    until(world, unscanned("B", at(days=404)), at(days=407))
    assert [never.held_back for never in standing(world, "never_scanned") if never.order_id == "A"] == [False]


def test_what_leaves_because_it_is_too_much_is_not_held_back_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.journey.domain.cells.MOST_UNITS", 2)
    world = until(World(), [*chatter(30), *unscanned("A", at()), *unscanned("B", at())], at(days=4))
    assert [never.held_back for never in standing(world, "never_scanned")] == [True, True]
    until(world, [event for day in range(4, 9) for event in unscanned(f"C{day}", at(days=day))], at(days=11))
    held = {never.order_id: never.held_back for never in standing(world, "never_scanned")}
    assert (held["A"], held["C8"]) == (False, True)
