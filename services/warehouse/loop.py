"""The warehouse's loop: read a batch, store it, acknowledge it; while it cannot be stored, wait."""

import logging
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event
from time import monotonic, time

from services.runtime.clickhouse.insert import UnavailableError
from services.runtime.observability import Report
from services.warehouse.adapters.kafka import Messages
from services.warehouse.adapters.store import Store
from services.warehouse.domain.batch import Batch, Message
from services.warehouse.lag import Lag
from services.warehouse.metrics import WarehouseMetrics
from services.warehouse.rhythm import EARLY_SECONDS, Rhythm
from services.warehouse.settings import WarehouseSettings

POLL_SECONDS = 0.2
IDLE_SECONDS = 0.5
BEAT_LIMIT = 60.0
"""`/healthz` fails when the loop was busy or dead for so long: an insert may take long, but not that long."""

log = logging.getLogger("waypost.warehouse")


@dataclass(slots=True)
class Warehouse:
    """Stores what it reads until it is told to stop."""

    messages: Messages
    store: Store
    metrics: WarehouseMetrics
    settings: WarehouseSettings
    stopping: Event = field(default_factory=Event)
    beat: float = field(default_factory=monotonic)
    trouble: str = ""
    _stop_by: float = float("inf")
    _ahead: deque[Message] = field(default_factory=deque)
    """Read, but in no batch yet."""
    _lag: Lag = field(init=False)
    _rhythm: Rhythm = field(init=False)
    _early: Rhythm = field(init=False)
    """Of pain points that are stored ahead of their batch."""

    def __post_init__(self) -> None:
        """Measure lag of what is read here."""
        self._lag = Lag(self.messages, self.metrics)
        longest = self.settings.warehouse_batch_seconds
        self._rhythm, self._early = Rhythm(longest), Rhythm(longest, gather=EARLY_SECONDS)

    def run(self) -> None:
        """Until `stop`: what is in hand then is stored if ClickHouse takes it in time, else read again next time."""
        while not self.stopping.is_set():
            batch = self._read()
            if not batch.empty and self._stored(batch) and self._committed(batch):
                self._acknowledge(batch)

    def stop(self) -> None:
        """End the loop with the batch in hand; may be called from a signal handler."""
        self._stop_by = monotonic() + self.settings.stop_seconds
        self.stopping.set()

    def _read(self) -> Batch:
        """A batch that is full, due, or the last."""
        batch = Batch(self.settings.limits())
        while not (batch.full or self.stopping.is_set()):
            self.beat = monotonic()
            if not self._ahead:
                self._ahead.extend(self.messages.poll(self._patience(batch)))
            if batch.empty and self._ahead:
                self._rhythm.begin()
            self._fill(batch)
            self._lag.measure(batch)
            if not batch.empty and self._rhythm.due():
                break
            if batch.pain_points and self._early.due() and self._rhythm.wait(EARLY_SECONDS) == EARLY_SECONDS:
                self._hurry(batch)
        return batch

    def _patience(self, batch: Batch) -> float:
        """How long to wait for more: not beyond the moment when something is to be stored."""
        wait = POLL_SECONDS if batch.empty else self._rhythm.wait(POLL_SECONDS)
        return self._early.wait(wait) if batch.pain_points and not self._early.due() else wait

    def _fill(self, batch: Batch) -> None:
        waited_for = batch.pain_points
        while self._ahead and not batch.full:
            batch.add(self._ahead.popleft())
        if batch.pain_points and not waited_for:
            self._early.begin()

    def _hurry(self, batch: Batch) -> None:
        """Store its pain points; offsets stay until all of it is stored, so that a crash has them stored again."""
        began = monotonic()
        try:
            self.store.store(batch.rows_of_pain_points())
        except UnavailableError as error:
            self._suffer(error)  # the whole batch is tried again until it can be stored
        else:
            self._shown(batch.shown())
        self._early.stored(monotonic() - began)

    def _stored(self, batch: Batch) -> bool:
        """Whether all of it is stored; False only when the time to stop has come before ClickHouse has."""
        rows = batch.rows()
        wait = self.settings.warehouse_backoff_seconds
        while True:
            began = monotonic()
            try:
                self.store.store(rows)
            except UnavailableError as error:
                self._suffer(error)
            else:
                self._rhythm.stored(monotonic() - began)
                self._recover()
                self._arrived(batch.events_ms)
                self._shown(batch.pain_points_ms)
                return True
            if not self._idled(random.uniform(wait / 2, wait), batch):
                return False
            wait = min(wait * 2, self.settings.warehouse_longest_backoff_seconds)

    def _idled(self, seconds: float, batch: Batch) -> bool:
        """Stay in the group for so long; False when it is time to give up."""
        until = monotonic() + seconds
        while monotonic() < until:
            if monotonic() >= self._stop_by:
                return False
            self.beat = monotonic()
            self.messages.idle(min(IDLE_SECONDS, max(0.0, until - monotonic())))
            self._lag.measure(batch)
        return True

    def _committed(self, batch: Batch) -> bool:
        """Whether Kafka knows that it is stored; False only when the time to stop has come before."""
        offsets = {source: span.next_offset for source, span in batch.spans.items()}
        while not self.messages.commit(offsets):
            if not self._idled(IDLE_SECONDS, batch):
                return False
        return True

    def _arrived(self, received_ms: Sequence[int]) -> None:
        """How long events were on their way here since the broker got them."""
        now = time()
        for at in received_ms:
            self.metrics.event_seconds.observe(max(0.0, now - at / 1000))

    def _shown(self, written_ms: Sequence[int]) -> None:
        """How long pain points were on their way here since they were found."""
        now = time()
        for at in written_ms:
            self.metrics.pain_point_seconds.observe(max(0.0, now - at / 1000))

    def _acknowledge(self, batch: Batch) -> None:
        self._lag.acknowledged(batch)
        self.metrics.batch_items.observe(len(batch.items))
        self.metrics.last_progress.set(time())

    def _suffer(self, error: UnavailableError) -> None:
        if not self.trouble:
            log.warning("waiting for ClickHouse", extra={"where": {"error": str(error)}})
        self.trouble = str(error)
        self.metrics.retries.inc()
        self.metrics.unavailable.set(1)

    def _recover(self) -> None:
        if self.trouble:
            log.warning("ClickHouse takes rows again")
        self.trouble = ""
        self.metrics.unavailable.set(0)

    def healthy(self) -> Report:
        """Whether the loop lives; waiting for ClickHouse is life."""
        still = monotonic() - self.beat
        return Report(still < BEAT_LIMIT, f"the loop has not moved for {still:.0f} s" if still >= BEAT_LIMIT else "")

    def ready(self) -> Report:
        """Whether it has partitions and ClickHouse takes what they hold."""
        if self.trouble:
            return Report(False, self.trouble)
        partitions = sorted(f"{topic}/{partition}" for topic, partition in self.messages.assigned())
        return Report(bool(partitions), "" if partitions else "not assigned yet", {"partitions": partitions})
