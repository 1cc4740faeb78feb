"""Fetched record batches, unpacked once into what a batch holds, and whatever is in them.

aiokafka unpacks a record into one of its own, of which ours would have to be made: that costs twice as much.

A header's name is bytes to Kafka and text to aiokafka, which raises at a name that is no UTF-8, at every attempt: of
one such record, and all behind it in its partition, nobody would ever hear. Here it is read with replacement signs.
"""

# mypy: disable-error-code="no-untyped-call"

from collections.abc import Iterable, Iterator
from typing import Any, cast

from aiokafka.consumer import fetcher  # type: ignore[import-untyped]
from aiokafka.record.default_records import _DefaultRecordBatchPy  # type: ignore[import-untyped]
from aiokafka.record.memory_records import _MemoryRecordsPy  # type: ignore[import-untyped]

from services.runtime.records import Record


def read_records() -> None:
    """Have all aiokafka consumers of this process hand out `Record`s, with every header's name."""
    fetcher.MemoryRecords = ReadableRecords
    fetcher.PartitionRecords = UnpackedRecords


class UnpackedRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What a fetch brought of a partition and may be seen of it, record by record."""

    def __iter__(self) -> Iterator[Record]:
        records: Iterator[Record] = self._records_iterator
        return records

    def _consumer_record(self, _tp: Any, record: Record) -> Record:
        return record


class ReadableRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """What a fetch brought of a partition, batch by batch."""

    def next_batch(self, *found: Any) -> Any:
        """The next batch, or None."""
        text = self._next_slice
        batch = super().next_batch(*found)
        return None if batch is None else ReadableBatch(batch, text)


class ReadableBatch:
    """A batch of records, decoded as quickly as aiokafka can where it can."""

    def __init__(self, batch: Any, text: Any) -> None:
        self._batch, self._text = batch, text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Record]:
        try:
            return iter(_unpacked(self._batch))
        except UnicodeDecodeError:
            return iter(_unpacked(_Lenient(self._text)))


def _unpacked(batch: Iterable[Any]) -> list[Record]:
    return [Record(r.offset, r.timestamp, r.key, r.value, r.headers or ()) for r in batch]


class _Lenient(_DefaultRecordBatchPy):  # type: ignore[misc]
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: Any = _Text(self._buffer)


class _Text(bytearray):
    """Bytes that can be decoded whatever they are."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Text(cast(bytearray, found)) if isinstance(at, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """The text, with a sign for what is none."""
        return super().decode(encoding, errors)
