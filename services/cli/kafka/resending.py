"""Sends records again as they once were: the same bytes, the same headers."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.topics import MAX_MESSAGE_BYTES
from services.cli.kafka.sender import CONFIRM_SECONDS, Reported, SendError
from services.runtime.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """What was refused; headers are those that made it an event in binary mode."""

    topic: str
    partition: int
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


def resend(records: Sequence[RefusedRecord], settings: KafkaSettings) -> None:
    """Return once all are confirmed. Raises `SendError`; then any part of them may have been written."""
    refused: list[str] = []

    def reported(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            refused.append(f"{message.topic()}/{message.partition()}: {error.str()}")

    producer = Producer(_options(settings))
    for record in records:
        try:
            _produce(producer, record, reported)
        except KafkaException as error:
            raise SendError(f"{record.topic}/{record.partition} was not written: {error.args[0].str()}") from error
    if unconfirmed := producer.flush(CONFIRM_SECONDS):
        raise SendError(f"Kafka confirmed nothing for {CONFIRM_SECONDS:.0f} s ({unconfirmed} records wait)")
    if refused:
        raise SendError(f"Kafka refused {len(refused)} records, the first: {refused[0]}")


def _produce(producer: Producer, record: RefusedRecord, reported: Reported) -> None:
    headers: list[tuple[str, str | bytes | None]] = [*record.headers]
    while True:
        try:
            producer.produce(
                record.topic, record.value, partition=record.partition, headers=headers, on_delivery=reported
            )
            return
        except BufferError:  # librdkafka's buffer is full: wait for deliveries
            producer.poll(0.1)


def _options(settings: KafkaSettings) -> dict[str, str | int | float | bool]:
    return {
        **settings.librdkafka(),
        "client.id": "waypost-cli",
        "enable.idempotence": True,
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "log_level": 0,
    }
