from datetime import timedelta

from support.alert_rows import NOON, key, pain_point

from schemas.rows import AlertRow
from services.alerts.domain.announcements import Notice, Outcome
from services.alerts.domain.lifecycle import Event
from services.alerts.domain.results import (
    Delivered,
    Gone,
    Undelivered,
    outcome_of,
    outcome_row,
    outcome_without_attempt,
)

FIRING = Notice(Event.FIRING, NOON, pain_point(), {"default": ""})
END = Notice(Event.RESOLVED, NOON, pain_point(version=2, status="resolved"), {"default": ""})
DEADLINE = timedelta(days=3)
LATEST = NOON + 3 * 86_400_000


def test_a_delivery_is_over_when_the_receiver_took_it_however_late() -> None:
    assert outcome_of(Delivered(204), FIRING, 9, LATEST * 2, DEADLINE) == Outcome("sent", LATEST * 2, 9)


def test_a_receiver_that_wants_no_more_is_not_asked_again() -> None:
    assert outcome_of(Gone("410 Gone"), FIRING, 1, NOON, DEADLINE) == Outcome("failed", NOON, 1, "410 Gone")


def test_an_attempt_that_failed_is_made_again_until_the_deadline() -> None:
    assert outcome_of(Undelivered("503"), FIRING, 1, LATEST - 1, DEADLINE) is None
    assert outcome_of(Undelivered("503"), FIRING, 5, LATEST, DEADLINE) == Outcome(
        "failed", LATEST, 5, "given up after 3 days, 0:00:00: 503"
    )


def test_an_end_is_sent_only_if_its_beginning_arrived() -> None:
    assert outcome_without_attempt(END, Outcome("sent", NOON, 1), NOON) is None
    assert outcome_without_attempt(END, Outcome("failed", NOON, 1, "410 Gone"), NOON) == Outcome(
        "recorded", NOON, 0, "its firing was not delivered: 410 Gone"
    )
    assert outcome_without_attempt(FIRING, None, NOON) is None


def test_an_outcome_is_published_above_the_decision() -> None:
    assert outcome_row(FIRING, "default", Outcome("sent", NOON + 7, 2)) == AlertRow(
        shop="main",
        version=NOON + 7,
        dedup_key=str(key("late")),
        receiver="default",
        event="firing",
        state="sent",
        kind="delivery_late",
        severity="high",
        pain_point_version=1,
        attempts=2,
        decided_at=NOON,
        sent_at=NOON + 7,
    )
