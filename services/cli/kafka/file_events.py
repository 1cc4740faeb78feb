"""The events of a file, each with its own bytes and what the contract says of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.aliases import cell_key, home, named, partition_of
from schemas.contract import Answer, Event, read
from schemas.contract.lines import entries
from schemas.contract.structure import elements
from schemas.shops import Shops
from schemas.topics import STOREFRONT_EVENTS
from services.cli.kafka.records import Record, topic_of

ANYWHERE = 0
"""The partition of bytes that name nothing."""


@dataclass(frozen=True, slots=True)
class FileEvent:
    """One event of a file: the line it begins on, its index if the line holds several, and its answer if sent now."""

    line: int
    index: int
    value: bytes
    answer: Answer

    def record(self, partitions: int) -> Record:
        """The message that carries it, bytes as they are; a refused one goes where its type says, if it says so."""
        if isinstance(self.answer, Event):
            return Record(topic_of(self.answer.type), _partition(self.answer, partitions), self.value)
        try:
            return Record(topic_of(self.answer.type), ANYWHERE, self.value)
        except ValueError:
            return Record(STOREFRONT_EVENTS.name, ANYWHERE, self.value)


def file_events(text: bytes, shops: Shops, received_ms: int) -> Iterator[FileEvent]:
    """Every event of a file, refused or not, in order; `received_ms` is when it would arrive."""
    for entry in entries(text):
        answers = read(entry.value, (), received_ms, shops)
        cut = elements(entry.value) if entry.value[:1] == b"[" else None
        values = cut if cut and len(cut) == len(answers) else [entry.value]
        for index, (value, answer) in enumerate(zip(values, answers, strict=True)):
            # An array inside an array is one refused event; alone it would be read as several.
            yield FileEvent(entry.line, index, b"[" + value + b"]" if cut and value[:1] == b"[" else value, answer)


def _partition(event: Event, partitions: int) -> int:
    alias = home(event.type, named(json.loads(event.data)))
    return partition_of(cell_key(event.shop, alias or ""), partitions)
