"""The confirming producer on a real broker: what its buffer does not hold, and what the broker refuses."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

import pytest
from support.runtime_harness import create_topics, read_all

from deploy.local.kafka.process import KafkaProcess
from services.runtime.kafka.producer import KafkaProducer, ProducerFailed, producer_options
from services.runtime.records import Output
from services.runtime.settings import KafkaSettings


@contextmanager
def producer(kafka: KafkaProcess) -> Iterator[KafkaProducer]:
    made = KafkaProducer(KafkaSettings(brokers=(kafka.bootstrap,)), "test-producer")
    try:
        yield made
    finally:
        made.close()


def deliver(kafka: KafkaProcess, outputs: Sequence[Output]) -> None:
    with producer(kafka) as made:
        asyncio.run(made.deliver(outputs, 60.0))


def test_more_records_than_the_buffer_holds_arrive_whole_and_in_order(kafka: KafkaProcess) -> None:
    create_topics(kafka.bootstrap, ["producer-many"], 2)
    n = 50_000 + int(producer_options(KafkaSettings(), "", 1.0)["queue.buffering.max.messages"])
    deliver(kafka, [Output("producer-many", i % 2, b"%d" % i) for i in range(n)])
    found: dict[int, list[int]] = {0: [], 1: []}
    for message in read_all(kafka.bootstrap, "producer-many"):
        found[message.partition() or 0].append(int(message.value() or b"-1"))
    assert found == {0: list(range(0, n, 2)), 1: list(range(1, n, 2))}


def test_a_record_that_the_topic_does_not_take_is_named_and_what_went_with_it_may_be_there(kafka: KafkaProcess) -> None:
    create_topics(kafka.bootstrap, ["producer-small"], 2, **{"max.message.bytes": "1000"})
    too_large = Output("producer-small", 1, Random(1).randbytes(25_000))
    with pytest.raises(ProducerFailed, match=r"refused a record: producer-small/1: .*too large"):
        deliver(kafka, [Output("producer-small", 0, b"fits"), too_large])
    assert [message.value() for message in read_all(kafka.bootstrap, "producer-small")] == [b"fits"]


def test_a_partition_that_does_not_exist_is_named(kafka: KafkaProcess) -> None:
    create_topics(kafka.bootstrap, ["producer-one"], 1)
    with pytest.raises(ProducerFailed, match=r"producer-one/7: .*nknown partition"):
        deliver(kafka, [Output("producer-one", 7, b"x")])
