"""A header whose name is no text stops no reader."""

from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from services.runtime.kafka.readable import ReadableRecords

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


def read(records: Any) -> list[tuple[int, bytes, Headers]]:
    found = PartitionRecords(TopicPartition("t", 0), records, [], 7, None, None, True, READ_COMMITTED)
    return [(record.offset, record.value, list(record.headers)) for record in found]


@pytest.mark.parametrize("compression", [0, 3], ids=["plain", "lz4"])
@pytest.mark.parametrize("at", [0, 1, 4])
def test_a_header_name_that_is_no_text_is_read_with_a_sign_for_it(compression: int, at: int) -> None:
    headers: list[Headers] = [[("trace", b"1")] for _ in range(5)]
    headers[at] = [("é", None), (Name("?????"), b"v"), ("b", b"\xff")]
    expected = [(7 + number, b"value %d" % number, list(named)) for number, named in enumerate(headers)]
    expected[at] = (7 + at, b"value %d" % at, [("é", None), ("ce_�é", b"v"), ("b", b"\xff")])
    assert read(ReadableRecords(batch(headers, compression))) == expected
    with pytest.raises(UnicodeDecodeError):
        read(MemoryRecords(batch(headers, compression)))


@pytest.mark.parametrize("compression", [0, 3], ids=["plain", "lz4"])
def test_other_batches_are_read_as_ever(compression: int) -> None:
    log = batch([[("a", b"1")], []], compression)
    assert read(ReadableRecords(log)) == read(MemoryRecords(log)) != []


def test_no_record_of_a_batch_is_read_twice() -> None:
    headers: list[Headers] = [[], [], [(Name("?????"), b"v")], []]
    assert [record.offset for record in ReadableRecords(batch(headers, 0)).next_batch()] == [7, 8, 9, 10]
