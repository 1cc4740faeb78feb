"""Rows that the engine refused, as rows that it takes."""

from collections.abc import Sequence
from zlib import crc32

import msgspec

from services.warehouse.domain.tables import Row, TableRows

COLUMNS = ("table", "digest", "content", "error", "version", "deleted")


def put_aside(table: str, columns: Sequence[str], refused: Sequence[tuple[Row, str]]) -> TableRows:
    """The rows of `put_aside` for refused rows of a table and their errors; a row refused again is the same row."""
    return TableRows("put_aside", COLUMNS, [_aside(table, columns, row, error) for row, error in refused])


def _aside(table: str, columns: Sequence[str], row: Row, error: str) -> Row:
    content = msgspec.json.encode(dict(zip(columns, map(_plain, row), strict=True)), enc_hook=str)
    digest = crc32(content) << 32 | crc32(content, 1)
    return (table, digest, content, error, 0, 0)


def _plain(value: object) -> object:
    """A value that JSON can carry whole: bytes as text, what is not UTF-8 in them escaped; great numbers as text."""
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    return str(value) if isinstance(value, int) and abs(value) >= 1 << 63 else value
