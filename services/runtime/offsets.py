"""What may be committed: a pure model of which records of each partition were delivered and acked.

One law: the committable offset of a partition is never beyond the first delivered record that is not acked, and never
beyond what was delivered. Holes in the offsets (compaction, transaction markers) count as read with the record after
them.
"""

from collections import deque
from dataclasses import dataclass, field

Source = tuple[str, int]
"""A topic and one of its partitions."""


@dataclass(frozen=True, slots=True)
class Span:
    """Records handed out together: offsets `start` (the first not answered for before) to `last`, both included.

    `epoch` names one continuous reading of the partition. An ack that carries an older epoch says nothing about what
    is being read now, and is ignored.
    """

    epoch: int
    start: int
    last: int
    records: int = 1


@dataclass(slots=True)
class _Reading:
    """One continuous reading of a partition."""

    epoch: int
    next: int | None  # the offset the next span starts at; None until the first record is seen
    open: deque[Span] = field(default_factory=deque)  # delivered, in order, from the first that is not acked
    acked: set[int] = field(default_factory=set)  # `last` of spans in `open` that were acked out of order
    done: int | None = None  # everything before it is acked
    records: int = 0  # in `open`


class Ledger:
    """Delivered and acked spans of all partitions that this worker reads."""

    def __init__(self) -> None:
        self._readings: dict[Source, _Reading] = {}
        self._epochs = 0

    def begin(self, source: Source, position: int | None) -> int:
        """Start a new reading at `position` (None: wherever the log begins) and forget the old one."""
        self._epochs += 1
        self._readings[source] = _Reading(self._epochs, position)
        return self._epochs

    def forget(self, source: Source) -> None:
        """The partition is not read any more."""
        self._readings.pop(source, None)

    def deliver(self, source: Source, first: int, last: int, records: int = 1) -> Span:
        """Note that the records from `first` to `last` were taken off the log, and answer for holes before them.

        Raises ValueError when nobody began to read the partition, or when they do not lie behind what was delivered
        before: the reading was moved without `begin`.
        """
        reading = self._readings.get(source)
        if reading is None:
            raise ValueError(f"{source[0]}/{source[1]}: records {first}..{last} delivered, but nobody began to read it")
        start = first if reading.next is None else reading.next
        if first < start or last < first:
            raise ValueError(f"{source[0]}/{source[1]}: records {first}..{last} delivered, expected {start} or later")
        span = Span(reading.epoch, start, last, records)
        reading.open.append(span)
        reading.records += records
        reading.next = last + 1
        return span

    def ack(self, source: Source, span: Span) -> bool:
        """Note that a span's work is done. False if it belongs to a reading that is over, or was acked before."""
        reading = self._readings.get(source)
        if reading is None or reading.epoch != span.epoch or span.last in reading.acked:
            return False
        if not reading.open or span.last < reading.open[0].last:
            return False
        reading.acked.add(span.last)
        while reading.open and reading.open[0].last in reading.acked:
            closed = reading.open.popleft()
            reading.acked.discard(closed.last)
            reading.records -= closed.records
            reading.done = closed.last + 1
        return True

    def current(self, source: Source, span: Span) -> bool:
        """Whether a span belongs to what is being read now."""
        reading = self._readings.get(source)
        return reading is not None and reading.epoch == span.epoch

    def committable(self, source: Source) -> int | None:
        """The offset that may be committed now, or None if nothing was acked in this reading."""
        reading = self._readings.get(source)
        return reading.done if reading else None

    def position(self, source: Source) -> int | None:
        """The first offset that is not answered for: committable, or where the reading began."""
        reading = self._readings.get(source)
        if reading is None:
            return None
        if reading.done is not None:
            return reading.done
        return reading.open[0].start if reading.open else reading.next

    def pending(self, source: Source) -> int:
        """Records delivered and not acked."""
        reading = self._readings.get(source)
        return reading.records if reading else 0

    def spans(self, source: Source) -> int:
        """Spans delivered and not acked, or acked behind one that is not."""
        reading = self._readings.get(source)
        return len(reading.open) if reading else 0

    def sources(self) -> frozenset[Source]:
        """What is being read."""
        return frozenset(self._readings)
