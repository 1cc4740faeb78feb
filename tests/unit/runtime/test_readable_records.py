"""A header whose name is no text stops no reader."""

from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from services.runtime.kafka.readable import ReadableRecords, UnpackedRecords
from services.runtime.records import Record

Headers = list[tuple[str, bytes | None]]


class Name(str):
    """A header's name that is written as other bytes."""

    def encode(self, *_: Any) -> bytes:
        return b"ce_\xff\xc3\xa9"


def batch(headers: list[Headers], compression: int) -> bytes:
    """One batch as it lies in the log, its first record at offset 7."""
    builder = _DefaultRecordBatchBuilderPy(
        2, compression, 0, producer_id=-1, producer_epoch=-1, base_sequence=-1, batch_size=100_000
    )
    for number, named in enumerate(headers):
        assert builder.append(number, 1_000, b"key", b"value %d" % number, named)
    found = builder.build()
    found[:8] = (7).to_bytes(8, "big")
    return bytes(found)


def read(log: bytes, at: int = 7) -> Sequence[Record]:
    """As ours."""
    return list(UnpackedRecords(TopicPartition("t", 0), ReadableRecords(log), [], at, None, None, True, READ_COMMITTED))


def read_stock(log: bytes) -> Sequence[Record]:
    """As aiokafka's, made into ours."""
    found = PartitionRecords(TopicPartition("t", 0), MemoryRecords(log), [], 7, None, None, True, READ_COMMITTED)
    return [Record(r.offset, r.timestamp, r.key, r.value, list(r.headers)) for r in found]


def shown(records: Sequence[Record]) -> list[tuple[int, bytes | None, Headers]]:
    return [(record.offset, record.value, list(record.headers)) for record in records]


@pytest.mark.parametrize("compression", [0, 3], ids=["plain", "lz4"])
@pytest.mark.parametrize("at", [0, 1, 4])
def test_a_header_name_that_is_no_text_is_read_with_a_sign_for_it(compression: int, at: int) -> None:
    headers: list[Headers] = [[("trace", b"1")] for _ in range(5)]
    headers[at] = [("é", None), (Name("?????"), b"v"), ("b", b"\xff")]
    expected = [(7 + number, b"value %d" % number, list(named)) for number, named in enumerate(headers)]
    expected[at] = (7 + at, b"value %d" % at, [("é", None), ("ce_�é", b"v"), ("b", b"\xff")])
    assert shown(read(batch(headers, compression))) == expected
    with pytest.raises(UnicodeDecodeError):
        read_stock(batch(headers, compression))


@pytest.mark.parametrize("compression", [0, 3], ids=["plain", "lz4"])
def test_other_batches_are_read_as_ever(compression: int) -> None:
    log = batch([[("a", b"1")], [("b", b"2")]], compression)
    assert read(log) == read_stock(log) != []


def test_no_record_of_a_batch_is_read_twice() -> None:
    headers: list[Headers] = [[], [], [(Name("?????"), b"v")], []]
    assert [record.offset for record in read(batch(headers, 0))] == [7, 8, 9, 10]


@pytest.mark.parametrize("name", ["trace", Name("?????")], ids=["text", "no text"])
def test_reading_begins_in_the_middle_of_a_batch(name: str) -> None:
    log = batch([[], [(name, b"v")], [], []], 0)
    assert [record.offset for record in read(log, at=9)] == [9, 10]


def test_a_reader_that_has_enough_goes_on_where_it_stopped() -> None:
    found = UnpackedRecords(
        TopicPartition("t", 0), ReadableRecords(batch([[]] * 4, 0)), [], 7, None, None, True, READ_COMMITTED
    )
    assert [next(iter(found)).offset for _ in range(2)] == [7, 8]
    assert found.next_fetch_offset == 9
    assert [record.offset for record in found] == [9, 10]
    assert found.next_fetch_offset == 11
