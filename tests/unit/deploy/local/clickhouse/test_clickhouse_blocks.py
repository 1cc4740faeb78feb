from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.clickhouse.blocks import EMPTY, Column, from_engine, header, to_engine
from deploy.local.clickhouse.compression import compress, decompress
from deploy.local.clickhouse.errors import DisconnectedError, ServerError
from deploy.local.clickhouse.layout import layout_of
from deploy.local.clickhouse.type_names import element_type, head_and_arguments
from deploy.local.clickhouse.wire import Buffer, string, varint

TWO = (2).to_bytes(8, "little")
U64 = (5).to_bytes(8, "little")
INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
NATIVE = b"\x02\x02" + b"\x01a\x05UInt8\x07\x08" + b"\x01s\x06String\x01x\x02yz"
WIRE = INFO + b"\x02\x02" + b"\x01a\x05UInt8\x00\x07\x08" + b"\x01s\x06String\x00\x01x\x02yz"


def nothing_more() -> bytes:
    raise DisconnectedError("no more")


def in_pieces(content: bytes, size: int) -> Buffer:
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return Buffer(lambda: pieces.pop(0) if pieces else nothing_more())


def test_engine_block_becomes_a_wire_block() -> None:
    (block,) = from_engine(NATIVE, tuple)
    assert block.content == WIRE
    assert (block.columns, block.rows) == ((Column(name="a", type="UInt8"), Column(name="s", type="String")), 2)


def test_engine_blocks_in_one_piece_are_told_apart() -> None:
    assert [block.content for block in from_engine(NATIVE * 3, tuple)] == [WIRE] * 3


def test_result_that_ends_in_the_middle_is_an_error() -> None:
    with pytest.raises(ServerError, match="ended in the middle"):
        list(from_engine(NATIVE[:-1], tuple))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_wire_block_becomes_an_engine_block_however_it_arrives(size: int) -> None:
    source, engine = in_pieces(WIRE + b"next", size), BytesIO()
    assert to_engine(source, engine) == (2, 2)
    assert engine.getvalue() == NATIVE
    assert source.take(4) == b"next"


def test_empty_block_ends_and_a_header_has_no_rows() -> None:
    engine = BytesIO()
    assert to_engine(Buffer(nothing_more, EMPTY), engine) == (0, 0)
    assert to_engine(Buffer(nothing_more, header((Column(name="a", type="UInt8"),))), engine) == (1, 0)
    assert engine.getvalue() == b""


def test_custom_serialization_of_a_client_is_refused() -> None:
    with pytest.raises(ServerError, match="custom serialization"):
        to_engine(Buffer(nothing_more, INFO + b"\x01\x01" + b"\x01a\x05UInt8\x01\x07"), BytesIO())


def test_time_zone_that_the_engine_left_out_is_put_back() -> None:
    native = b"\x02\x01" + b"\x01a\x08DateTime" + bytes(4) + b"\x01b\x08DateTime" + bytes(4)
    described = (Column(name="a", type="DateTime('Europe/London')"), Column(name="b", type="DateTime"))
    (block,) = from_engine(native, lambda: described)
    assert block.columns == described


