"""low_score: at most 40 % of the scale, nps up to 6, or bad feedback; until somebody acts on it or its order."""

import pytest
from support.story import action, at, hurts, pains, placed, survey, ticket, told

KIND = "low_score"
BOUGHT = placed("o1", at())


@pytest.mark.parametrize(
    ("score", "kind", "severity"),
    [(2, "csat", "medium"), (1, "csat", "high"), (2, "review", "medium"), (6, "nps", "medium"), (0, "nps", "high")],
)
def test_a_low_score_hurts_and_the_lowest_most(score: float, kind: str, severity: str) -> None:
    (hurt,) = hurts([BOUGHT, survey(score, at(days=1), kind)], at(days=9), KIND)
    assert (hurt.happened_at, hurt.ended_at, hurt.severity) == (at(days=1), None, severity)


@pytest.mark.parametrize(("score", "kind"), [(3, "csat"), (2.01, "ces"), (7, "nps")])
def test_anything_above_does_not(score: float, kind: str) -> None:
    assert hurts([BOUGHT, survey(score, at(days=1), kind)], at(days=9), KIND) == []


@pytest.mark.parametrize(("sentiment", "found"), [("bad", ["medium"]), ("mixed", []), ("good", [])])
def test_bad_feedback_does(sentiment: str, found: list[str]) -> None:
    posted = told("service.feedback.posted", at(), where="wall", sentiment=sentiment, order_id="o1")
    assert [hurt.severity for hurt in hurts([BOUGHT, posted], at(days=9), KIND)] == found


def test_an_action_on_its_order_after_it_ends_it() -> None:
    events = [BOUGHT, action(at(days=1)), survey(2, at(days=2)), action(at(days=3), "acknowledged", order_id="o1")]
    assert [hurt.ended_at for hurt in hurts(events, at(days=9), KIND)] == [None]
    assert [hurt.ended_at for hurt in hurts([*events, action(at(days=4))], at(days=9), KIND)] == [at(days=4)]


def test_an_action_on_the_pain_point_itself_ends_it_however_its_id_is_written() -> None:
    events = [BOUGHT, survey(2, at(days=2))]
    (pain,) = pains(events, at(days=9), KIND)
    acted = action(at(days=4), customer_id="c1", pain_point_id=str(pain.pain_point_id).upper())
    assert [hurt.ended_at for hurt in hurts([*events, acted], at(days=9), KIND)] == [at(days=4)]


def test_a_survey_about_a_ticket_is_about_the_tickets_order() -> None:
    asked = ticket("opened", at(), order_id="o1")
    answered = survey(2, at(days=1), order_id=None, ticket_id="t1")
    (pain,) = pains([BOUGHT, asked, answered, action(at(days=2))], at(days=9), KIND)
    assert (pain.order_id, pain.status) == ("o1", "resolved")


def test_it_hurts_although_nobody_placed_the_order() -> None:
    assert len(hurts([survey(2, at(days=1), order_id="o9")], at(days=9), KIND)) == 1
