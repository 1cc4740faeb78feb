"""The bytes of the native protocol: numbers, strings and a buffer that fetches more when it runs short."""

from __future__ import annotations

import struct
from collections.abc import Callable

from deploy.local.clickhouse.errors import DisconnectedError

_LONGEST_STRING = 1 << 30
_CONTINUES = 0x80


def varint(number: int) -> bytes:
    """LEB128, as ClickHouse writes lengths and packet types."""
    written = bytearray()
    while number >= _CONTINUES:
        written.append(number & 0x7F | _CONTINUES)
        number >>= 7
    written.append(number)
    return bytes(written)


def string(text: str) -> bytes:
    """A length and UTF-8."""
    encoded = text.encode()
    return varint(len(encoded)) + encoded


class Buffer:
    """A forward-only reader of bytes; `fetch` returns the next ones and raises when there are none.

    `mark` and `since_mark` give back what was passed over, so that a block's bytes go on undecoded.
    """

    __slots__ = ("_data", "_fetch", "_mark", "_position")

    def __init__(self, fetch: Callable[[], bytes], data: bytes = b"") -> None:
        self._data = bytearray(data)
        self._fetch = fetch
        self._mark = 0
        self._position = 0

    def waiting(self) -> int:
        """How many fetched bytes were not read yet."""
        return len(self._data) - self._position

    def need(self, count: int) -> None:
        """Fetches until `count` unread bytes are there."""
        while len(self._data) - self._position < count:
            self._data += self._fetch()

    def skip(self, count: int) -> None:
        """Passes over `count` bytes."""
        self.need(count)
        self._position += count

    def skip_strings(self, count: int) -> None:
        """Passes over `count` length-prefixed strings: the hot loop of every insert and result."""
        data, position, done = self._data, self._position, 0
        while done < count:
            try:
                for done in range(done, count):  # noqa: B007, B020 - after a fetch, goes on with the same string
                    size = data[position]
                    if size < _CONTINUES:
                        position += size + 1
                    else:
                        position = _after_long_string(data, position)
                done = count
            except IndexError:
                data += self._fetch()
        self._position = position
        self.need(0)

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        self.skip(count)
        return bytes(self._data[self._position - count : self._position])

    def byte(self) -> int:
        """The next byte as a number."""
        self.skip(1)
        return self._data[self._position - 1]

    def varint(self) -> int:
        """The next LEB128 number."""
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            if byte < _CONTINUES:
                return number
            shift += 7

    def u64(self) -> int:
        """The next little-endian 64-bit number."""
        return int(struct.unpack("<Q", self.take(8))[0])

    def string(self) -> str:
        """The next length-prefixed string; a length that no client means is an end of the conversation."""
        size = self.varint()
        if size > _LONGEST_STRING:
            raise DisconnectedError(f"a string of {size} bytes was announced: this is not the native protocol")
        return self.take(size).decode(errors="replace")

    def mark(self) -> None:
        """Forgets what was read; `since_mark` begins here."""
        del self._data[: self._position]
        self._position = 0

    def since_mark(self) -> bytes:
        """The bytes passed over since `mark`."""
        return bytes(self._data[: self._position])


def _after_long_string(data: bytearray, position: int) -> int:
    """Where the string of 128 bytes or more that begins at `position` ends."""
    size = shift = 0
    while True:
        byte = data[position]
        position += 1
        size |= (byte & 0x7F) << shift
        if byte < _CONTINUES:
            return position + size
        shift += 7
