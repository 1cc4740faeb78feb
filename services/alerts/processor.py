"""The partition's processor: rows of pain points in, decided announcements and alerts' rows out."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from schemas.rows import AlertRow, PainPointRow
from services.alerts.adapters.cells import AlertCells, announcement_change, clock_change
from services.alerts.adapters.messages import alert_outputs, pain_points
from services.alerts.domain.announcements import Announcement
from services.alerts.domain.decide import decide
from services.alerts.domain.retention import KEEP_ENDED, Moment, expired
from services.alerts.domain.routes import Policy
from services.alerts.metrics import AlertsMetrics
from services.runtime.records import Change, Effects, RecordBatch

SWEEP_EVERY_MS = timedelta(days=10) // timedelta(milliseconds=1)
"""How far a shop's or the broker's time goes between two looks at everything that is remembered."""


class AlertsProcessor:
    """Decides on every row of the partition, in order. What is to be sent is a cell; sending is the sender's work."""

    def __init__(self, cells: AlertCells, policy: Policy, metrics: AlertsMetrics) -> None:
        self._cells = cells
        self._policy = policy
        self._metrics = metrics
        self._clocks = cells.clocks()
        self._swept: set[tuple[str, int]] = set()

    def process(self, batch: RecordBatch) -> Effects:
        """The effects of a batch: alerts' rows, then the cells of what is known now, then clocks."""
        known: dict[UUID, Announcement] = {}
        rows: list[AlertRow] = []
        shops: dict[str, None] = {}
        for record in batch.records:
            for row in pain_points(record):
                shops[row.shop] = None
                rows += self._decide(row, known, record.timestamp_ms)
        self._metrics.decided(rows)
        last = batch.records[-1].timestamp_ms
        forgotten = list(self._sweep(known, last)) if self._sweep_is_due(shops, last) else []
        return Effects(
            outputs=alert_outputs(rows),
            changes=[*map(announcement_change, known.values()), *forgotten],
            last_changes=[clock_change(shop, self._clocks[shop]) for shop in shops if shop in self._clocks],
        )

    def _decide(self, row: PainPointRow, known: dict[UUID, Announcement], appended_at: int) -> tuple[AlertRow, ...]:
        now = self._moment(row, appended_at)
        before = known.get(row.pain_point_id) or self._cells.announcement(row.pain_point_id)
        decision = decide(before, row, now, self._policy)
        if decision is None:
            return ()
        known[row.pain_point_id] = decision.known
        return decision.rows()

    def _moment(self, row: PainPointRow, appended_at: int) -> Moment:
        before = self._clocks.get(row.shop)
        now = Moment(appended_at, max(row.detected_at, before.clock if before else 0))
        self._clocks[row.shop] = now
        return now

    def _sweep_is_due(self, shops: dict[str, None], appended_at: int) -> bool:
        days = {("", appended_at // SWEEP_EVERY_MS)}
        days |= {(shop, self._clocks[shop].clock // SWEEP_EVERY_MS) for shop in shops}
        due = not days <= self._swept
        self._swept = {(shop, day) for shop, day in self._swept if shop and shop not in shops} | days
        return due

    def _sweep(self, changed: dict[UUID, Announcement], appended_at: int) -> Iterator[Change]:
        """What has expired; never what this batch changed."""
        for known in self._cells.announcements():
            clock = self._clocks.get(known.shop)
            now = Moment(appended_at, clock.clock if clock else known.clock)
            if known.dedup_key not in changed and expired(known, now, self._cells.is_delivered):
                yield from self._cells.removal(known)
        for shop, clock in list(self._clocks.items()):
            if appended_at - clock.appended_at > KEEP_ENDED // timedelta(milliseconds=1):
                del self._clocks[shop]
                self._swept = {(name, day) for name, day in self._swept if name != shop}
                yield clock_change(shop, None)
