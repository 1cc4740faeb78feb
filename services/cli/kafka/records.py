"""How events are put into records: their topic, their partition, and several of them in one JSON array."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from schemas.aliases import partition_of
from schemas.topics import LOGISTICS_EVENTS, MAX_MESSAGE_BYTES, SERVICE_EVENTS, STOREFRONT_EVENTS
from services.cli.replays.event import SentEvent

ARRAY_BYTES = MAX_MESSAGE_BYTES // 4
"""An array is closed before it grows beyond this; a larger event travels alone."""

_TOPICS: Mapping[str, str] = {
    "storefront": STOREFRONT_EVENTS.name,
    "logistics": LOGISTICS_EVENTS.name,
    "service": SERVICE_EVENTS.name,
}


@dataclass(frozen=True, slots=True)
class Record:
    """One message for Kafka."""

    topic: str
    partition: int
    value: bytes


def topic_of(type_: str) -> str:
    """The public topic of an event type. Raises `ValueError` for a type of no known family."""
    family = type_.partition(".")[0]
    if family not in _TOPICS:
        raise ValueError(f"{type_!r} belongs to no topic; types begin with {', '.join(_TOPICS)}")
    return _TOPICS[family]


def records(events: Iterable[SentEvent], partitions: Mapping[str, int], array: int) -> Iterator[Record]:
    """Events as records of up to `array` events each; a single one is no array. Order is kept within a partition."""
    open_arrays: dict[tuple[str, int], list[bytes]] = {}
    for event in events:
        topic = topic_of(event.type)
        place = (topic, partition_of(event.cell, partitions[topic]))
        held, value = open_arrays.setdefault(place, []), event.encoded()
        if held and (len(held) >= array or sum(map(len, held)) + len(value) > ARRAY_BYTES):
            yield Record(*place, _joined(held))
            held.clear()
        held.append(value)
    for place, held in open_arrays.items():
        yield Record(*place, _joined(held))


def _joined(values: list[bytes]) -> bytes:
    return values[0] if len(values) == 1 else b"[" + b",".join(values) + b"]"
