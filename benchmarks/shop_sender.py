"""Sends the steps of a made shop (`shop_stream.py`), at a pace or at once; as a process of its own it costs little.

Run: python benchmarks/shop_sender.py FILE RATE. A rate of 0 sends as fast as Kafka takes it. When all is confirmed, or
after SIGINT at the end of the step under way, it prints what it did, as JSON.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from benchmarks.shop_stream import Step, read
from schemas.topics import MAX_MESSAGE_BYTES, PUBLIC
from schemas.wire import TICK_HEADER
from services.runtime.settings import KafkaSettings

CONFIRM_S = 120.0
OPTIONS = {
    "enable.idempotence": True,
    "compression.type": "lz4",
    "linger.ms": 5,
    "message.max.bytes": MAX_MESSAGE_BYTES,
    "queue.buffering.max.messages": 1_000_000,
    "queue.buffering.max.kbytes": 512 * 1024,
    "log_level": 3,
}
BURST_S = 0.25
"""Whoever is less ahead of time does not rest: what a shop's collector sends together."""


class Sent(msgspec.Struct, frozen=True):
    """What was sent."""

    events: int
    seconds: float
    cpu: float
    """Seconds of it that the sender's process used."""
    behind: float
    """How far it was behind its pace, seconds, at most."""
    tick_ms: int
    partitions: int
    ends: list[tuple[str, int, int]]
    """Topic, partition and offset of the last record of each."""


class Outbox:
    """Where steps are put; the last offsets are known once all is confirmed."""

    def __init__(self) -> None:
        self._producer = Producer({**KafkaSettings().librdkafka(), **OPTIONS})
        known = self._producer.list_topics(timeout=10).topics
        self.partitions = {topic.name: len(known[topic.name].partitions) for topic in PUBLIC}
        self._ends: dict[tuple[str, int], int] = {}
        self._events = self._tick_ms = 0
        self._begun = time.perf_counter()

    def put(self, topic: str, partition: int, value: bytes) -> None:
        """Send a record."""
        self._producer.produce(topic, value, partition=partition, on_delivery=self._confirmed)

    def tick(self, step: Step) -> None:
        """Send a step's tick to all partitions, behind its records."""
        marked: list[tuple[str, str | bytes | None]] = [(TICK_HEADER, b"1")]
        for topic, count in self.partitions.items():
            for partition in range(count):
                self._producer.produce(
                    topic, step.tick, partition=partition, headers=marked, on_delivery=self._confirmed
                )
        self._producer.poll(0)
        self._events, self._tick_ms = self._events + step.events, step.tick_ms

    def confirm(self, behind: float = 0.0) -> Sent:
        """Wait until Kafka has it all."""
        assert self._producer.flush(CONFIRM_S) == 0, f"the broker did not confirm all of it within {CONFIRM_S:.0f} s"
        seconds = time.perf_counter() - self._begun
        ends = [(topic, partition, offset) for (topic, partition), offset in self._ends.items()]
        count = max(self.partitions.values())
        return Sent(self._events, seconds, time.process_time(), behind, self._tick_ms, count, ends)

    def _confirmed(self, error: KafkaError | None, message: Message) -> None:
        assert error is None, error.str()
        self._ends[message.topic() or "", message.partition() or 0] = message.offset() or 0


class Pace:
    """When each event is due: so many events a second since the beginning, whatever the shop's clock says."""

    def __init__(self, rate: float, now: Callable[[], float], rest: Callable[[float], object]) -> None:
        """A rate of 0 has everything due at once."""
        self._rate, self._now, self._rest = rate, now, rest
        self._begun = now()
        self.behind = 0.0

    def wait(self, events: float) -> None:
        """Rest until so many events are due, or note how late that is."""
        if not self._rate:
            return
        ahead = self._begun + events / self._rate - self._now()
        self.behind = max(self.behind, -ahead)
        if ahead > BURST_S:
            self._rest(ahead)


def play(steps: Iterable[Step], outbox: Outbox, pace: Pace, stopped: Callable[[], bool] = lambda: False) -> Sent:
    """Send all steps, each event when it is due or a little earlier."""
    count = 0
    for step in _until(steps, stopped):
        for number, record in enumerate(step.records):
            pace.wait(count + step.events * number / len(step.records))
            outbox.put(*record)
        outbox.tick(step)
        count += step.events
    return outbox.confirm(pace.behind)


def _until(steps: Iterable[Step], stopped: Callable[[], bool]) -> Iterator[Step]:
    for step in steps:
        yield step
        if stopped():
            return


def main() -> None:
    stop = Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    pace = Pace(float(sys.argv[2]), time.perf_counter, stop.wait)
    print(msgspec.json.encode(play(read(Path(sys.argv[1])), Outbox(), pace, stop.is_set)).decode())


if __name__ == "__main__":
    main()
