"""The confirming producer around a client that confirms, refuses, is full, or says nothing."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, Full, Queue
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException
from prometheus_client import CollectorRegistry

from services.runtime.kafka.producer import KafkaProducer, ProducerFailed
from services.runtime.metrics import RuntimeMetrics
from services.runtime.records import Output
from services.runtime.settings import KafkaSettings

OUTPUTS = [Output("a", n % 2, b"%d" % n) for n in range(20)]


@dataclass(frozen=True)
class Sent:
    """A record in the client's buffer, which is also what its report names."""

    output: Output
    report: Callable[[KafkaError | None, "Sent"], None]
    number: int = 0

    def offset(self) -> int:
        return self.number

    def topic(self) -> str:
        return self.output.topic

    def partition(self) -> int:
        return self.output.partition


@dataclass
class FakeClient:
    """librdkafka with room for so many records; `refused` and `impossible` are values that it will not take.

    A `silent` one confirms nothing until `answering` is set.
    """

    room: int = 1000
    refused: bytes = b"-"
    impossible: bytes = b"-"
    confirmed: list[bytes | None] = field(default_factory=list)
    silent: bool = False
    answering: threading.Event = field(default_factory=threading.Event)
    turned_away: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._buffer: Queue[Sent] = Queue(self.room)
        self._numbers = count()
        if not self.silent:
            self.answering.set()

    def produce(
        self, topic: str, value: bytes, _key: object, partition: int, on_delivery: Any, **_more: object
    ) -> None:
        if value == self.impossible:
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        try:
            self._buffer.put_nowait(Sent(Output(topic, partition, value), on_delivery, next(self._numbers)))
        except Full:
            self.turned_away.set()
            raise BufferError from None

    def poll(self, _timeout: float) -> None:
        if not self.answering.wait(0.01):
            return
        try:
            sent = self._buffer.get(timeout=0.01)
        except Empty:
            return
        if sent.output.value == self.refused:
            sent.report(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED), sent)
        else:
            self.confirmed.append(sent.output.value)
            sent.report(None, sent)

    def flush(self, _timeout: float) -> int:
        return self._buffer.qsize()


class Stage:
    """A producer around a fake client."""

    def __init__(self, client: FakeClient) -> None:
        self.client = client
        self.registry = CollectorRegistry()
        metrics = RuntimeMetrics("test", self.registry)
        self.producer = KafkaProducer(KafkaSettings(), "test", metrics, connect=lambda *_, **__: cast(Any, client))

    def deliver(self, outputs: Sequence[Output] = OUTPUTS, within: float = 5.0) -> int:
        return asyncio.run(self.producer.deliver(outputs, within))

    def counted(self, name: str, topic: str) -> float | None:
        return self.registry.get_sample_value(f"waypost_test_{name}_total", {"topic": topic})


@contextmanager
def stage(client: FakeClient | None = None) -> Iterator[Stage]:
    made = Stage(client or FakeClient())
    try:
        yield made
    finally:
        made.producer.close(0)


def test_it_returns_when_every_record_is_confirmed_and_counts_them_by_topic() -> None:
    with stage() as made:
        assert made.deliver([*OUTPUTS, Output("b", 0, b"last")]) == 20, "the offset of the last record"
        assert made.client.confirmed == [*(o.value for o in OUTPUTS), b"last"]
        assert (made.counted("outputs", "a"), made.counted("outputs", "b")) == (20, 1)


def test_a_full_buffer_is_waited_for_and_keeps_the_order() -> None:
    with stage(FakeClient(room=3)) as made:
        made.deliver()
        assert made.client.turned_away.is_set()
        assert made.client.confirmed == [o.value for o in OUTPUTS]
        assert not made.counted("produce_errors", "a")


def test_the_event_loop_runs_while_the_buffer_is_full() -> None:
    async def scene(made: Stage) -> None:
        sending = asyncio.create_task(made.producer.deliver(OUTPUTS, 5.0))
        assert await asyncio.to_thread(made.client.turned_away.wait, 5)
        made.client.answering.set()
        await sending

    with stage(FakeClient(room=3, silent=True)) as made:
        play(scene(made))
        assert made.client.confirmed == [o.value for o in OUTPUTS]


def test_a_buffer_that_stays_full_is_an_error_at_the_deadline() -> None:
    with stage(FakeClient(room=3, silent=True)) as made:
        with pytest.raises(ProducerFailed, match=r"did not confirm 20 records to a within"):
            made.deliver(within=0.1)
        assert made.counted("produce_errors", "a") == 1


def test_records_that_nobody_confirms_are_an_error_at_the_deadline_that_names_the_topics() -> None:
    with stage(FakeClient(silent=True)) as made:
        with pytest.raises(ProducerFailed, match=r"did not confirm 2 records to a, b within 0 s; check that"):
            made.deliver([Output("b", 0, b"1"), Output("a", 0, b"2")], within=0.1)
        assert not made.counted("outputs", "a")


def test_a_refused_record_is_an_error_that_names_its_topic_and_partition() -> None:
    with stage(FakeClient(refused=b"7")) as made:
        with pytest.raises(ProducerFailed, match=r"Kafka refused a record: a/1: .*uthorization"):
            made.deliver()
        assert made.counted("produce_errors", "a") == 1
        assert not made.counted("outputs", "a")


def test_a_record_that_cannot_even_be_sent_is_an_error_that_names_its_topic_and_partition() -> None:
    with stage(FakeClient(impossible=b"7")) as made:
        with pytest.raises(ProducerFailed, match=r"^a/1: .*MSG_SIZE_TOO_LARGE"):
            made.deliver()
        assert made.counted("produce_errors", "a") == 1


def test_nothing_to_deliver_is_delivered_at_once() -> None:
    with stage(FakeClient(silent=True)) as made:
        assert made.deliver([]) == -1


def test_closing_says_how_much_is_left_behind() -> None:
    made = Stage(FakeClient(silent=True))
    with pytest.raises(ProducerFailed):
        made.deliver(within=0.05)
    assert made.producer.close(0) == len(OUTPUTS)


def play(scene: Awaitable[None]) -> None:
    async def within() -> None:
        async with asyncio.timeout(10):
            await scene

    asyncio.run(within())
