from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.cli.simulator.forecast import Forecast
from services.cli.simulator.report import as_json, differences
from services.cli.simulator.score import (
    Found,
    PainPoint,
    PainPointColumns,
    Score,
    Scores,
    Traits,
    expected,
    found_of,
    of_run,
    scores,
)
from services.cli.simulator.story import Finding, Status, Truth

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR, MOMENT = timedelta(hours=1), timedelta(milliseconds=1)
TIMED = Finding("cart_abandoned", "cart:c1", START, START + HOUR, ended_at=START + 3 * HOUR)
SAID = Finding("low_score", "event:e1", START, START, timed=False)
FADING = Finding("repeat_contact", "ticket:t1", START, START, timed=False, ended_at=START + 3 * HOUR, lapses=True)


def point(kind: str, number: int, status: str = "open") -> PainPoint:
    return PainPoint(kind, f"cart:{number}", UUID(int=number), status)


def said(
    *points: PainPoint, cause: str = "", root: int | None = None, severity: str = "low", held_back: bool = False
) -> Found:
    return {p: Traits(cause, p.id if root is None else UUID(int=root), severity, START, held_back) for p in points}


def of_kinds(true: Found, found: Found, *kinds: str) -> list[Score]:
    return list(scores(true, found, kinds).kinds)


def test_exactly_at_its_limit_a_pain_point_is_not_yet_due() -> None:
    assert not TIMED.is_due(START + HOUR)
    assert TIMED.is_due(START + HOUR + MOMENT)


def test_what_an_event_says_is_due_with_it() -> None:
    assert SAID.is_due(START)
    assert not SAID.is_due(START - MOMENT)


def test_an_end_that_is_yet_to_come_leaves_it_open() -> None:
    assert TIMED.status(START + 2 * HOUR) is Status.OPEN
    assert TIMED.status(START + 3 * HOUR) is Status.RESOLVED
    assert SAID.status(START + 100 * HOUR) is Status.OPEN


def test_what_ends_by_time_alone_is_open_exactly_at_its_limit() -> None:
    assert FADING.status(START + 3 * HOUR) is Status.OPEN
    assert FADING.status(START + 3 * HOUR + MOMENT) is Status.RESOLVED


def test_it_is_severe_from_when_it_became_so() -> None:
    worse = replace(SAID, severe_at=START + HOUR)
    assert [worse.severity(START + n * HOUR) for n in (0, 1, 2)] == ["medium", "high", "high"]
    assert TIMED.severity(START + HOUR) == "low"


def test_only_what_is_due_is_expected() -> None:
    told = Truth("x", (TIMED, SAID), (), START)
    assert {p.kind for p in expected([told], "demo", START + HOUR)} == {"low_score"}
    assert {(p.kind, p.status) for p in expected([told], "demo", START + 4 * HOUR)} == {
        ("low_score", "open"),
        ("cart_abandoned", "resolved"),
    }


def test_what_follows_from_nothing_is_its_own_root() -> None:
    later = replace(SAID, root=TIMED)
    found = expected([Truth("x", (TIMED, later), (), START)], "demo", START + 2 * HOUR)
    assert {p.kind: traits.root_id for p, traits in found.items()} == {
        "cart_abandoned": TIMED.id("demo"),
        "low_score": TIMED.id("demo"),
    }


def test_all_found_and_nothing_else_is_perfect() -> None:
    true = said(point("cart_abandoned", 1), point("cart_abandoned", 2, "resolved"))
    assert scores(true, true, ["cart_abandoned"]) == Scores(
        [Score("cart_abandoned", [], [], 2)], [], [], [Score("cart_abandoned", [], [], 2)], []
    )
    (score,) = of_kinds(true, true, "cart_abandoned")
    assert (score.precision, score.recall, score.perfect) == (1.0, 1.0, True)


def test_a_missed_one_lowers_recall_and_an_invented_one_precision() -> None:
    true = said(point("cart_abandoned", 1), point("cart_abandoned", 2))
    (score,) = of_kinds(true, said(point("cart_abandoned", 1), point("cart_abandoned", 3)), "cart_abandoned")
    assert (score.missed, score.wrong) == ([point("cart_abandoned", 2)], [point("cart_abandoned", 3)])
    assert (score.precision, score.recall, score.perfect) == (0.5, 0.5, False)


def test_a_wrong_status_is_a_wrong_finding() -> None:
    (score,) = of_kinds(said(point("low_score", 1)), said(point("low_score", 1, "resolved")), "low_score")
    assert (score.precision, score.recall) == (0.0, 0.0)


def test_kinds_do_not_mix_and_an_absent_kind_is_perfect() -> None:
    first, second = of_kinds(said(point("low_score", 1)), {}, "cart_abandoned", "low_score")
    assert (first.perfect, second.recall) == (True, 0.0)


