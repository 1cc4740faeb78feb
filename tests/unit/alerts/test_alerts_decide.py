import pytest
from support.alert_rows import DAY, HOUR, NOON, URGENT, key, pain_point, policy

from schemas.rows import AlertRow, PainPointRow
from services.alerts.domain.announcements import Announcement, Notice
from services.alerts.domain.decide import decide
from services.alerts.domain.lifecycle import Event
from services.alerts.domain.retention import Moment
from services.alerts.domain.routes import Policy, Route

NOW = Moment(appended_at=NOON + 5, clock=NOON)
EVERYBODY = policy()


def after(*rows: PainPointRow, by: Policy = EVERYBODY, now: Moment = NOW) -> tuple[Announcement | None, list[Notice]]:
    """What is known after rows, and the notices they led to."""
    known: Announcement | None = None
    notices = []
    for row in rows:
        if decision := decide(known, row, now, by):
            known = decision.known
            notices += [decision.notice] if decision.notice else []
    return known, notices


def told(*rows: PainPointRow, by: Policy = EVERYBODY, now: Moment = NOW) -> list[tuple[Event, dict[str, str]]]:
    return [(notice.event, dict(notice.to)) for notice in after(*rows, by=by, now=now)[1]]


TO_DEFAULT = {"default": ""}


@pytest.mark.parametrize("severity", ["high", "critical"])
def test_a_new_urgent_pain_point_of_a_live_shop_is_told(severity: str) -> None:
    row = pain_point(severity=severity)

    decision = decide(None, row, NOW, EVERYBODY)

    notice = Notice(Event.FIRING, NOW.appended_at, row, TO_DEFAULT)
    assert decision is not None
    assert decision.notice == notice
    assert decision.known == Announcement(key("late"), "main", 1, "open", NOW.clock, NOW.appended_at, (notice,))
    assert decision.rows() == (
        AlertRow(
            shop="main",
            version=1,
            dedup_key=str(key("late")),
            receiver="default",
            event="firing",
            state="pending",
            kind="delivery_late",
            severity=severity,
            pain_point_version=1,
            decided_at=NOW.appended_at,
        ),
    )


@pytest.mark.parametrize("severity", ["low", "medium"])
def test_what_no_route_can_match_leaves_no_trace(severity: str) -> None:
    assert decide(None, pain_point(severity=severity), NOW, EVERYBODY) is None


def test_every_receiver_of_the_route_is_told() -> None:
    both = policy(Route("both", ("care", "logistics")))

    assert told(pain_point(), by=both) == [(Event.FIRING, {"care": "", "logistics": ""})]


def test_later_versions_of_an_open_pain_point_are_silent_even_a_rise_to_critical() -> None:
    assert told(pain_point(), pain_point(version=2), pain_point(version=3, severity="critical")) == [
        (Event.FIRING, TO_DEFAULT)
    ]


def test_a_rise_into_a_route_is_told() -> None:
    assert told(pain_point(severity="medium"), pain_point(version=2)) == [(Event.FIRING, TO_DEFAULT)]


@pytest.mark.parametrize(("status", "event"), [("resolved", Event.RESOLVED), ("retracted", Event.RETRACTED)])
def test_an_end_is_told_to_whom_the_beginning_was(status: str, event: Event) -> None:
    end = pain_point(version=2, status=status, ended_at=NOON + HOUR, severity="low", reason="delivered in time")

    assert told(pain_point(), end) == [(Event.FIRING, TO_DEFAULT), (event, TO_DEFAULT)]


def test_what_was_already_over_when_it_was_found_is_not_told() -> None:
    assert told(pain_point(status="resolved"), pain_point(version=2, status="retracted")) == []


def test_a_version_that_is_not_above_the_last_one_changes_nothing() -> None:
    known, _ = after(pain_point(version=4), pain_point(version=7, status="resolved"))

    for version in (1, 4, 7):
        for status in ("open", "resolved", "retracted"):
            assert decide(known, pain_point(version=version, status=status), NOW, EVERYBODY) is None


def test_an_older_opening_behind_the_end_stays_silent() -> None:
    assert told(pain_point(version=2, status="resolved"), pain_point(version=1)) == []


def test_an_older_version_that_a_route_would_match_stays_silent_behind_a_newer_one_that_none_matches() -> None:
    dhl = policy(Route("dhl", ("default",), carrier=("dhl",)))

    assert told(pain_point(version=2, factors={}), pain_point(version=1), by=dhl) == []


def test_one_that_opens_again_is_not_told_again() -> None:
    again = [pain_point(version=n, status="open" if n % 2 else "resolved") for n in range(1, 6)]

    assert told(*again) == [(Event.FIRING, TO_DEFAULT), (Event.RESOLVED, TO_DEFAULT)]


def test_a_held_back_pain_point_is_told_when_it_is_no_longer_held_back() -> None:
    held = [pain_point(version=n, held_back=True) for n in (1, 2)]

    assert told(*held) == []
    assert told(*held, pain_point(version=3)) == [(Event.FIRING, TO_DEFAULT)]
    assert told(*held, pain_point(version=3, status="resolved", held_back=True)) == []


REPLAYED = "the shop is replayed and route urgent does not ask for replays"


def test_a_replayed_shop_is_recorded_with_its_end() -> None:
    rows = [pain_point(shop="demo"), pain_point(shop="demo", version=2, status="resolved")]

    assert told(*rows) == [
        (Event.FIRING, {"default": REPLAYED}),
        (Event.RESOLVED, {"default": f"its firing was not sent: {REPLAYED}"}),
    ]


def test_a_replayed_shop_notifies_when_its_route_asks_for_replays() -> None:
    rehearsal = policy(URGENT, Route("rehearsal", ("default",), replay=True))

    assert told(pain_point(shop="demo"), by=rehearsal) == [(Event.FIRING, TO_DEFAULT)]


def test_exactly_24_hours_old_at_detection_is_news_and_older_is_not() -> None:
    assert told(pain_point(happened_at=NOON - DAY)) == [(Event.FIRING, TO_DEFAULT)]
    assert told(pain_point(happened_at=NOON - DAY - 1)) == [(Event.FIRING, {"default": "older than 24 h at detection"})]


def test_a_receiver_that_is_not_configured_is_recorded_with_the_reason_and_others_are_told() -> None:
    both = policy(Route("both", ("default", "care")), unconfigured={"default": "set WAYPOST_WEBHOOK_URL"})

    decision = decide(None, pain_point(), NOW, both)

    assert decision is not None
    assert [(row.receiver, row.state, row.error) for row in decision.rows()] == [
        ("default", "recorded", "set WAYPOST_WEBHOOK_URL"),
        ("care", "pending", ""),
    ]


def test_an_unknown_pain_point_found_over_120_days_ago_may_have_been_forgotten_and_stays_silent() -> None:
    later = Moment(NOON, NOON + 120 * DAY)

    assert told(pain_point(), now=later) == [(Event.FIRING, TO_DEFAULT)]
    assert told(pain_point(), now=Moment(NOON, later.clock + 1)) == []
