"""Refused records come back from a real broker as they were."""

from __future__ import annotations

from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.local.kafka.process import KafkaProcess
from services.cli.kafka.resending import RefusedRecord, resend
from services.cli.kafka.sender import SendError
from services.runtime.settings import KafkaSettings


def settings(kafka: KafkaProcess) -> KafkaSettings:
    return KafkaSettings(brokers=(kafka.bootstrap,))


@pytest.fixture
def topic(kafka: KafkaProcess) -> str:
    name = f"resent-{uuid4()}"
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    small = {"max.message.bytes": "1000"}
    admin.create_topics([NewTopic(name, 1, config=small)])[name].result(20)
    return name


def read(kafka: KafkaProcess, topic: str, count: int) -> list[tuple[bytes | None, list[tuple[str, bytes]]]]:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": topic})
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages = consumer.consume(count, timeout=20)
    consumer.close()
    return [(message.value(), message.headers() or []) for message in messages]


def test_bytes_and_headers_arrive_as_they_were_sent_first(kafka: KafkaProcess, topic: str) -> None:
    headers = (("ce_id", b"1"), ("ce_source", "straße".encode()), ("content-type", b"application/json"))
    resend([RefusedRecord(topic, 0, b"\xff{"), RefusedRecord(topic, 0, b"{}", headers)], settings(kafka))
    assert read(kafka, topic, 2) == [(b"\xff{", []), (b"{}", list(headers))]


def test_a_broker_that_refuses_is_reported(kafka: KafkaProcess, topic: str) -> None:
    with pytest.raises(SendError, match=f"refused 1 records, the first: {topic}/0: .*too large"):
        resend([RefusedRecord(topic, 0, b"x" * 2000)], settings(kafka))
