"""What a soak calls flat: memory, what waits, and how long a pain point takes to be seen."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.line_chart import Chart, chart
from benchmarks.soak import charts, writing
from benchmarks.soak_verdict import Moment, figures, judged, kept_up
from benchmarks.whole_line import Look, percentile, slope

EVERY_S = 5.0
MINUTES = 30


def flat(_at: float) -> float:
    return 1.0


def rising(by_the_minute: float) -> Callable[[float], float]:
    return lambda at: 1.0 + at / 60 * by_the_minute


def moments(
    memory: Callable[[float], float] = flat,
    waiting: Callable[[float], float] = flat,
    seen: Callable[[float], float] = flat,
    cost_us: Callable[[float], float] = flat,
    process: str = "journey",
) -> list[Moment]:
    """Half an hour of looks at 100 events/s; memory is of a process that holds 100 MiB."""
    found, cpu = [], 0.0
    for at in (number * EVERY_S for number in range(int(MINUTES * 60 / EVERY_S))):
        cpu += cost_us(at) / 1e6 * 100 * EVERY_S
        rss, waits = {process: 99 + memory(at)}, {"journey": waiting(at)}
        found.append(Moment(at, Look(at, 100 * at, 0, {"journey": 10}, waits, rss, {"journey": cpu}), [seen(at)]))
    return found


def test_what_stays_as_it_is_is_flat() -> None:
    assert judged(moments()) == []


def test_what_grows_while_it_warms_up_is_flat() -> None:
    assert judged(moments(memory=lambda at: min(at, 800.0))) == []


def test_a_leak_is_told_with_the_process_that_leaks() -> None:
    assert judged(moments(memory=rising(1.0))) == ["journey grows by 60 MiB an hour, more than 29"]


def test_a_broker_may_take_what_it_was_given() -> None:
    assert judged(moments(memory=rising(5.0), process="kafka")) == []


def test_a_broker_that_takes_more_than_it_was_given_is_told() -> None:
    assert judged(moments(memory=rising(12.0), process="kafka")) == ["kafka holds 459 MiB, more than 400"]


def test_an_engine_that_merges_is_flat() -> None:
    assert judged(moments(memory=lambda at: 900.0 if at % 300 < 30 else 1.0, process="clickhouse")) == []


def test_an_engine_that_usually_holds_more_and_more_is_told() -> None:
    (told,) = judged(moments(memory=rising(5.0), process="clickhouse"))
    assert told == "clickhouse usually holds 231 MiB at last, 194 before"


def test_an_engine_that_takes_more_than_its_limit_is_told() -> None:
    assert judged(moments(memory=lambda at: 4000.0 if 1000 < at < 1010 else 1.0, process="clickhouse")) == [
        "clickhouse holds 4099 MiB, more than 4096"
    ]


def test_a_lag_that_grows_is_told() -> None:
    (told,) = judged(moments(waiting=rising(2.0)))
    assert told.startswith("the oldest record waits 5")


def test_latency_that_grows_is_told() -> None:
    (told,) = judged(moments(seen=rising(1.0)))
    assert told == "pain points are seen after 27.25 s at last, 19.75 s before"


def test_an_event_that_costs_ever_more_is_told() -> None:
    (told,) = judged(moments(cost_us=lambda at: 100 + at))
    assert told == "an event costs 1,675 µs of CPU at last, 1,225 µs before"


def test_a_service_that_was_restarted_is_told() -> None:
    ended = [*moments()[:200], *moments()[:160]]
    assert judged(ended)[0] == "journey was restarted or gone after 0.0 minutes"


def test_a_service_that_is_gone_is_told() -> None:
    seen = moments()
    gone = replace(seen[-1], look=replace(seen[-1].look, cpu={}))
    assert judged([*seen[:-1], gone]) == ["journey was restarted or gone after 29.9 minutes"]


def test_too_few_looks_are_no_verdict() -> None:
    assert judged(moments()[:10]) == ["10 looks are too few to judge by"]
    assert figures(moments()[:10]) == {}


def test_a_soak_that_was_asked_for_and_came_is_kept_up() -> None:
    assert list(kept_up(moments(), MINUTES, 100)) == []


def test_a_soak_that_was_cut_off_says_when() -> None:
    assert list(kept_up(moments()[:120], MINUTES, 100)) == ["it ended after 9.9 of 30 minutes"]
    assert list(kept_up([], MINUTES, 100)) == ["it ended after 0.0 of 30 minutes"]


def test_a_rate_that_was_not_taken_is_told() -> None:
    assert list(kept_up(moments(), MINUTES, 125)) == ["100 events/s were taken of 125"]


def test_each_look_is_in_the_file_before_the_next_and_each_minute_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = moments()[:14]
    with writing(tmp_path / "new") as diary:
        for number, moment in enumerate(seen):
            diary.note(moment)
            assert len((tmp_path / "new/soak.csv").read_text().splitlines()) == number + 2
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("minute   1     100 events/s, the oldest record waits 1.0 s at most, seen after 1.00 s")
    first = next(csv.DictReader((tmp_path / "new/soak.csv").open()))
    assert (first["rss_mib_journey"], first["waiting_s_journey"], first["p50_s"]) == ("100.0", "1.0", "1.0")


def test_a_soak_without_a_folder_is_noted_all_the_same() -> None:
    with writing(None) as diary:
        diary.note(moments()[0])
    assert len(diary.moments) == 1


def test_charts_of_a_soak_that_saw_nothing_can_be_drawn() -> None:
    assert chart([*charts([])]).endswith("</svg>\n")
    assert "resident memory" in chart([*charts(moments()[:3])])


def test_pain_points_that_nobody_sees_are_told() -> None:
    unseen = [Moment(each.at, each.look, []) for each in moments()]
    assert judged(unseen) == ["no pain point was seen"]


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile([3, 1, 2], share) for share in (0, 0.5, 0.99, 1)] == [1, 2, 3, 3]
    assert percentile([], 0.5) == 0


def test_the_slope_of_a_line_is_its_own() -> None:
    assert slope([(0, 5.0), (1, 7.0), (2, 9.0)]) == 2
    assert slope([(0, 5.0)]) == 0


def test_a_chart_has_a_line_for_each_name() -> None:
    drawn = chart([Chart("memory <MiB>", {"journey": [(0, 1), (1, 2)], "ingest": [(0, 2), (1, 1)]})])
    assert drawn.count("<polyline") == 2
    assert "memory &lt;MiB&gt;" in drawn
