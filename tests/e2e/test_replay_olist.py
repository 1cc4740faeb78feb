"""Real orders through the whole line: the views say what is true of them, however often and in whatever order sent."""

import os
import signal
from pathlib import Path

import pytest
from support.installation import Installation
from support.polling import eventually

from services.cli.local.state import read_state

pytestmark = pytest.mark.timeout(900)

END = "2018-10-17T17:30:18-03:00"
EARLY = "2017-09-01T00:00:00-03:00"
"""A quarter of the history: it has all kinds of its pain points, and what is sent often is sent up to here."""
ORDERS = (
    "SELECT order_id, person_id, placed_at, approved_at, handed_over_at, first_attempt_at, delivered_at, cancelled_at, "
    "first_promise, current_promise, ship_by, total, currency, payment_method, status, late "
    "FROM waypost.orders WHERE shop = '{shop}' ORDER BY order_id"
)
PARCELS = (
    "SELECT order_id, tracking_number, registered_at, handed_over_at, first_scan_at, last_scan_at, delivered_at, "
    "status FROM waypost.parcels WHERE shop = '{shop}' ORDER BY order_id"
)
SURVEYS = (
    "SELECT order_id, person_id, survey, score, scale, answered_at FROM waypost.surveys WHERE shop = '{shop}' "
    "ORDER BY ALL"
)
PAIN_POINTS = (
    "SELECT kind, order_id, person_id, status, severity, happened_at, ended_at, value_at_risk, currency, act_before "
    "FROM waypost.pain_points WHERE shop = '{shop}' ORDER BY ALL"
)


@pytest.fixture(scope="module")
def replayed(installation: Installation, shared_data: Path) -> Installation:
    """The shop's whole history, sent once."""
    send(installation, shared_data, END)
    return installation


@pytest.fixture(scope="module")
def early(installation: Installation, shared_data: Path) -> Installation:
    """The history up to `EARLY`, sent once, as another shop's."""
    send(installation, shared_data, EARLY, "--shop", "replay-early")
    return installation


def send(installation: Installation, data: Path, until: str, *how: str) -> None:
    """Replay and wait until it shows."""
    installation.waypost("replay", "olist", str(data / "olist"), "--until", until, "--wait", *how, timeout=300)


def test_orders_persons_and_surveys_are_those_of_the_files(replayed: Installation) -> None:
    assert replayed.rows(
        "SELECT count(), uniqExact(person_id), countIf(handed_over_at IS NOT NULL), countIf(delivered_at IS NOT NULL), "
        "countIf(cancelled_at IS NOT NULL), countIf(late), countIf(late AND delivered_at IS NOT NULL) "
        "FROM waypost.orders WHERE shop = 'olist'"
    ) == [("4047", "3974", "3164", "2591", "625", "1004", "171")]
    assert replayed.rows("SELECT count(), round(avg(score), 4) FROM waypost.surveys WHERE shop = 'olist'") == [
        ("4088", "3.2962")
    ]
    assert replayed.rows("SELECT count(), uniqExact(person_id) FROM waypost.persons WHERE shop = 'olist' "
                         "AND startsWith(alias, 'customer:')") == [("3974", "3974")]  # fmt: skip
    assert replayed.rows("SELECT count() FROM waypost.parcels WHERE shop = 'olist'") == [("3164",)]


def test_pain_points_are_those_known_to_be_true(replayed: Installation) -> None:
    assert replayed.rows(
        "SELECT kind, count(), countIf(status = 'open') FROM waypost.pain_points WHERE shop = 'olist' AND kind IN "
        "('approval_delayed', 'fulfilment_delayed', 'parcel_stalled', 'parcel_lost', 'delivery_late', 'low_score') "
        "GROUP BY kind ORDER BY kind"
    ) == [
        ("approval_delayed", "217", "4"),
        ("delivery_late", "1004", "833"),
        ("fulfilment_delayed", "598", "289"),
        ("low_score", "1469", "1469"),
        ("parcel_lost", "644", "573"),
        ("parcel_stalled", "2379", "573"),
    ]


def known(installation: Installation, shop: str) -> list[list[tuple[str, ...]]]:
    """All that the views say of a shop."""
    return [installation.rows(q.format(shop=shop)) for q in (ORDERS, PARCELS, SURVEYS, PAIN_POINTS)]


def test_a_second_replay_changes_nothing_but_answers(early: Installation, shared_data: Path) -> None:
    before = known(early, "replay-early")
    send(early, shared_data, EARLY, "--shop", "replay-early")
    assert known(early, "replay-early") == before
    assert early.rows(
        "SELECT answer, count() FROM waypost.answers WHERE shop = 'replay-early' GROUP BY answer ORDER BY answer"
    ) == [("duplicate", "5476"), ("stored", "5476")]


DISORDER = ("--disorder", "6h", "--duplicates", "0.05", "--seed", "7")


def test_disorder_and_repeats_end_in_the_same_rows(early: Installation, shared_data: Path) -> None:
    send(early, shared_data, EARLY, "--shop", "replay-a", *DISORDER)
    assert known(early, "replay-a") == known(early, "replay-early")


@pytest.mark.slow
def test_a_second_replay_of_the_whole_history_changes_no_row(replayed: Installation, shared_data: Path) -> None:
    before = known(replayed, "olist")
    send(replayed, shared_data, END)
    assert known(replayed, "olist") == before


@pytest.mark.slow
def test_disorder_and_repeats_of_the_whole_history_end_in_the_same_rows(
    replayed: Installation, shared_data: Path
) -> None:
    send(replayed, shared_data, END, "--shop", "replay-b", *DISORDER)
    assert known(replayed, "replay-b") == known(replayed, "olist")


def test_a_replay_behind_its_shops_clock_says_so(replayed: Installation, shared_data: Path) -> None:
    said = replayed.waypost("replay", "olist", str(shared_data / "olist"), "--until", "2016-10-05T00:00:00Z")
    assert "the clock of shop olist is at 2018-10-17 20:30:18 UTC, ahead of this data's end" in said


@pytest.mark.chaos
@pytest.mark.parametrize("victim", ["journey", "ingest", "warehouse"])
def test_a_service_killed_in_the_middle_of_a_replay_changes_no_row(
    replayed: Installation, shared_data: Path, victim: str
) -> None:
    shop = f"replay-without-{victim}"
    sending = replayed.start("replay", "olist", str(shared_data / "olist"), "--until", END, "--shop", shop, "--wait")
    arrived = f"SELECT count() FROM waypost.events WHERE shop = '{shop}'"
    eventually(lambda: int(replayed.rows(arrived)[0][0]) > 1_000, timeout=60, what="the replay is under way")
    os.kill(pid_of(replayed, victim), signal.SIGKILL)
    said, _ = sending.communicate(timeout=300)
    assert sending.returncode == 0, said
    assert known(replayed, shop) == known(replayed, "olist")


def pid_of(installation: Installation, service: str) -> int:
    """The process that runs a service now."""
    state = read_state(installation.home)
    process = next(p.process for p in state.processes if p.name == service) if state else None
    assert process is not None, f"{service} does not run"
    return process.pid
