"""Where outcomes are written down: `alerts.changes.v1`, then the cell."""

from schemas.rows import AlertRow
from schemas.topics import ALERTS_CELLS
from services.alerts.adapters.cells import AlertCells
from services.alerts.adapters.messages import alert_outputs
from services.runtime.kafka.producer import OutputProducer
from services.runtime.records import Change, Output


class KafkaJournal:
    """Writes outcomes beside the stream's group commits.

    The cell carries no epoch, unlike the processor's: that a receiver took a notification stays true, whoever owns
    the partition by now.
    """

    def __init__(self, producer: OutputProducer, cells: AlertCells, partition: int, confirm_seconds: float) -> None:
        self._producer = producer
        self._cells = cells
        self._partition = partition
        self._confirm_seconds = confirm_seconds

    async def record(self, row: AlertRow, change: Change) -> None:
        """Publish the row, then the cell; returns when Kafka has confirmed both. Raises ProducerFailed."""
        cell = Output(ALERTS_CELLS.name, self._partition, change.value, key=change.key)
        await self._producer.deliver(alert_outputs([row]), self._confirm_seconds)
        await self._producer.deliver([cell], self._confirm_seconds)
        self._cells.apply([change])
