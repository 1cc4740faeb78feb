"""Producing with every record's own delivery report, through librdkafka's idempotent producer."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as Librdkafka

from schemas.topics import MAX_MESSAGE_BYTES
from services.runtime.metrics import RuntimeMetrics
from services.runtime.records import Headers, Output
from services.runtime.settings import KafkaSettings

log = logging.getLogger("waypost.librdkafka")

FULL_BUFFER_WAIT = 0.01
"""Seconds between attempts while librdkafka's buffer is full: back-pressure, not an error."""


class ProducerFailed(Exception):  # noqa: N818
    """Kafka did not confirm what was sent; the process cannot go on, since what follows depends on it."""


class OutputProducer(Protocol):
    """Sends records and knows when Kafka has them."""

    async def deliver(self, outputs: Sequence[Output], within: float) -> int:
        """Send in order and return when each record is confirmed by all in-sync replicas: the last one's offset, or -1.

        The order per destination partition is kept, also against earlier calls. Raises ProducerFailed when a record
        was refused or not confirmed `within` so many seconds; then any of them may have been written.
        """
        ...


class _Delivery:
    """The reports of records sent together; `reported` is called by librdkafka's thread, and by no other."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._sent = -1  # unknown until all are sent
        self._reported = 0
        self.error: str | None = None
        self.topic = ""
        self.offset = -1  # of the last record
        self.done: asyncio.Future[None] = loop.create_future()

    def reported(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self.error is None:
            self.topic = message.topic() or ""
            self.error = f"{self.topic}/{message.partition()}: {error.str()}"
        self._reported += 1
        if self._reported == self._sent:
            self._loop.call_soon_threadsafe(self._finish)

    def reported_last(self, error: KafkaError | None, message: Message) -> None:
        self.offset = -1 if error is not None else message.offset() or 0
        self.reported(error, message)

    def sent(self, n: int) -> None:
        """So many were sent: whoever sees that all are reported, sender or reporter, or both, says so."""
        self._sent = n
        if self._reported == n:
            self._finish()

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


class KafkaProducer:
    """An `OutputProducer` over one librdkafka client, to be used from one event loop."""

    def __init__(
        self,
        settings: KafkaSettings,
        client_id: str,
        metrics: RuntimeMetrics | None = None,
        linger_ms: float = 1.0,
        connect: Callable[..., Librdkafka] = Librdkafka,
    ) -> None:
        self._metrics = metrics
        self._client = connect(producer_options(settings, client_id, linger_ms), logger=log)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="producer-reports", daemon=True)
        self._thread.start()

    async def deliver(self, outputs: Sequence[Output], within: float) -> int:
        """Send in order, wait for every report; see `OutputProducer`."""
        if not outputs:
            return -1
        delivery = _Delivery(asyncio.get_running_loop())
        try:
            async with asyncio.timeout(within):
                await self._send(outputs, delivery)
                delivery.sent(len(outputs))
                await delivery.done
        except TimeoutError:
            self._count_errors(outputs[0].topic)
            raise ProducerFailed(
                f"Kafka did not confirm {len(outputs)} records to {_topics(outputs)} within {within:.0f} s; "
                "check that the brokers answer and the topics exist"
            ) from None
        if delivery.error:
            self._count_errors(delivery.topic)
            raise ProducerFailed(f"Kafka refused a record: {delivery.error}")
        if self._metrics:
            for topic, n in _counts(outputs).items():
                self._metrics.outputs.labels(topic).inc(n)
        return delivery.offset

    async def _send(self, outputs: Sequence[Output], delivery: _Delivery) -> None:
        produce, reported, last = self._client.produce, delivery.reported, outputs[-1]
        shared, headers = last.headers, _listed(last.headers)
        for output in outputs:
            if output is last:
                reported = delivery.reported_last
            if output.headers is not shared:
                shared, headers = output.headers, _listed(output.headers)
            while True:
                try:
                    produce(output.topic, output.value, output.key, output.partition, reported, headers=headers)
                    break
                except BufferError:
                    await asyncio.sleep(FULL_BUFFER_WAIT)
                except KafkaException as error:
                    self._count_errors(output.topic)
                    raise ProducerFailed(f"{output.topic}/{output.partition}: {error}") from error

    def partition_counts(self, timeout: float) -> Mapping[str, int]:
        """The brokers' topics with their partition counts; blocking. Raises ProducerFailed when no broker answers."""
        try:
            topics = self._client.list_topics(timeout=timeout).topics
        except KafkaException as error:
            raise ProducerFailed(f"no broker answers within {timeout:.0f} s ({error}); check KAFKA_BROKERS") from error
        return {name: len(topic.partitions) for name, topic in topics.items() if topic.error is None}

    def _count_errors(self, topic: str) -> None:
        if self._metrics:
            self._metrics.produce_errors.labels(topic).inc()

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._client.poll(0.2)

    def close(self, timeout: float = 5.0) -> int:
        """Give what is still queued `timeout` seconds; returns how many records were left behind."""
        left = self._client.flush(timeout)
        self._closing.set()
        self._thread.join(1.0)
        return int(left)


def producer_options(settings: KafkaSettings, client_id: str, linger_ms: float) -> dict[str, str | int | float | bool]:
    """librdkafka's options: idempotent, all replicas, bounded retries, our message size."""
    return {
        **settings.librdkafka(),
        "client.id": client_id,
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": linger_ms,
        "message.timeout.ms": 100_000,
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "batch.size": 1_000_000,
        "compression.type": "lz4",
        "queue.buffering.max.messages": 200_000,
        "queue.buffering.max.kbytes": 256 * 1024,
        "topic.metadata.refresh.interval.ms": 60_000,
        "socket.keepalive.enable": True,
    }


def _listed(headers: Headers) -> list[tuple[str, str | bytes | None]] | None:
    return list(headers) or None


def _topics(outputs: Sequence[Output]) -> str:
    return ", ".join(sorted(_counts(outputs)))


def _counts(outputs: Iterable[Output]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for output in outputs:
        counts[output.topic] = counts.get(output.topic, 0) + 1
    return counts
