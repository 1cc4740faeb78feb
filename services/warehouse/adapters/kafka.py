"""Reads internal topics as one member of a consumer group; offsets are committed by whoever stored what was read."""

import logging
from collections.abc import Iterable, Mapping
from time import monotonic, sleep
from typing import Any, Protocol

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError, KafkaError, RebalanceInProgressError
from kafka.structs import OffsetAndMetadata

from schemas.wire import kind
from services.runtime.settings import ServiceSettings
from services.warehouse.domain.batch import Message
from services.warehouse.domain.routes import TOPICS
from services.warehouse.metrics import WarehouseMetrics

GROUP = "waypost-warehouse"
MESSAGES_AT_ONCE = 100
"""A message holds up to 500 items."""
COMMIT_MS = 5000
METADATA_MS = 10_000
"""How soon a group notices partitions that were added, or unknown just after a broker's start."""
TOPICS_SECONDS = 60.0
"""How long a starting service waits for its topics."""
ASK_MS = 3000
"""How long a broker may take to say what only metrics need."""
FETCH_BYTES = 4 * 1024 * 1024
"""Of one partition at once: two of the greatest messages."""

Source = tuple[str, int]
log = logging.getLogger("waypost.warehouse.kafka")


class MissingTopicsError(RuntimeError):
    """Topics do not exist."""


class Messages(Protocol):
    """Messages in the order of their partitions."""

    def poll(self, seconds: float) -> list[Message]:
        """The next messages, waiting so long for a first one."""

    def idle(self, seconds: float) -> None:
        """Take part in the group for so long at most without reading on."""

    def commit(self, offsets: Mapping[Source, int]) -> bool:
        """Read on from these offsets after a restart; False when Kafka could not be told: try again."""

    def ends(self) -> dict[Source, int]:
        """The offset behind the last message of each partition that is ours; empty when Kafka does not say."""

    def committed(self, source: Source) -> int | None:
        """The offset from which a partition is read after a restart; None when Kafka does not say."""

    def assigned(self) -> frozenset[Source]:
        """The partitions that are ours."""

    def close(self) -> None:
        """Leave the group."""


class KafkaMessages:
    """`Messages` over kafka-python; raises KafkaError when Kafka stays away for longer than `confirm_seconds`."""

    def __init__(self, settings: ServiceSettings, metrics: WarehouseMetrics) -> None:
        """Connect and subscribe. Raises `MissingTopicsError`."""
        # Without a compiled checksum the client's costs more than all else; TCP and the broker have checked it already.
        options: dict[str, Any] = {
            "check_crcs": False,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "allow_auto_create_topics": False,
            "max_partition_fetch_bytes": FETCH_BYTES,
            "max_poll_records": MESSAGES_AT_ONCE,
            "session_timeout_ms": int(settings.session_seconds * 1000),
            "heartbeat_interval_ms": int(settings.heartbeat_seconds * 1000),
            "metadata_max_age_ms": METADATA_MS,
            "client_id": f"{GROUP}{'-' if settings.worker_id else ''}{settings.worker_id}",
            "group_id": GROUP,
        }
        if settings.worker_id:
            options["group_instance_id"] = f"{GROUP}-{settings.worker_id}"
        self._consumer = KafkaConsumer(**settings.kafka.kafka_python(), **options)
        self._held: list[Message] = []
        self._outage = _Outage(settings.confirm_seconds)
        self._consumer.subscribe(list(TOPICS), listener=_Listener(metrics))
        self._await_topics()

    def poll(self, seconds: float) -> list[Message]:
        """See `Messages`."""
        if paused := self._consumer.paused():
            self._consumer.resume(*paused)
        held, self._held = self._held, []
        return held or self._read(seconds)

    def idle(self, seconds: float) -> None:
        """See `Messages`.

        What arrives nevertheless, from a partition that was just assigned, comes with the next poll.
        """
        self._consumer.pause(*self._consumer.assignment())
        self._held += self._read(seconds)

    def commit(self, offsets: Mapping[Source, int]) -> bool:
        """See `Messages`. A partition that became another member's is left to it: it will store the same rows again."""
        ours = self.assigned()
        commit = {
            TopicPartition(*source): OffsetAndMetadata(offset, "", -1)
            for source, offset in offsets.items()
            if source in ours
        }
        try:
            if commit:
                self._consumer.commit(commit, timeout_ms=COMMIT_MS)
        except (CommitFailedError, RebalanceInProgressError) as error:
            log.warning("offsets not committed, the group is changing", extra={"where": {"error": str(error)}})
        except KafkaError as error:
            self._outage.bear(error)
            return False
        self._outage.over()
        return True

    def ends(self) -> dict[Source, int]:
        """See `Messages`."""
        partitions = list(self._consumer.assignment())
        if not partitions:
            return {}
        try:
            found = self._consumer.end_offsets(partitions, timeout_ms=ASK_MS)
        except KafkaError:
            return {}
        return {(at.topic, at.partition): offset for at, offset in found.items()}

    def committed(self, source: Source) -> int | None:
        """See `Messages`."""
        try:
            return self._consumer.committed(TopicPartition(*source), timeout_ms=ASK_MS) or 0
        except KafkaError:
            return None

    def assigned(self) -> frozenset[Source]:
        """See `Messages`."""
        return frozenset((at.topic, at.partition) for at in self._consumer.assignment())

    def close(self) -> None:
        """See `Messages`."""
        self._consumer.close(autocommit=False, timeout_ms=5000)

    def _await_topics(self) -> None:
        """Know all partitions before joining: a member that leads the group without would assign nothing to anybody."""
        deadline = monotonic() + TOPICS_SECONDS
        while missing := [topic for topic in TOPICS if not self._consumer.partitions_for_topic(topic)]:
            if monotonic() > deadline:
                raise MissingTopicsError(
                    f"topics missing: {', '.join(missing)}; create them with: waypost topics create"
                )
            sleep(0.2)

    def _read(self, seconds: float) -> list[Message]:
        try:
            found = self._consumer.poll(timeout_ms=int(seconds * 1000))
        except KafkaError as error:
            self._outage.bear(error)
            sleep(seconds)
            return []
        if found:
            self._outage.over()
        return [_message(record) for records in found.values() for record in records]


class _Outage:
    """Trouble with Kafka that may pass: borne for so long, then raised, so that the process ends for its supervisor."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None

    def bear(self, error: KafkaError) -> None:
        if not error.retriable:
            raise error
        if self._since is None:
            self._since = monotonic()
            log.warning("waiting for Kafka", extra={"where": {"error": str(error)}})
        if monotonic() - self._since > self._seconds:
            raise error

    def over(self) -> None:
        if self._since is not None:
            log.warning("Kafka answers again")
        self._since = None


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, metrics: WarehouseMetrics) -> None:
        self._metrics = metrics
        self._topics: set[str] = set()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        pass

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        partitions = list(assigned)
        self._metrics.rebalances.inc()
        for topic in TOPICS:
            self._metrics.owned.labels(topic).set(sum(at.topic == topic for at in partitions))


def _message(record: Any) -> Message:
    what = kind(record.headers)
    return Message(record.topic, record.partition, record.offset, record.timestamp, what, record.value or b"")
