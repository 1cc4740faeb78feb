"""Record batches that can be read whatever is in them.

A header's name is bytes to Kafka and text to aiokafka, which raises at a name that is no UTF-8, at every attempt: of
one such record, and all behind it in its partition, nobody would ever hear. Here it is read with replacement signs.
"""

# mypy: disable-error-code="no-untyped-call"

from collections.abc import Iterator
from typing import Any, cast

from aiokafka.consumer import fetcher  # type: ignore[import-untyped]
from aiokafka.record.default_records import (  # type: ignore[import-untyped]
    DefaultRecordBatch,
    _DefaultRecordBatchPy,
)
from aiokafka.record.memory_records import _MemoryRecordsPy  # type: ignore[import-untyped]


def read_any_header() -> None:
    """Have all aiokafka consumers of this process read every header's name."""
    fetcher.MemoryRecords = ReadableRecords


class ReadableRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """What a fetch brought of a partition, batch by batch."""

    def next_batch(self, *found: Any) -> Any:
        """The next batch, or None."""
        text = self._next_slice
        batch = super().next_batch(*found)
        return ReadableBatch(batch, text) if isinstance(batch, DefaultRecordBatch) else batch


class ReadableBatch:
    """A batch of records, decoded as quickly as aiokafka can where it can."""

    def __init__(self, batch: Any, text: Any) -> None:
        self._batch, self._text = batch, text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        read = -1
        try:
            for record in self._batch:
                read = record.offset
                yield record
        except UnicodeDecodeError:
            yield from (record for record in _Lenient(self._text) if record.offset > read)


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
