from datetime import UTC, datetime, timedelta
from random import Random

from services.cli.replays.disturbance import LEAST_REPEAT_WINDOW, Disturbance, disturbed
from services.cli.replays.event import SentEvent

START = datetime(2024, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=7)


def stream(count: int) -> list[SentEvent]:
    return [
        SentEvent(id=str(n), source="t", type="storefront.page.viewed", time=START + n * STEP, data={"session_id": "s"})
        for n in range(count)
    ]


def test_an_undisturbed_stream_stays_as_it_is() -> None:
    events = stream(50)
    releases = list(disturbed(events, Disturbance(), Random(1)))
    assert [r.event for r in releases] == events
    assert [r.at_ms for r in releases] == [e.time_ms for e in events]


def test_disorder_loses_and_adds_nothing_but_changes_the_order() -> None:
    events = stream(500)
    sent = [r.event for r in disturbed(events, Disturbance(timedelta(hours=6)), Random(7))]
    assert sent != events
    assert sorted(sent, key=lambda e: e.time_ms) == events


def test_no_event_is_overtaken_by_more_than_the_disorder() -> None:
    limit = timedelta(hours=6)
    greatest = 0
    for release in disturbed(stream(500), Disturbance(limit, 0.0), Random(7)):
        assert greatest - release.event.time_ms <= limit / timedelta(milliseconds=1)
        assert 0 <= release.at_ms - release.event.time_ms <= limit / timedelta(milliseconds=1)
        greatest = max(greatest, release.event.time_ms)


def test_a_share_is_sent_again_soon_after_and_unchanged() -> None:
    events = stream(2000)
    releases = list(disturbed(events, Disturbance(duplicates=0.05), Random(7)))
    again = len(releases) - len(events)
    assert 60 <= again <= 140
    first: dict[str, int] = {}
    for release in releases:
        sent_at = first.setdefault(release.event.id, release.at_ms)
        assert release.at_ms - sent_at <= LEAST_REPEAT_WINDOW / timedelta(milliseconds=1)
        assert release.event == events[int(release.event.id)]


def test_one_seed_gives_one_order() -> None:
    def order(seed: int) -> list[str]:
        how = Disturbance(timedelta(hours=6), 0.05)
        return [release.event.id for release in disturbed(stream(300), how, Random(seed))]

    assert order(7) == order(7)
    assert order(7) != order(8)


def test_a_stream_without_end_is_released_as_it_comes() -> None:
    def endless() -> object:
        n = 0
        while True:
            yield SentEvent(
                id=str(n), source="t", type="storefront.page.viewed", time=START + n * STEP, data={"session_id": "s"}
            )
            n += 1

    releases = disturbed(endless(), Disturbance(timedelta(hours=1)), Random(1))  # type: ignore[arg-type]
    assert len([next(releases) for _ in range(100)]) == 100
