"""Joins what was packed into message values within the limits of a batch (`schemas.wire` says what they hold)."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from schemas.topics import BATCH_BYTES, BATCH_ITEMS
from schemas.wire import EventPage, pack_item


def batches(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Join items, each packed alone, into message values within the limits of a batch, in order."""
    held: list[bytes] = []
    size = 0
    for item in packed:
        if held and (len(held) == BATCH_ITEMS or size + len(item) > BATCH_BYTES):
            yield _array(held)
            held, size = [], 0
        held.append(item)
        size += len(item)
    if held:
        yield _array(held)


class _Pile:
    """What comes by and by, packed as it comes and joined into message values within the limits of a batch."""

    __slots__ = ("_done", "_entries", "_items", "_packed", "_size")
    _before = b""
    """What stands before the array of what was packed."""

    def __init__(self) -> None:
        self._done: list[bytes] = []
        self._begin()

    def _begin(self) -> None:
        self._packed: list[bytes | memoryview] = []
        self._entries = self._items = 0
        self._size = len(self._before) + _HEAD_BYTES

    def values(self) -> list[bytes]:
        """The values of all that was added, in order; afterwards the pile is empty."""
        self._close()
        done, self._done = self._done, []
        return done

    @property
    def _room(self) -> int:
        return BATCH_ITEMS - self._items

    def _put(self, packed: bytes | memoryview, entries: int, items: int) -> None:
        """Put so many entries of an array, which hold so many items, no more than there is room for, into a value."""
        if self._size + len(packed) > BATCH_BYTES:
            self._close()
        self._packed.append(packed)
        self._entries, self._items, self._size = self._entries + entries, self._items + items, self._size + len(packed)
        if not self._room:
            self._close()

    def _close(self) -> None:
        if self._packed:
            self._done.append(b"".join((self._before, _head(self._entries), *self._packed)))
        self._begin()


class Pile(_Pile):
    """Items that come by and by, of which nothing is held but what they pack to."""

    __slots__ = ()

    def add(self, items: Sequence[msgspec.Struct]) -> None:
        """Put items behind those before them."""
        while items:
            room = self._room
            self._add(items[:room])
            items = items[room:]

    def _add(self, items: Sequence[msgspec.Struct]) -> None:
        packed = pack_item(items)
        if len(packed) > BATCH_BYTES:
            self._close()
            self._done.extend(batches(map(pack_item, items)))
        else:
            self._put(memoryview(packed)[1 if len(items) < _SHORT else _HEAD_BYTES :], len(items), len(items))


class PagePile(_Pile):
    """Events that come by and by, of which nothing is held but what their pages pack to."""

    __slots__ = ()
    _before = b"\x81" + pack_item("pages")

    def add(self, numbers: Sequence[int], page_of: Callable[[Sequence[int]], EventPage]) -> None:
        """Put the events with these numbers behind those before them; `page_of` makes a page of some of them."""
        while numbers:
            room = self._room
            self._add(numbers[:room], page_of)
            numbers = numbers[room:]

    def _add(self, numbers: Sequence[int], page_of: Callable[[Sequence[int]], EventPage]) -> None:
        packed = pack_item(page_of(numbers))
        if len(packed) > BATCH_BYTES and len(numbers) > 1:
            half = len(numbers) // 2
            self.add(numbers[:half], page_of)
            self.add(numbers[half:], page_of)
        else:
            self._put(packed, 1, len(numbers))


_SHORT = 16
_HEAD_BYTES = 3
"""An array of fewer items says in one byte that it is one and how long, any other of ours in three."""


def _array(items: Sequence[bytes]) -> bytes:
    """A MessagePack array of items that are MessagePack already."""
    return _head(len(items)) + b"".join(items)


def _head(n: int) -> bytes:
    return bytes((0x90 | n,)) if n < _SHORT else b"\xdc" + n.to_bytes(2, "big")