def test_a_wrong_cause_is_missed_under_its_name_and_wrong_under_the_other() -> None:
    one = point("checkout_abandoned", 1)
    found = scores(said(one, cause="site_error"), said(one, cause="unknown"), ["checkout_abandoned"])
    assert found.causes == [Score("site_error", [one], [], 0), Score("unknown", [], [one], 0)]
    assert found.imperfect == ["cause site_error", "cause unknown"]


def test_causes_and_roots_are_judged_only_of_what_was_found() -> None:
    one = point("delivery_late", 1)
    found = scores(said(one, root=7), {}, ["delivery_late"])
    assert (found.causes, found.roots, found.imperfect) == ([], [], ["delivery_late"])


def test_a_root_that_was_not_seen_is_missed_and_one_too_many_wrong() -> None:
    follows, alone = point("delivery_late", 1), point("delivery_late", 2)
    true, found = {**said(follows, root=7), **said(alone)}, {**said(follows), **said(alone, root=7)}
    assert scores(true, found, ["delivery_late"]).roots == [Score("delivery_late", [follows], [alone], 0)]
    assert scores(true, true, ["delivery_late"]).roots == [Score("delivery_late", [], [], 1)]


def test_a_wrong_severity_is_told() -> None:
    one = point("low_score", 1)
    found = scores(said(one, severity="high"), said(one, severity="medium"), ["low_score"])
    assert found.imperfect == ["severity of low_score"]
    assert differences(found) == [f"{word} severity: low_score cart:1 open {one.id}" for word in ("missed", "wrong")]


def test_what_is_wrongly_held_back_is_told_and_what_is_wrongly_shown() -> None:
    one = point("parcel_stalled", 1)
    shown, held = said(one), said(one, held_back=True)
    wrong, missed = scores(shown, held, ["parcel_stalled"]), scores(held, shown, ["parcel_stalled"])
    assert wrong.imperfect == missed.imperfect == ["holding back parcel_stalled"]
    assert (wrong.held_back, missed.held_back) == (
        [Score("parcel_stalled", [], [one], 0)],
        [Score("parcel_stalled", [one], [], 0)],
    )


def test_it_is_held_back_while_it_and_the_silence_of_its_carrier_last() -> None:
    silence = Finding("feed_silent", "feed:c", START, START + HOUR, ended_at=START + 4 * HOUR)
    stall = Finding("parcel_stalled", "parcel:c/1", START, START + 2 * HOUR, held_back_by=silence)
    held = [stall.is_held_back(START + hours * HOUR + MOMENT) for hours in range(5)]
    assert held == [False, False, True, True, False]
    ended = replace(stall, ended_at=START + 3 * HOUR)
    assert [ended.is_held_back(START + hours * HOUR + MOMENT) for hours in (2, 3)] == [True, False]


def test_only_of_the_runs_own_carriers_it_is_known_what_is_held_back() -> None:
    def row(entity: str) -> PainPointColumns:
        return "parcel_stalled", entity, UUID(int=1), "open", "", UUID(int=1), "medium", START, START + HOUR, True

    own, shared = (
        found_of(row(entity), "r7") for entity in ("parcel:r7-1-courier/r7-1-parcel", "parcel:p/r7-1-parcel")
    )
    assert own[0] == PainPoint("parcel_stalled", "parcel:r7-1-courier/r7-1-parcel", UUID(int=1), "open")
    assert own[1] == Traits("", UUID(int=1), "medium", START, True, START + HOUR)
    assert not shared[1].held_back


def test_a_run_owns_what_bears_its_name_its_answers_and_what_followed_from_them() -> None:
    def found(kind: str, entity: str, number: int) -> PainPoint:
        return PainPoint(kind, entity, UUID(int=number), "open")

    own = [
        found("cart_abandoned", "cart:r7-1-cart", 1),
        found("low_score", "event:mine", 2),
        found("churn_risk", f"pain_point:{UUID(int=2)}", 3),
    ]
    others = [found("low_score", "event:theirs", 4), found("churn_risk", f"pain_point:{UUID(int=4)}", 5)]
    told = Truth("x", (), ("event:mine",), START)
    assert set(of_run(said(*own, *others), "r7", [told])) == set(own)


def test_a_score_as_json_has_kinds_causes_roots_and_severities() -> None:
    one = said(point("checkout_abandoned", 1), cause="unknown")
    assert as_json(scores(one, one, ["checkout_abandoned"]), Forecast(8, 5, 4, HOUR)) == {
        "kinds": [_perfect(kind="checkout_abandoned")],
        "causes": [_perfect(cause="unknown")],
        "roots": [],
        "severities": [_perfect(kind="checkout_abandoned")],
        "held_back": [],
        "forecast": {
            "warned": 8,
            "late": 5,
            "both": 4,
            "precision": 0.5,
            "recall": 0.8,
            "median_lead_seconds": 3600.0,
        },
    }


def _perfect(**named: str) -> dict[str, object]:
    return {**named, "right": 1, "missed": [], "wrong": [], "precision": 1.0, "recall": 1.0}
