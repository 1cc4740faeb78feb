"""Frames of compressed bytes: a CityHash of the frame, its method, both sizes, and the bytes."""

from __future__ import annotations

import struct
from importlib import import_module
from typing import Any

from deploy.local.clickhouse.errors import Code, ServerError, not_supported
from deploy.local.clickhouse.wire import Buffer

_lz4: Any = import_module("lz4.block")
_cityhash: Any = import_module("clickhouse_cityhash.cityhash")

_LZ4 = 0x82
_NONE = 0x02
_METHOD_NAMES = {0x90: "ZSTD", 0x91: "Multiple", 0x94: "AES_128_GCM_SIV"}
_HEADER = struct.Struct("<BII")  # method, size with this header, size of the content
_HASH = struct.Struct("<QQ")
_FRAME_BYTES = 1 << 20
_LARGEST_FRAME = 1 << 30


def compress(content: bytes) -> bytes:
    """LZ4 frames of up to a mebibyte each."""
    view = memoryview(content)
    return b"".join(_frame(view[start : start + _FRAME_BYTES]) for start in range(0, len(content), _FRAME_BYTES))


def decompress(source: Buffer) -> bytes:
    """The content of the next frame; a damaged one is CHECKSUM_DOESNT_MATCH."""
    expected = source.take(_HASH.size)
    header = source.take(_HEADER.size)
    method, size, content_size = _HEADER.unpack(header)
    if not _HEADER.size <= size <= _LARGEST_FRAME or content_size > _LARGEST_FRAME:
        raise ServerError.of(Code.INCORRECT_DATA, f"a compressed frame of {size} bytes cannot be read")
    content = source.take(size - _HEADER.size)
    if _hash(header + content) != expected:
        raise ServerError.of(Code.CHECKSUM_DOESNT_MATCH, "a compressed frame was damaged on its way")
    if method == _LZ4:
        return bytes(_lz4.decompress(content, uncompressed_size=content_size))
    if method == _NONE:
        return content
    raise not_supported(f"compression {_METHOD_NAMES.get(method, hex(method))}", "use lz4 or none")


def _frame(content: memoryview) -> bytes:
    compressed: bytes = _lz4.compress(content, store_size=False)
    body = _HEADER.pack(_LZ4, _HEADER.size + len(compressed), len(content)) + compressed
    return _hash(body) + body


def _hash(body: bytes) -> bytes:
    number: int = _cityhash.CityHash128(body)
    return _HASH.pack(number >> 64, number & (1 << 64) - 1)
