"""Whatever is repeated, split or restarted, the same notifications are decided, each once."""

import itertools
from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from support.alert_rows import DAY, NOON, URGENT, alerts_in, batch, pain_point, policy, record

from schemas.rows import AlertRow, PainPointRow
from services.alerts.adapters.cells import AlertCells
from services.alerts.domain.routes import Route
from services.alerts.domain.vocabulary import SEVERITIES
from services.alerts.metrics import AlertsMetrics
from services.alerts.processor import AlertsProcessor
from services.runtime.records import Change, Record, RecordBatch

POLICY = policy(URGENT, Route("worth it", ("care",), severity="medium", shop=("main",), cause=("shipping_cost",)))
METRICS = AlertsMetrics(CollectorRegistry())

STATUSES = st.sampled_from(["open", "open", "resolved", "retracted"])


@st.composite
def lives(draw: st.DrawFn, name: str) -> list[PainPointRow]:
    """The versions of one pain point, as its owner publishes them: severity only rises."""
    worst = draw(st.integers(0, 3))
    happened = NOON + draw(st.integers(0, 40)) * DAY
    found = happened + draw(st.sampled_from([0, DAY, DAY + 1]))
    rows = []
    for version in range(1, draw(st.integers(1, 5)) + 1):
        worst = max(worst, draw(st.integers(0, 3)))
        rows.append(
            pain_point(
                name,
                version=version * 10,
                shop=draw(st.just("main") if name != "demo" else st.just("demo")),
                status=draw(STATUSES),
                severity=SEVERITIES[worst],
                held_back=draw(st.booleans()),
                cause=draw(st.sampled_from(["", "shipping_cost"])),
                happened_at=happened,
                detected_at=found,
            )
        )
    return rows


@st.composite
def streams(draw: st.DrawFn) -> list[PainPointRow]:
    """Several pain points' versions, interleaved, each in its own order."""
    waiting = [draw(lives(name)) for name in ("a", "b", "c", "demo")]
    stream = []
    while waiting:
        life = draw(st.sampled_from(waiting))
        stream.append(life.pop(0))
        waiting = [life for life in waiting if life]
    return stream


def told(batches: Sequence[RecordBatch], restarts: bool = False) -> list[AlertRow]:
    cells = AlertCells()
    processor = AlertsProcessor(cells, POLICY, METRICS)
    rows: list[AlertRow] = []
    for each in batches:
        effects = processor.process(each)
        rows += alerts_in(effects)
        cells.apply([*effects.changes, *effects.last_changes])
        if restarts:
            cells = restored(cells)
            processor = AlertsProcessor(cells, POLICY, METRICS)
    return rows


def restored(cells: AlertCells) -> AlertCells:
    copy = AlertCells()
    copy.apply([Change(key, value) for key, value in cells.items()])
    return copy


def keys(rows: Sequence[AlertRow]) -> list[tuple[str, str, str, str]]:
    return sorted((row.dedup_key, row.receiver, row.event, row.state) for row in rows)


def overtakes(newer: PainPointRow, older: PainPointRow) -> bool:
    return newer.pain_point_id == older.pain_point_id and newer.version > older.version


def one_each(rows: Sequence[PainPointRow]) -> list[Record]:
    return [record(offset, [row], NOON + offset) for offset, row in enumerate(rows)]


@given(streams(), st.data())
def test_batch_sizes_and_restarts_change_nothing(stream: list[PainPointRow], data: st.DataObject) -> None:
    records = one_each(stream)
    cuts = sorted({0, len(records), *data.draw(st.lists(st.integers(0, len(records))))})
    batches = [batch(*records[start:end]) for start, end in itertools.pairwise(cuts)]

    assert told(batches, restarts=True) == told([batch(*records)])


@given(streams(), st.data())
def test_repeats_and_older_versions_behind_newer_ones_change_nothing(
    stream: list[PainPointRow], data: st.DataObject
) -> None:
    disturbed: list[PainPointRow] = []
    for row in stream:
        disturbed.append(row)
        disturbed += data.draw(st.lists(st.sampled_from(disturbed), max_size=2))

    assert keys(told([batch(*one_each(disturbed))])) == keys(told([batch(*one_each(stream))]))


@given(streams(), st.data())
def test_an_older_version_that_only_arrives_behind_a_newer_one_changes_nothing(
    stream: list[PainPointRow], data: st.DataObject
) -> None:
    overtaken = [row for row in stream if any(overtakes(other, row) for other in stream)]
    if not overtaken:
        return
    late = data.draw(st.sampled_from(overtaken))
    without = [row for row in stream if row is not late]
    newer = next(i for i, row in enumerate(without) if overtakes(row, late))
    at = data.draw(st.integers(newer + 1, len(without)))

    disturbed = [*without[:at], late, *without[at:]]
    assert keys(told([batch(*one_each(disturbed))])) == keys(told([batch(*one_each(without))]))


@given(streams())
def test_reading_the_topic_again_changes_nothing(stream: list[PainPointRow]) -> None:
    records = one_each(stream)

    assert told([batch(*records), batch(*records)], restarts=True) == told([batch(*records)])


@given(streams(), st.data())
def test_a_crash_before_the_cells_are_confirmed_decides_the_very_same_again(
    stream: list[PainPointRow], data: st.DataObject
) -> None:
    records = one_each(stream)
    cut = data.draw(st.integers(1, len(records)))
    cells = AlertCells()
    lost = alerts_in(AlertsProcessor(cells, POLICY, METRICS).process(batch(*records[:cut])))

    assert told([batch(*records)])[: len(lost)] == lost


@given(streams())
def test_each_event_of_a_dedup_key_is_told_once_and_no_end_without_its_beginning(stream: list[PainPointRow]) -> None:
    rows = told([batch(*one_each(stream))])

    names = [(row.dedup_key, row.receiver, row.event) for row in rows]
    assert len(names) == len(set(names))
    sent = {(row.dedup_key, row.receiver) for row in rows if row.event == "firing" and row.state == "pending"}
    assert {(row.dedup_key, row.receiver) for row in rows if row.state == "pending"} == sent


@given(streams())
def test_only_news_of_live_shops_that_are_not_held_back_is_sent(stream: list[PainPointRow]) -> None:
    versions = {(str(row.pain_point_id), row.version): row for row in stream}
    for alert in told([batch(*one_each(stream))]):
        row = versions[alert.dedup_key, alert.pain_point_version]
        if alert.event == "firing" and alert.state == "pending":
            assert row.shop == "main"
            assert not row.held_back
            assert row.detected_at - row.happened_at <= DAY
            assert row.severity in ("high", "critical") or row.cause == "shipping_cost"


def test_the_stream_of_this_suite_is_not_empty() -> None:
    row = pain_point("a", cause="shipping_cost")

    assert keys(told([batch(*one_each([row, msgspec.structs.replace(row, version=2, status="resolved")]))])) != []
