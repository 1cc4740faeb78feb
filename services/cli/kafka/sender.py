"""Sends events and ticks to the public topics, each confirmed before the clock moves."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.topics import MAX_MESSAGE_BYTES, PUBLIC
from schemas.wire import TICK_HEADER, PublicTick
from services.cli.kafka.records import Record, records
from services.cli.replays.event import SentEvent
from services.runtime.settings import KafkaSettings

ARRAY_EVENTS = 50
"""Events in one message where several go to the same partition."""
CONFIRM_SECONDS = 60.0
Place = tuple[str, int]
Reported = Callable[[KafkaError | None, Message], None]
Headers = Sequence[tuple[str, str | bytes | None]]


class SendError(Exception):
    """Kafka is out of reach or refused a record: says what to look at."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent so far."""

    events: int
    ticks: int
    offsets: Mapping[Place, int]
    """Of the last record in each (topic, partition) written to."""


class KafkaSender:
    """A replay's `Emitter` over librdkafka's idempotent producer, which keeps the order within a partition."""

    def __init__(self, settings: KafkaSettings, array: int = ARRAY_EVENTS) -> None:
        """Connect. Raises `SendError` when Kafka does not answer or has none of the topics."""
        self._producer = Producer(_options(settings))
        self._array = array
        self._partitions = _partition_counts(self._producer, settings)
        self._events = self._ticks = 0
        self._offsets: dict[Place, int] = {}
        self._refused: list[str] = []

    @property
    def partitions(self) -> int:
        """The partition count of the keyed topics."""
        return max(self._partitions.values())

    @property
    def sent(self) -> Sent:
        """What was sent so far; offsets are known of what is confirmed."""
        return Sent(self._events, self._ticks, dict(self._offsets))

    def send(self, events: Iterable[SentEvent]) -> None:
        """Send events in order and return once all are confirmed. Raises `SendError`."""
        batch = tuple(events)
        for record in records(batch, self._partitions, self._array):
            self._produce(record.topic, record.partition, record.value)
        self.confirm()
        self._events += len(batch)

    def send_each(self, single: Sequence[Record]) -> list[int]:
        """Send each message as it is and return its offset. Raises `SendError`."""
        offsets = [-1] * len(single)

        def reported(index: int, error: KafkaError | None, message: Message) -> None:
            offsets[index] = message.offset() or 0
            self._reported(error, message)

        for index, record in enumerate(single):
            self._produce(record.topic, record.partition, record.value, (), partial(reported, index))
        self.confirm()
        self._events += len(single)
        return offsets

    def tick(self, shop: str, time_ms: int) -> None:
        """Write a shop's tick to every partition of every public topic. Raises `SendError`."""
        value = msgspec.json.encode(PublicTick(shop, time_ms))
        for topic, count in self._partitions.items():
            for partition in range(count):
                self._produce(topic, partition, value, [(TICK_HEADER, b"1")])
        self._ticks += 1

    def confirm(self) -> None:
        """Return once all that was sent is confirmed. Raises `SendError`."""
        if unconfirmed := self._producer.flush(CONFIRM_SECONDS):
            raise SendError(
                f"Kafka confirmed nothing for {CONFIRM_SECONDS:.0f} s ({unconfirmed} records wait); "
                "see that the brokers run, then run the command again: what was sent counts once"
            )
        if self._refused:
            raise SendError(f"Kafka refused {len(self._refused)} records, the first: {self._refused[0]}")

    def _produce(
        self, topic: str, partition: int, value: bytes, headers: Headers = (), reported: Reported | None = None
    ) -> None:
        told = reported or self._reported
        while True:
            try:
                self._producer.produce(topic, value, partition=partition, headers=list(headers), on_delivery=told)
                return
            except BufferError:  # librdkafka's buffer is full: wait for deliveries
                self._producer.poll(0.1)
            except KafkaException as error:
                raise SendError(f"{topic}/{partition} was not written: {error.args[0].str()}") from error

    def _reported(self, error: KafkaError | None, message: Message) -> None:
        topic, partition, offset = message.topic() or "", message.partition(), message.offset()
        if error is not None:
            self._refused.append(f"{topic}/{partition}: {error.str()}")
        elif partition is not None and offset is not None:
            self._offsets[topic, partition] = offset


def _options(settings: KafkaSettings) -> dict[str, str | int | float | bool]:
    return {
        **settings.librdkafka(),
        "client.id": "waypost-cli",
        "enable.idempotence": True,
        "compression.type": "lz4",
        "linger.ms": 5,
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "log_level": 0,
    }


def _partition_counts(producer: Producer, settings: KafkaSettings) -> dict[str, int]:
    """The partition count of each public topic, as the brokers tell it."""
    try:
        known = producer.list_topics(timeout=10).topics
    except KafkaException as error:
        raise SendError(
            f"no Kafka at {settings.bootstrap} ({error.args[0].str()}); `waypost up` starts one, "
            "KAFKA_BROKERS names another"
        ) from error
    missing = [topic.name for topic in PUBLIC if topic.name not in known or known[topic.name].error is not None]
    if missing:
        raise SendError(f"Kafka has no topic {', '.join(missing)}; run `waypost topics create`")
    return {topic.name: len(known[topic.name].partitions) for topic in PUBLIC}
