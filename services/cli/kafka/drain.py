"""Knows when all that was sent has gone through the services: by what their consumer groups have committed.

Each service commits a record only when all that came of it is durable, so the ends of the topics behind it, taken then,
hold everything; the next service in line has to reach those.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from schemas.topics import INTERNAL, JOURNEY_EVENTS, PUBLIC, Topic
from services.runtime.settings import KafkaSettings

Place = tuple[str, int]
Offsets = Mapping[Place, int]

HOPS = 8
"""How often journey's letters and clocks may be passed on between its partitions; one event never makes so many."""


class DrainError(Exception):
    """Kafka did not say how far the services are: says what to look at."""


class Groups(Protocol):
    """Where topics end, and how far a group has come."""

    def ends(self, topics: Sequence[str]) -> Offsets:
        """The offset behind the last record of each partition."""

    def committed(self, group: str, places: Iterable[Place]) -> Offsets:
        """The offset that a group goes on from; a place it never committed is 0."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One service that everything has to pass, and the topics it reads."""

    service: str
    topics: tuple[Topic, ...]

    @property
    def group(self) -> str:
        """Its consumer group."""
        return f"waypost-{self.service}"


_LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]

LINE: Sequence[Leg] = (
    Leg("ingest", PUBLIC),
    *(HOPS * [Leg("journey", (JOURNEY_EVENTS,))]),
    Leg("warehouse", tuple(topic for topic in INTERNAL if topic.name != "alerts.changes.v1")),
)
"""The way of an event into ClickHouse; notifications are no part of it."""


def passing(groups: Groups, line: Sequence[Leg] = LINE) -> Iterator[str]:
    """Each look yields what is still awaited; it ends when everything sent before the first look has passed.

    Raises `DrainError`. Who looks decides how long to rest in between.
    """
    for leg in line:
        ends = groups.ends([topic.name for topic in leg.topics])
        targets = {place: end for place, end in ends.items() if end}
        while behind := _behind(groups, leg, targets):
            yield f"{leg.service} has {behind:,} records to go"


def _behind(groups: Groups, leg: Leg, targets: Offsets) -> int:
    committed = groups.committed(leg.group, targets)
    return sum(max(0, end - committed.get(place, 0)) for place, end in targets.items())


class KafkaGroups:
    """`Groups` as the brokers know them."""

    def __init__(self, settings: KafkaSettings, timeout: float = 10.0) -> None:
        """Keep the address; the first question connects."""
        self._admin = AdminClient({**settings.librdkafka(), "log_level": 0})
        self._timeout = timeout

    def ends(self, topics: Sequence[str]) -> Offsets:
        """The offset behind the last record of each partition. Raises `DrainError`."""
        return self._ask(lambda: self._ends(topics))

    def committed(self, group: str, places: Iterable[Place]) -> Offsets:
        """The offset that a group goes on from; a place it never committed is 0. Raises `DrainError`."""
        wanted = [TopicPartition(*place) for place in places]
        return self._ask(lambda: self._committed(group, wanted)) if wanted else {}

    def _ends(self, topics: Sequence[str]) -> Offsets:
        known = self._admin.list_topics(timeout=self._timeout).topics
        latest = {
            TopicPartition(topic, partition): _LATEST
            for topic in topics
            if topic in known
            for partition in known[topic].partitions
        }
        asked = self._admin.list_offsets(latest, request_timeout=self._timeout)
        return {(place.topic, place.partition): int(future.result().offset) for place, future in asked.items()}

    def _committed(self, group: str, places: list[TopicPartition]) -> Offsets:
        request = [ConsumerGroupTopicPartitions(group, places)]
        answer = self._admin.list_consumer_group_offsets(request, request_timeout=self._timeout)[group].result()
        return {(place.topic, place.partition): max(0, place.offset) for place in answer.topic_partitions}

    def _ask(self, question: Callable[[], Offsets]) -> Offsets:
        try:
            return question()
        except KafkaException as error:
            raise DrainError(f"Kafka does not say how far the services are: {error.args[0].str()}") from error
