from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.cli.simulator.score import KindScore, PainPoint, expected, scores
from services.cli.simulator.story import Finding, Status, Story

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIMED = Finding("cart_abandoned", "cart:c1", START, START + HOUR, ended_at=START + 3 * HOUR)
SAID = Finding("low_score", "event:e1", START, START, timed=False)


def point(kind: str, number: int, status: str = "open") -> PainPoint:
    return PainPoint(kind, f"cart:{number}", UUID(int=number), status)


def test_exactly_at_its_limit_a_pain_point_is_not_yet_due() -> None:
    moment = timedelta(milliseconds=1)
    assert not TIMED.is_due(START + HOUR)
    assert TIMED.is_due(START + HOUR + moment)


def test_what_an_event_says_is_due_with_it() -> None:
    assert SAID.is_due(START)
    assert not SAID.is_due(START - timedelta(milliseconds=1))


def test_an_end_that_is_yet_to_come_leaves_it_open() -> None:
    assert TIMED.status(START + 2 * HOUR) is Status.OPEN
    assert TIMED.status(START + 3 * HOUR) is Status.RESOLVED
    assert SAID.status(START + 100 * HOUR) is Status.OPEN


def test_only_what_is_due_is_expected() -> None:
    story = Story("x", (), (TIMED, SAID))
    assert {p.kind for p in expected([story], "demo", START + HOUR)} == {"low_score"}
    assert {(p.kind, p.status) for p in expected([story], "demo", START + 4 * HOUR)} == {
        ("low_score", "open"),
        ("cart_abandoned", "resolved"),
    }


def test_all_found_and_nothing_else_is_perfect() -> None:
    true = {point("cart_abandoned", 1), point("cart_abandoned", 2, "resolved")}
    assert scores(true, true, ["cart_abandoned"]) == [KindScore("cart_abandoned", [], [], 2)]
    (score,) = scores(true, true, ["cart_abandoned"])
    assert (score.precision, score.recall, score.perfect) == (1.0, 1.0, True)


def test_a_missed_one_lowers_recall_and_an_invented_one_precision() -> None:
    true = {point("cart_abandoned", 1), point("cart_abandoned", 2)}
    (score,) = scores(true, {point("cart_abandoned", 1), point("cart_abandoned", 3)}, ["cart_abandoned"])
    assert (score.missed, score.wrong) == ([point("cart_abandoned", 2)], [point("cart_abandoned", 3)])
    assert (score.precision, score.recall, score.perfect) == (0.5, 0.5, False)


def test_a_wrong_status_is_a_wrong_finding() -> None:
    (score,) = scores({point("low_score", 1)}, {point("low_score", 1, "resolved")}, ["low_score"])
    assert (score.precision, score.recall) == (0.0, 0.0)


def test_kinds_do_not_mix_and_an_absent_kind_is_perfect() -> None:
    first, second = scores({point("low_score", 1)}, set(), ["cart_abandoned", "low_score"])
    assert (first.perfect, second.recall) == (True, 0.0)
