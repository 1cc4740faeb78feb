"""How much was done twice: what services wrote again, byte for byte, after their last acknowledgement was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import msgspec
from confluent_kafka import Consumer, Message, TopicPartition

from schemas.topics import ALERTS_CHANGES, JOURNEY_CHANGES, JOURNEY_EVENTS, PAIN_POINTS_CHANGES, Topic
from schemas.wire import Kind, kind, read_events
from services.cli.kafka.drain import KafkaGroups
from services.runtime.settings import KafkaSettings

NAMED = (Kind.EVENTS, Kind.REJECTED, Kind.ROWS, Kind.PAIN_POINTS, Kind.ALERTS)
"""Kinds whose items are never equal unless they are the same one."""
READ_S = 60.0


def repeats(settings: KafkaSettings) -> dict[str, int]:
    """By topic, how many items stand in it that stood in it before."""
    topics = (JOURNEY_EVENTS, JOURNEY_CHANGES, PAIN_POINTS_CHANGES, ALERTS_CHANGES)
    return {topic.name: _repeated(settings, topic) for topic in topics}


def _repeated(settings: KafkaSettings, topic: Topic) -> int:
    seen = Counter(hash(item) for message in messages(settings, topic) for item in _items(message))
    return seen.total() - len(seen)


def _items(message: Message) -> Sequence[Hashable]:
    headers = [(str(name), bytes(value)) for name, value in list(message.headers() or ()) if isinstance(value, bytes)]
    what, value = kind(headers), message.value() or b""
    if what == Kind.EVENTS:
        return read_events(value)
    return [bytes(item) for item in _read(value)] if what in set(NAMED) else []


_read = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


def messages(settings: KafkaSettings, topic: Topic) -> Iterator[Message]:
    """All that is in a topic now."""
    ends = {place: end for place, end in KafkaGroups(settings).ends([topic.name]).items() if end}
    reader = Consumer({**settings.librdkafka(), "group.id": "chaos", "enable.auto.commit": False, "log_level": 0})
    reader.assign([TopicPartition(*place, 0) for place in ends])
    try:
        while any(at.offset < ends[at.topic, at.partition] for at in reader.position(reader.assignment())):
            message = reader.poll(READ_S)
            assert message is not None, f"{topic.name} gave nothing for {READ_S:g} s"
            yield message
    finally:
        reader.close()
