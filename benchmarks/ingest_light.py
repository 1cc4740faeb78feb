"""Ingest under light load: how long a single event is on its way through the service."""

import subprocess
import sys
import time
from statistics import quantiles
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.ingest_worker import PARTITIONS, TOPIC
from schemas.topics import JOURNEY_EVENTS
from schemas.wire import Kind, kind, read_events

LIGHT, LIGHT_SECONDS = 200, 10


def light(bootstrap: str, environment: dict[str, str], events: list[bytes]) -> None:
    """How long a single event is on its way through the service as it is run, when there is little to do."""
    command = [sys.executable, "-m", "services.ingest"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment, **quiet) as service:  # type: ignore[call-overload]
        try:
            with_consumer(bootstrap, events)
        finally:
            service.terminate()


def with_consumer(bootstrap: str, events: list[bytes]) -> None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "light", "enable.auto.commit": False})
    consumer.assign([TopicPartition(JOURNEY_EVENTS.name, number, 0) for number in range(PARTITIONS)])
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})
    passed: list[int] = []
    while not passed:  # until the first comes through, the service starts
        produce(producer, events[:1], 1)
        passed = received(consumer, 0.5)
    began, sent, delays = time.monotonic(), 0, list[int]()
    while sent < LIGHT * LIGHT_SECONDS:
        due = int((time.monotonic() - began) * LIGHT) - sent
        produce(producer, events[sent : sent + due], sent)
        sent += due
        delays += received(consumer, 1 / LIGHT)
    delays += received(consumer, 2)
    consumer.close()
    cuts = quantiles(delays[5:], n=100)
    print(
        f"light load, {LIGHT} single events/s, {len(delays):,} events: p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms, "
        f"most {max(delays[5:])} ms from the broker's receipt to its receipt of what ingest made"
    )


def produce(producer: Producer, events: list[bytes], first: int) -> None:
    for number, event in enumerate(events, first):
        producer.produce(TOPIC, event, partition=number % PARTITIONS)
    producer.poll(0)


def received(consumer: Consumer, seconds: float) -> list[int]:
    """Milliseconds from receipt to receipt of all events that come within so many seconds."""
    found = []
    for message in consumer.consume(1_000, seconds):
        headers: Any = message.headers() or ()
        if kind(headers) == Kind.EVENTS:
            written = message.timestamp()[1]
            found += [written - item.position.received_ms for item in read_events(message.value() or b"")]
    return found
