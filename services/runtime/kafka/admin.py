"""Creating and checking topics from their declarations. Run by an admin command, never by a worker."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from schemas.topics import Topic
from services.runtime.settings import KafkaSettings

VISIBLE_SECONDS = 30.0
"""How long a topic that was just created may take to show up."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something about a topic that is not as declared; `found` is None for a topic that does not exist."""

    topic: str
    what: str
    declared: str
    found: str | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.topic}: does not exist; create it with: waypost topics create"
        return f"{self.topic}: {self.what} is {self.found}, declared {self.declared}; {self.remedy}"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        if self.what == "partitions":
            return "a partition count is fixed for life: set WAYPOST_PARTITIONS to it, or begin with new topics"
        return f"set it with: kafka-configs.sh --alter --topic {self.topic} --add-config {self.what}={self.declared}"


class TopicAdmin:
    """An admin connection; as a context manager it is closed at the end."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._client = KafkaAdminClient(**settings.kafka_python(), client_id="waypost-topics")

    def create(self, topics: Iterable[Topic], shared: int, replication: int) -> tuple[str, ...]:
        """Create what is missing and return the names of what this call created.

        Safe to repeat and to run twice at once: a topic that exists is left as it is (see `check`).
        """
        wanted = {topic.name: topic for topic in topics}
        created = tuple(name for name in sorted(wanted) if self._create(wanted[name], shared, replication))
        self._wait_until_visible(wanted)
        return created

    def check(self, topics: Iterable[Topic], shared: int) -> tuple[Difference, ...]:
        """All that is not as declared, by topic; empty when everything is."""
        wanted = {topic.name: topic for topic in topics}
        counts, settings = self._partition_counts(wanted), self._settings(wanted)
        found = (differences(wanted[n], shared, counts.get(n), settings.get(n, {})) for n in sorted(wanted))
        return tuple(difference for each in found for difference in each)

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _create(self, topic: Topic, shared: int, replication: int) -> bool:
        spec = {
            "num_partitions": topic.partitions(shared),
            "replication_factor": replication,
            "configs": topic.settings(),
        }
        try:
            self._client.create_topics({topic.name: spec})
        except TopicAlreadyExistsError:
            return False
        return True

    def _wait_until_visible(self, wanted: Iterable[str]) -> None:
        deadline = monotonic() + VISIBLE_SECONDS
        while missing := sorted(set(wanted) - self._partition_counts(wanted).keys()):
            if monotonic() > deadline:
                raise TimeoutError(f"created topics are not visible after {VISIBLE_SECONDS:.0f} s: {missing}")
            sleep(0.1)

    def _partition_counts(self, names: Iterable[str]) -> dict[str, int]:
        described: list[dict[str, Any]] = self._client.describe_topics(list(names))
        return {topic["name"]: len(topic["partitions"]) for topic in described if not topic["error_code"]}

    def _settings(self, names: Iterable[str]) -> dict[str, dict[str, str]]:
        existing = self._partition_counts(names)
        if not existing:
            return {}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in existing]
        described = self._client.describe_configs(resources, config_filter="all")["topic"]
        return {name: {key: entry["value"] for key, entry in all_.items()} for name, all_ in described.items()}


def differences(topic: Topic, shared: int, partitions: int | None, settings: Mapping[str, str]) -> Iterator[Difference]:
    """What is not as declared, given what the broker says of a topic; `partitions` None: there is no such topic."""
    if partitions is None:
        yield Difference(topic.name, "topic", "a topic", None)
        return
    if partitions != topic.partitions(shared):
        yield Difference(topic.name, "partitions", str(topic.partitions(shared)), str(partitions))
    for name, declared in sorted(topic.settings().items()):
        if settings.get(name) != declared:
            yield Difference(topic.name, name, declared, settings.get(name, "not set"))
