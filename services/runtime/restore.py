"""Reading a changelog partition back into a store, in batches, in a thread: what the store does not have yet."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic, sleep, time
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from services.runtime.cells import DISPUTED, CellStore, DivergedError, Mark, Replay
from services.runtime.settings import KafkaSettings

log = logging.getLogger("waypost.restore")

FETCH = 500
"""Records asked for at once: their making holds up every other thread."""

KEPT = timedelta(hours=12)
"""How far a store may be behind. Of what was removed later the changelog still says so: brokers forget removals
`delete.retention.ms` after compaction, a day by default."""

LIBRDKAFKA = "waypost.librdkafka"

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


Cancelled = Callable[[], bool]

T = TypeVar("T")


class RestoreFailed(Exception):  # noqa: N818
    """A changelog could not be read to its end."""


@dataclass(slots=True)
class Progress:
    """How far a restore has come, in offsets; written by the restoring thread, read by probes."""

    topic: str
    partition: int
    start: int = 0
    position: int = 0
    end: int = 0
    records: int = 0
    stale: int = 0
    done: bool = False

    def describe(self) -> dict[str, object]:
        """For `/readyz`."""
        return {
            "changelog": f"{self.topic}/{self.partition}",
            "start": self.start,
            "position": self.position,
            "end": self.end,
            "records": self.records,
            "done": self.done,
        }


class ChangelogReader:
    """Reads changelog partitions from where a store has come to, to the end they had when the reading began."""

    def __init__(self, settings: KafkaSettings, client_id: str, timeout: float = SILENCE) -> None:
        self._settings = settings
        self._client_id = client_id
        self._timeout = timeout

    def restore(self, progress: Progress, store: CellStore, cancelled: threading.Event) -> Mark:
        """Fill a store with what it lacks and return its new mark; blocking, to be called in a thread.

        A store that does not belong to this changelog is emptied first, with a line in the log. Returns early when
        cancelled. Raises RestoreFailed naming the partition when Kafka does not answer.
        """
        consumer = Consumer(restore_options(self._settings, self._client_id), logger=logging.getLogger(LIBRDKAFKA))
        try:
            return self._restore(consumer, progress, store, cancelled.is_set)
        except KafkaException as error:
            raise RestoreFailed(f"{progress.topic}/{progress.partition}: {error}") from error
        finally:
            consumer.close()

    def _restore(self, consumer: Consumer, progress: Progress, store: CellStore, cancelled: Cancelled) -> Mark:
        source = TopicPartition(progress.topic, progress.partition)
        begin, progress.end = self._patiently(lambda: consumer.get_watermark_offsets(source, timeout=self._timeout))
        changelog = self._patiently(lambda: self._identity(progress.topic))
        nothing, mark = Mark(changelog, begin, -1), store.mark
        if mark and (why := unfit(mark, changelog, begin, progress.end, time() * 1000)):
            self._empty(progress, store, why)
            mark = nothing
        try:
            return self._read(consumer, progress, store, mark or nothing, cancelled)
        except DivergedError as error:
            self._empty(progress, store, str(error))
            return self._read(consumer, progress, store, nothing, cancelled)

    def _empty(self, progress: Progress, store: CellStore, why: str) -> None:
        where = {"changelog": f"{progress.topic}/{progress.partition}", "why": why}
        log.warning("cells on disk not usable, restoring all from the changelog", extra={"where": where})
        store.clear()

    def _read(self, consumer: Consumer, progress: Progress, store: CellStore, mark: Mark, cancelled: Cancelled) -> Mark:
        progress.start = progress.position = mark.offset
        consumer.assign([TopicPartition(progress.topic, progress.partition, mark.offset)])
        replay, heard = Replay(store, mark), monotonic()
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
        return replay.mark

    def _identity(self, topic: str) -> str:
        """The id that the brokers gave the topic when it was made."""
        admin = AdminClient(self._settings.librdkafka(), logger=logging.getLogger(LIBRDKAFKA))
        [described] = admin.describe_topics(TopicCollection([topic]), request_timeout=self._timeout).values()
        return str(described.result(self._timeout).topic_id)

    def _patiently(self, ask: Callable[[], T]) -> T:
        """What the brokers answer; a partition may be between leaders."""
        deadline = monotonic() + self._timeout
        while True:
            try:
                return ask()
            except KafkaException as error:
                if not _passing(error.args[0]) or monotonic() > deadline:
                    raise
                sleep(RETRY)

    def _take(self, consumer: Consumer, progress: Progress, replay: Replay) -> None:
        position, at_ms = progress.position, replay.mark.at_ms
        for message in consumer.consume(FETCH, timeout=0.5):
            if error := message.error():
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 (librdkafka's own name for it)
                    # offsets that compaction emptied have no record: only the end tells that they are passed
                    position = max(position, message.offset() or 0)
                elif not _passing(error):
                    raise KafkaException(error)
            else:
                replay.take(message.key(), message.value(), message.headers())
                position, at_ms = (message.offset() or 0) + 1, message.timestamp()[1]
        if position > progress.position:
            replay.flush(position, at_ms)
        progress.position, progress.records, progress.stale = position, replay.records, replay.stale


def unfit(mark: Mark, changelog: str, begin: int, end: int, now_ms: float) -> str | None:
    """Why a store that has come to `mark` cannot go on from there, if so; the changelog goes from `begin` to `end`."""
    if mark == DISPUTED:
        return "another owner wrote to the changelog at the same time"
    if mark.changelog != changelog:
        return f"they are of another changelog of this name: {mark.changelog}, not {changelog}"
    if mark.offset > end:
        return f"they are at offset {mark.offset}, but the changelog ends at {end}"
    if mark.offset < begin:
        return f"they are at offset {mark.offset}, but the changelog begins at {begin}"
    behind = timedelta(milliseconds=now_ms - mark.at_ms)
    if mark.offset < end and behind > KEPT:
        return f"they are {behind} behind, and what was removed since may be forgotten"
    return None


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
        "queued.max.messages.kbytes": 8 * 1024,
        "fetch.message.max.bytes": 2 * 1024 * 1024,
        "check.crcs": True,
    }


class Hold:
    """A partition's store while it may be taken away: one thread opens and restores it, another may give it up.

    Whoever comes second finds out, so that a store never stays open behind the back of the partition's next owner.
    """

    def __init__(self) -> None:
        self.given_up = threading.Event()
        self._lock = threading.Lock()
        self._store: CellStore | None = None

    def keep(self, store: CellStore) -> None:
        """Have this store from now on; it is closed at once if it was given up already."""
        with self._lock:
            self._store = store
            if self.given_up.is_set():
                store.close()

    def give_up(self) -> None:
        """Close the store, or see to it that it is closed."""
        with self._lock:
            self.given_up.set()
            if self._store is not None:
                self._store.close()
