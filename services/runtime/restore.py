"""Reading a changelog partition back into a store, in batches, in a thread."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from services.runtime.cells import CellStore, Replay
from services.runtime.settings import KafkaSettings

log = logging.getLogger("waypost.librdkafka")

FETCH = 10_000
"""Records asked for at once."""

SILENCE = 60.0
"""Seconds without a record or an end before a restore gives up."""


RETRY = 0.2
"""Seconds between attempts to learn a partition's bounds."""

PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError._TRANSPORT,  # noqa: SLF001 (librdkafka's own name for it)
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
}


class RestoreFailed(Exception):  # noqa: N818
    """A changelog could not be read to its end."""


@dataclass(slots=True)
class Progress:
    """How far a restore has come, in offsets; written by the restoring thread, read by probes."""

    topic: str
    partition: int
    position: int = 0
    end: int = 0
    records: int = 0
    stale: int = 0
    done: bool = False

    def describe(self) -> dict[str, object]:
        """For `/readyz`."""
        return {
            "changelog": f"{self.topic}/{self.partition}",
            "position": self.position,
            "end": self.end,
            "records": self.records,
            "done": self.done,
        }


class ChangelogReader:
    """Reads changelog partitions from their start to the end they had when the reading began."""

    def __init__(self, settings: KafkaSettings, client_id: str, timeout: float = SILENCE) -> None:
        self._settings = settings
        self._client_id = client_id
        self._timeout = timeout

    def restore(self, progress: Progress, store: CellStore, cancelled: threading.Event) -> int:
        """Fill an empty store and return the highest epoch seen, or -1; blocking, to be called in a thread.

        Returns early when cancelled. Raises RestoreFailed naming the partition when Kafka does not answer.
        """
        consumer = Consumer(restore_options(self._settings, self._client_id), logger=log)
        try:
            return self._read(consumer, progress, store, cancelled.is_set)
        except KafkaException as error:
            raise RestoreFailed(f"{progress.topic}/{progress.partition}: {error}") from error
        finally:
            consumer.close()

    def _read(self, consumer: Consumer, progress: Progress, store: CellStore, cancelled: Callable[[], bool]) -> int:
        source = TopicPartition(progress.topic, progress.partition, OFFSET_BEGINNING)
        progress.position, progress.end = self._bounds(consumer, source)
        consumer.assign([source])
        replay, heard = Replay(store), monotonic()
        while progress.position < progress.end and not cancelled():
            before = progress.position
            self._take(consumer, progress, replay)
            if progress.position > before:
                heard = monotonic()
            elif monotonic() - heard > self._timeout:
                raise RestoreFailed(
                    f"{progress.topic}/{progress.partition}: no record for {self._timeout:.0f} s at offset "
                    f"{progress.position} of {progress.end}"
                )
        progress.done = progress.position >= progress.end
        return replay.epoch

    def _bounds(self, consumer: Consumer, source: TopicPartition) -> tuple[int, int]:
        """The first offset of the partition and the one behind its last; a partition may be between leaders."""
        deadline = monotonic() + self._timeout
        while True:
            try:
                return consumer.get_watermark_offsets(source, timeout=self._timeout)
            except KafkaException as error:
                if not _passing(error.args[0]) or monotonic() > deadline:
                    raise
                sleep(RETRY)

    def _take(self, consumer: Consumer, progress: Progress, replay: Replay) -> None:
        position = progress.position
        for message in consumer.consume(FETCH, timeout=0.5):
            if error := message.error():
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 (librdkafka's own name for it)
                    # offsets that compaction emptied have no record: only the end tells that they are passed
                    position = max(position, message.offset() or 0)
                elif not _passing(error):
                    raise KafkaException(error)
            else:
                replay.take(message.key(), message.value(), message.headers())
                position = (message.offset() or 0) + 1
        replay.flush()
        progress.position, progress.records, progress.stale = position, replay.records, replay.stale


def _passing(error: KafkaError) -> bool:
    """Whether an error may be gone by the next attempt."""
    return error.retriable() or error.code() in PASSING


def restore_options(settings: KafkaSettings, client_id: str) -> dict[str, str | int | float | bool]:
    """librdkafka's options for reading a changelog: big fetches, no group, no commits."""
    return {
        **settings.librdkafka(),
        "client.id": f"{client_id}-restore",
        "group.id": f"{client_id}-restore",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 50,
        "fetch.queue.backoff.ms": 20,
        "queued.max.messages.kbytes": 32 * 1024,
        "fetch.message.max.bytes": 8 * 1024 * 1024,
        "check.crcs": True,
    }
