"""What goes into a unit of work and what comes out of it: values only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

Headers = Sequence[tuple[str, bytes]]


class Record(msgspec.Struct, frozen=True, gc=False):
    """One Kafka record, as read; `timestamp_ms` is the broker's where the topic says LogAppendTime."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Records of one partition in offset order, at least one.

    Offsets may have holes (compaction, transactions). `start` is the offset from which this batch answers: between
    it and the last record the log holds nothing but these records.
    """

    topic: str
    partition: int
    start: int
    records: Sequence[Record]

    @property
    def first(self) -> int:
        """Offset of the first record."""
        return self.records[0].offset

    @property
    def last(self) -> int:
        """Offset of the last record."""
        return self.records[-1].offset


class Output(msgspec.Struct, frozen=True, gc=False):
    """A record to produce. At the default timestamp the broker stamps it."""

    topic: str
    partition: int
    value: bytes | None
    headers: Headers = ()
    key: bytes | None = None


class Change(msgspec.Struct, frozen=True, gc=False):
    """A cell of the source partition that has a new value, or none any more."""

    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Effects:
    """What one batch of one partition comes to. Confirmed in the order of the fields; then the batch is acked.

    `outputs` are in order per destination partition. `last_outputs` are produced when all `outputs` are confirmed:
    for what must be behind everything else, such as ticks. `changes` are the changed cells of the source partition,
    one per key; `last_changes` are produced when all `changes` are confirmed: for the partition's clock.

    `received_ms` says when the brokers first had the events that this is the effect of, or some of them: what is
    measured against it is the time from the edge to here.
    """

    outputs: Sequence[Output] = ()
    last_outputs: Sequence[Output] = ()
    changes: Sequence[Change] = ()
    last_changes: Sequence[Change] = ()
    received_ms: Sequence[int] = ()


class Processor(Protocol):
    """What a service does with records of one partition: synchronous, no I/O, no clock.

    An instance serves one partition while this worker owns it. Batches come strictly in order, each after the last
    one's effects were confirmed. An exception ends the process without acking the batch.
    """

    def process(self, batch: RecordBatch) -> Effects:
        """The effects of a batch. How records are cut into batches must not matter to what users see."""
        ...
