from prometheus_client import CollectorRegistry
from support.alert_rows import DAY, NOON, alerts_in, batch, key, pain_point, policy, record

from schemas.rows import PainPointRow
from services.alerts.adapters.cells import AlertCells, outcome_change
from services.alerts.domain.announcements import Outcome
from services.alerts.domain.lifecycle import Event
from services.alerts.domain.retention import KEEP_ENDED, KEEP_OPEN
from services.alerts.metrics import AlertsMetrics
from services.alerts.processor import AlertsProcessor
from services.runtime.records import Effects, RecordBatch

LATE = key("late")


class Owner:
    """A processor with its cells; effects are confirmed at once."""

    def __init__(self, cells: AlertCells | None = None) -> None:
        self.cells = cells or AlertCells()
        self.registry = CollectorRegistry()
        self._processor = AlertsProcessor(self.cells, policy(), AlertsMetrics(self.registry))
        self._offset = 0

    def take(self, batch_: RecordBatch) -> Effects:
        effects = self._processor.process(batch_)
        self.cells.apply([*effects.changes, *effects.last_changes])
        return effects

    def rows(self, *rows: PainPointRow, at: int = NOON) -> Effects:
        self._offset += 1
        return self.take(batch(record(self._offset, rows, at)))

    def sent(self, event: Event) -> None:
        self.cells.apply([outcome_change(LATE, event, "default", Outcome("sent", NOON, 1))])


def test_a_record_of_another_kind_is_skipped_undecoded() -> None:
    effects = Owner().take(batch(record(0, [pain_point()], kind=b"rows")))

    assert effects == Effects(outputs=[], changes=[], last_changes=[])


def test_a_decision_is_published_and_kept_with_the_brokers_time() -> None:
    owner = Owner()

    [alert] = alerts_in(owner.rows(pain_point(), at=NOON + 42))

    assert (alert.state, alert.event, alert.decided_at) == ("pending", "firing", NOON + 42)
    known = owner.cells.announcement(LATE)
    assert known is not None
    assert [(n.event, n.decided_at, n.row) for n in known.notices] == [(Event.FIRING, NOON + 42, pain_point())]
    assert (
        owner.registry.get_sample_value(
            "waypost_alerts_notifications_total", {"receiver": "default", "result": "pending"}
        )
        == 1
    )


def test_two_versions_in_one_batch_are_one_cell_and_both_are_published() -> None:
    effects = Owner().rows(pain_point(), pain_point(version=2, status="resolved"))

    assert [alert.event for alert in alerts_in(effects)] == ["firing", "resolved"]
    assert len(effects.changes) == 1


def test_a_batch_that_comes_again_changes_nothing() -> None:
    owner = Owner()
    rows = [pain_point(), pain_point("lost", kind="parcel_lost"), pain_point(version=2, status="resolved")]
    owner.rows(*rows)
    before = dict(owner.cells.items())

    effects = owner.rows(*rows)

    assert (effects.outputs, effects.changes) == ([], [])
    assert dict(owner.cells.items()) == before


def test_a_batch_whose_cells_were_not_confirmed_is_decided_the_same_again() -> None:
    first = batch(record(0, [pain_point(), pain_point("lost", severity="critical")]))
    metrics = AlertsMetrics(CollectorRegistry())

    one, two = (AlertsProcessor(AlertCells(), policy(), metrics).process(first) for _ in range(2))

    assert one == two


def ended(owner: Owner) -> None:
    owner.rows(pain_point(), pain_point(version=2, status="resolved"))
    owner.sent(Event.FIRING)
    owner.sent(Event.RESOLVED)


KEEP = int(KEEP_ENDED.total_seconds() * 1000)


def test_an_ended_pain_point_leaves_120_days_of_its_shops_time_later_with_its_outcomes() -> None:
    owner = Owner()
    ended(owner)

    owner.rows(pain_point("young", detected_at=NOON + KEEP))
    assert owner.cells.announcement(LATE) is not None
    owner.rows(pain_point("younger", detected_at=NOON + KEEP + 10 * DAY))

    assert owner.cells.announcement(LATE) is None
    assert owner.cells.outcome(LATE, Event.FIRING, "default") is None
    assert alerts_in(owner.rows(pain_point(version=9))) == []


def test_another_shops_time_moves_nothing() -> None:
    owner = Owner()
    ended(owner)

    owner.rows(pain_point("theirs", shop="demo", detected_at=NOON + 2 * KEEP))

    assert owner.cells.announcement(LATE) is not None


def test_a_shop_that_is_not_heard_of_again_leaves_by_the_brokers_time() -> None:
    owner = Owner()
    ended(owner)

    owner.rows(pain_point("theirs", shop="demo"), at=NOON + KEEP + 10 * DAY)

    assert owner.cells.announcement(LATE) is None
    assert set(owner.cells.clocks()) == {"demo"}


def test_what_is_still_to_be_delivered_stays() -> None:
    owner = Owner()
    owner.rows(pain_point(), pain_point(version=2, status="resolved"))
    owner.sent(Event.FIRING)

    owner.rows(pain_point("younger", detected_at=NOON + 2 * KEEP))

    assert owner.cells.announcement(LATE) is not None


def test_an_open_pain_point_stays_520_days() -> None:
    owner = Owner()
    owner.rows(pain_point())
    owner.sent(Event.FIRING)
    keep = int(KEEP_OPEN.total_seconds() * 1000)

    owner.rows(pain_point("young", detected_at=NOON + keep))
    assert owner.cells.announcement(LATE) is not None
    owner.rows(pain_point("younger", detected_at=NOON + keep + 10 * DAY))

    assert owner.cells.announcement(LATE) is None


def test_a_restarted_processor_knows_the_shops_time() -> None:
    owner = Owner()
    owner.rows(pain_point("low", severity="low", detected_at=NOON + 2 * KEEP))

    again = Owner(owner.cells)

    assert alerts_in(again.rows(pain_point())) == []