@pytest.mark.parametrize(
    ("type_name", "rows", "data"),
    [
        ("UInt8", 2, b"\1\2"),
        ("Decimal(9, 2)", 1, bytes(4)),
        ("Decimal(10, 2)", 1, bytes(8)),
        ("Decimal(38, 2)", 1, bytes(16)),
        ("Decimal(76, 2)", 1, bytes(32)),
        ("FixedString(3)", 2, b"abcdef"),
        ("Enum8('a,)\\'(' = 1)", 3, bytes(3)),
        ("DateTime64(3, 'UTC')", 2, bytes(16)),
        ("IntervalDay", 1, bytes(8)),
        ("Nullable(UInt16)", 2, bytes(2) + bytes(4)),
        ("Nullable(Nothing)", 2, bytes(4)),
        ("Array(UInt16)", 2, bytes(8) + U64 + bytes(10)),
        ("Array(String)", 1, U64 + b"\1a\0\0\0\0"),
        ("Map(String, UInt8)", 1, U64 + b"\1a" * 5 + bytes(5)),
        ("Tuple(a UInt8, `b c` Array(UInt8))", 1, b"\1" + U64 + bytes(5)),
        ("Tuple()", 2, b"00"),
        ("Nested(a UInt8, b UInt16)", 1, U64 + bytes(5) + bytes(10)),
        ("Point", 1, bytes(16)),
        ("SimpleAggregateFunction(groupArrayArray, Array(UInt8))", 1, U64 + bytes(5)),
        ("LowCardinality(String)", 0, bytes(8)),
        (
            "LowCardinality(Nullable(String))",
            2,
            bytes(8) + b"\x01\x06" + bytes(6) + TWO + b"\0\1a" + TWO + bytes(4),
        ),
    ],
)  # fmt: skip
def test_column_ends_where_its_type_says(type_name: str, rows: int, data: bytes) -> None:
    source = in_pieces(data + b"!", 3)
    layout = layout_of(type_name)
    layout.skip_prefix(source)
    layout.skip(source, rows)
    assert source.take(1) == b"!"


@pytest.mark.parametrize("type_name", ["JSON", "Dynamic", "Variant(UInt8, String)", "AggregateFunction(sum, UInt8)"])
def test_type_without_a_layout_is_named(type_name: str) -> None:
    with pytest.raises(ServerError) as refused:
        layout_of(f"Array({type_name})")
    assert refused.value.code == 48
    assert type_name in refused.value.message


def test_low_cardinality_that_makes_no_sense_is_refused() -> None:
    for kind, keys in ((0x100, 1), (0x604, 1), (0x600, 3), (0x600, 0)):
        data = kind.to_bytes(8, "little") + bytes(8) + keys.to_bytes(8, "little") + bytes(10)
        with pytest.raises(ServerError):
            layout_of("LowCardinality(String)").skip(Buffer(nothing_more, data), 2)


def test_type_names_come_apart() -> None:
    assert head_and_arguments("Map(String, Array(Tuple(a UInt8, b String)))") == (
        "Map",
        ["String", "Array(Tuple(a UInt8, b String))"],
    )
    assert head_and_arguments("UInt8") == ("UInt8", [])
    assert head_and_arguments("Enum8('a, b' = 1, ')' = 2)") == ("Enum8", ["'a, b' = 1", "')' = 2"])
    assert [element_type(e) for e in ("a UInt8", "`a b` DateTime64(3, 'UTC')", "Array(UInt8)", "Decimal(9, 2)")] == [
        "UInt8",
        "DateTime64(3, 'UTC')",
        "Array(UInt8)",
        "Decimal(9, 2)",
    ]


@given(st.lists(st.text(max_size=300)), st.integers(1, 50))
def test_strings_are_passed_over_however_they_arrive(texts: list[str], size: int) -> None:
    source = in_pieces(b"".join(map(string, texts)) + b"!", size)
    source.mark()
    source.skip_strings(len(texts))
    assert source.since_mark() == b"".join(map(string, texts))
    assert source.take(1) == b"!"


@given(st.integers(0, 2**64 - 1))
def test_varint_round_trips(number: int) -> None:
    assert Buffer(nothing_more, varint(number)).varint() == number


@given(st.binary(min_size=1, max_size=3000))
def test_compressed_bytes_round_trip(content: bytes) -> None:
    assert decompress(Buffer(nothing_more, compress(content))) == content


def test_long_content_is_compressed_in_several_frames() -> None:
    content = bytes(range(256)) * 10_000
    frames = Buffer(nothing_more, compress(content))
    assert decompress(frames) + decompress(frames) + decompress(frames) == content


def test_damaged_frame_is_refused() -> None:
    frame = bytearray(compress(b"content content content"))
    frame[-1] ^= 1
    with pytest.raises(ServerError) as refused:
        decompress(Buffer(nothing_more, bytes(frame)))
    assert refused.value.code == 40


def test_string_of_a_senseless_length_ends_the_conversation() -> None:
    with pytest.raises(DisconnectedError, match="not the native protocol"):
        Buffer(nothing_more, varint(1 << 40)).string()
