import pytest
from support.alert_rows import NOON, key, pain_point

from services.alerts.adapters.cells import (
    AlertCells,
    UnknownLayoutError,
    announcement_change,
    clock_change,
    outcome_change,
)
from services.alerts.domain.announcements import Announcement, Notice, Outcome
from services.alerts.domain.lifecycle import Event
from services.alerts.domain.retention import Moment
from services.runtime.records import Change

LATE = key("late")
FIRING = Notice(Event.FIRING, NOON, pain_point(), {"default": "", "care": "", "old": "not configured"})
END = Notice(Event.RESOLVED, NOON + 1, pain_point(version=2, status="resolved"), {"default": "", "care": ""})
KNOWN = Announcement(LATE, "main", 2, "resolved", NOON, NOON, (FIRING, END))
SENT = Outcome("sent", NOON, 1)


def cells(*changes: Change) -> AlertCells:
    store = AlertCells()
    store.apply(changes)
    return store


def test_cells_come_back_as_they_were_packed() -> None:
    moment = Moment(NOON + 5, NOON)
    store = cells(
        announcement_change(KNOWN),
        outcome_change(LATE, Event.FIRING, "default", SENT),
        clock_change("main", moment),
    )

    assert store.announcement(LATE) == KNOWN
    assert list(store.announcements()) == [KNOWN]
    assert store.outcome(LATE, Event.FIRING, "default") == SENT
    assert store.clocks() == {"main": moment}


def test_what_is_not_there_is_none() -> None:
    assert cells().announcement(LATE) is None
    assert cells().outcome(LATE, Event.FIRING, "default") is None


def test_each_receiver_hears_the_beginning_before_the_end() -> None:
    assert cells(announcement_change(KNOWN)).pending(KNOWN) == {"default": FIRING, "care": FIRING}
    told = cells(announcement_change(KNOWN), outcome_change(LATE, Event.FIRING, "default", SENT))
    assert told.pending(KNOWN) == {"default": END, "care": FIRING}


def test_nothing_is_left_of_a_pain_point_that_is_forgotten() -> None:
    store = cells(announcement_change(KNOWN), outcome_change(LATE, Event.FIRING, "default", SENT))

    store.apply(list(store.removal(KNOWN)))

    assert len(store) == 0


def test_only_confirmed_announcements_are_told_of() -> None:
    told: list[object] = []
    store = cells()
    store.on_announced = told.append

    store.apply([outcome_change(LATE, Event.FIRING, "default", SENT), clock_change("main", None)])
    assert told == []
    store.apply([announcement_change(KNOWN)])
    assert told == [LATE]
    store.apply(list(store.removal(KNOWN)))
    assert told == [LATE]


def test_a_cell_of_another_layout_stops_the_service_and_says_what_to_run() -> None:
    change = announcement_change(KNOWN)
    assert change.value is not None
    store = cells(Change(change.key, b"\x63" + change.value[1:]))

    with pytest.raises(UnknownLayoutError, match="layout 99, this version reads 1: run the version that wrote it"):
        store.announcement(LATE)
