from datetime import UTC, datetime, timedelta

from services.cli.replays.event import SentEvent, epoch_ms, from_epoch_ms
from services.cli.replays.portions import Portion, portions, up_to

START = datetime(2024, 1, 1, tzinfo=UTC)


def at(*minutes: int) -> list[SentEvent]:
    times = [START + timedelta(minutes=m) for m in minutes]
    return [
        SentEvent(id=str(n), source="t", type="storefront.page.viewed", time=time, data={"session_id": "s"})
        for n, time in enumerate(times)
    ]


def minute(m: int) -> int:
    return epoch_ms(START + timedelta(minutes=m))


def test_a_tick_follows_every_so_many_events_and_the_end() -> None:
    events = at(1, 2, 3, 4, 5)
    assert list(portions(events, size=2)) == [
        Portion(tuple(events[:2]), minute(2)),
        Portion(tuple(events[2:4]), minute(4)),
        Portion(tuple(events[4:]), minute(5)),
    ]


def test_a_tick_follows_every_day_of_data() -> None:
    events = at(0, 60, 1440, 1441, 10_000)
    assert list(portions(events)) == [
        Portion(tuple(events[:3]), minute(1440)),
        Portion(tuple(events[3:]), minute(10_000)),
    ]


def test_a_tick_is_the_greatest_time_sent_so_far() -> None:
    events = at(5, 1, 3, 2)
    assert [portion.tick_ms for portion in portions(events, size=2)] == [minute(5), minute(5)]


def test_the_last_tick_is_exactly_the_asked_instant() -> None:
    events = at(1, 2, 3)
    assert list(portions(events, minute(9), size=2)) == [
        Portion(tuple(events[:2]), minute(2)),
        Portion(tuple(events[2:]), minute(9)),
    ]


def test_the_asked_instant_is_ticked_also_when_no_event_is_left() -> None:
    events = at(1, 2)
    assert list(portions(events, minute(9), size=2)) == [Portion(tuple(events), minute(2)), Portion((), minute(9))]
    assert list(portions([], minute(9))) == [Portion((), minute(9))]


def test_nothing_is_ticked_twice() -> None:
    events = at(1, 2)
    assert list(portions(events, minute(2), size=2)) == [Portion(tuple(events), minute(2))]
    assert list(portions([])) == []


def test_an_event_exactly_at_the_asked_instant_is_sent() -> None:
    assert [event.time_ms for event in up_to(at(1, 2, 3), minute(2))] == [minute(1), minute(2)]


def test_an_instant_survives_its_milliseconds() -> None:
    instant = datetime(2018, 10, 17, 20, 30, 18, 999000, tzinfo=UTC)
    assert from_epoch_ms(epoch_ms(instant)) == instant
