"""The sender: a courier for each receiver, beside the stream, for as long as this worker owns the partition."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from uuid import UUID

from services.alerts.adapters.cells import AlertCells
from services.alerts.courier import AbsentReceiver, Courier, Journal, Receiver, Sending
from services.alerts.domain.announcements import Announcement
from services.alerts.metrics import AlertsMetrics

WATCH_SECONDS = 5.0
"""How often the age of what waits is measured."""


class Sender:
    """Delivers what is pending in the cells, and whatever is announced from then on."""

    def __init__(
        self,
        cells: AlertCells,
        receivers: Mapping[str, Receiver],
        journal: Journal,
        metrics: AlertsMetrics,
        how: Sending,
    ) -> None:
        self._cells = cells
        self._receivers = receivers
        self._journal = journal
        self._metrics = metrics
        self._how = how
        self._couriers: dict[str, Courier] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: Callable[[BaseException], None] = lambda error: None

    def start(self, failed: Callable[[BaseException], None]) -> None:
        """Begin to deliver, the oldest first.

        `failed` is told of an error that is no receiver's doing: Kafka that does not confirm an outcome, our bugs.
        """
        self._failed = failed
        for name in self._receivers:
            self._courier(name)
        self._spawn(self._watch(), "alerts watch")
        for known in sorted(self._cells.announcements(), key=lambda known: known.appended_at):
            self._enqueue(known)
        self._cells.on_announced = self._announced

    def stop(self) -> None:
        """Deliver no more. What is on its way is cut off: whoever owns the partition next sends it again."""
        self._cells.on_announced = None
        for task in self._tasks:
            task.cancel()

    def _announced(self, dedup_key: UUID) -> None:
        if known := self._cells.announcement(dedup_key):
            self._enqueue(known)

    def _enqueue(self, known: Announcement) -> None:
        for receiver, notice in self._cells.pending(known).items():
            self._courier(receiver).enqueue(known.dedup_key, notice)

    def _courier(self, name: str) -> Courier:
        if name not in self._couriers:
            receiver = self._receivers.get(name) or AbsentReceiver(name)
            courier = Courier(name, receiver, self._cells, self._journal, self._metrics, self._how)
            self._couriers[name] = courier
            self._spawn(courier.serve(), f"alerts courier {name}")
        return self._couriers[name]

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.add(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._failed(error)

    async def _watch(self) -> None:
        while True:
            for courier in self._couriers.values():
                courier.measure()
            await asyncio.sleep(WATCH_SECONDS)
