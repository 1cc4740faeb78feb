"""Cells: a partition's own keyed state, kept whole in a compacted changelog of the same partition number."""

import logging
from collections.abc import Callable, ItemsView, Iterable, Sequence
from dataclasses import dataclass
from time import time
from typing import Any, Protocol

import msgspec

from services.runtime.records import Change, Output

log = logging.getLogger("waypost.cells")

EPOCH_HEADER = "waypost-epoch"
"""Which owner of the partition wrote a changelog record: eight bytes, big-endian, one more for each owner."""

EPOCH_KEY = b"\x00waypost-epoch"
"""Key of the record with which an owner opens its epoch; not a cell."""


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """Up to where a store has taken over its changelog: everything before `offset` is in it."""

    changelog: str
    """Which changelog: a topic made anew under the old name is another one."""
    offset: int
    epoch: int
    """The highest before `offset`, -1 if there is none."""
    at_ms: int = 0
    """When, by the brokers' clock or one that is near it, the record before `offset` was written."""


DISPUTED = Mark("", 0, -1)
"""The mark of a store whose owner was not the only one: the next restore begins anew."""


class CellStore(Protocol):
    """The packed cells of one partition: a cache of its changelog."""

    @property
    def mark(self) -> Mark | None:
        """The place in the changelog up to which nothing is missing; None for a store that begins empty."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """The cell, or None."""
        ...

    def items(self) -> Iterable[tuple[bytes, bytes]]:
        """All cells, in no particular order; not to be changed meanwhile."""
        ...

    def heads(self) -> Iterable[tuple[bytes, bytes]]:
        """The same, or where the store keeps them apart, only the cells' heads: what is read of all at the start."""
        ...

    def apply(self, changes: Iterable[Change], mark: Mark | None = None) -> None:
        """Take over changes in order, together with the place they lead to; a value of None removes the cell."""
        ...

    def clear(self) -> None:
        """Forget everything, the mark too."""
        ...

    def close(self) -> None:
        """Keep what can be kept and let go; nothing is asked of a closed store, and closing it again does nothing."""
        ...

    def __len__(self) -> int:
        """How many cells there are, or about how many where counting would mean reading them."""
        ...


class MemoryCells:
    """A `CellStore` in memory, which begins empty each time."""

    mark: Mark | None = None

    def __init__(self) -> None:
        self._cells: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """The cell, or None."""
        return self._cells.get(key)

    def items(self) -> ItemsView[bytes, bytes]:
        """All cells."""
        return self._cells.items()

    def heads(self) -> ItemsView[bytes, bytes]:
        """All cells."""
        return self._cells.items()

    def apply(self, changes: Iterable[Change], mark: Mark | None = None) -> None:
        """Take over changes in order."""
        for change in changes:
            if change.value is None:
                self._cells.pop(change.key, None)
            else:
                self._cells[change.key] = change.value

    def clear(self) -> None:
        """Forget everything."""
        self._cells.clear()

    def close(self) -> None:
        """Nothing is to be kept."""

    def __len__(self) -> int:
        return len(self._cells)


def in_memory(_partition: int) -> MemoryCells:
    """A new store in memory for any partition."""
    return MemoryCells()


@dataclass(frozen=True, slots=True)
class CellTable:
    """The declaration of a table: the name of its changelog topic, and what opens a partition's store.

    `open_store` is called in a thread, and may wait for another holder of the same store to let go.
    """

    changelog: str
    open_store: Callable[[int], CellStore] = in_memory


class PartitionCells:
    """One partition's store together with its place in the changelog, in its present owner's epoch."""

    def __init__(self, changelog: str, partition: int, restored: Mark, store: CellStore) -> None:
        """`restored` is where the restore ended, in the epoch before this owner's."""
        self.store = store
        self.epoch = restored.epoch + 1
        self._changelog = changelog
        self._partition = partition
        self._mark = restored
        self._alone = True  # whether all that the changelog got since the restore is this owner's
        self._headers = ((EPOCH_HEADER, self.epoch.to_bytes(8, "big")),)

    def opening(self) -> Output:
        """The record that opens the epoch, to be confirmed before the first change is made."""
        return Output(self._changelog, self._partition, b"", self._headers, EPOCH_KEY)

    def opened(self, offset: int) -> None:
        """The epoch was opened at this offset."""
        self._advance(1, offset)
        self.store.apply((), self._mark)

    def records(self, changes: Sequence[Change]) -> Sequence[Output]:
        """The changelog records of these changes."""
        return [Output(self._changelog, self._partition, c.value, self._headers, c.key) for c in changes]

    def apply(self, changes: Sequence[Change], last: int) -> None:
        """Take over changes that the changelog has confirmed, the last of them at the offset `last`."""
        self._advance(len(changes), last)
        self.store.apply(changes, self._mark)

    def _advance(self, records: int, last: int) -> None:
        """Move the mark behind our own records, as long as there are no others between them.

        Others are another owner's. Which of them and of ours count, only a restore from the beginning can tell.
        """
        if not self._alone:
            return
        if last - records + 1 == self._mark.offset:
            self._mark = Mark(self._mark.changelog, last + 1, self.epoch, int(time() * 1000))
            return
        where = {"changelog": f"{self._changelog}/{self._partition}", "offset": self._mark.offset, "last": last}
        log.warning("another owner writes to the changelog", extra={"where": where})
        self._alone, self._mark = False, DISPUTED


class DivergedError(Exception):
    """A changelog is not the continuation of what a store has taken over."""


class Replay:
    """Fills a store from changelog records read in order, telling a fenced owner's late writes from its successor's.

    A record of a lower epoch than one before it was written by an owner that did not know yet that it had lost the
    partition. What the successor restored and wrote is the truth, so such a record is left out, unless there is no
    such cell: then compaction has removed the successor's, and an older cell is better than none.
    """

    def __init__(self, store: CellStore, mark: Mark) -> None:
        """`mark` is where the reading begins."""
        self.mark = mark
        self._store = store
        self._from = mark.epoch
        self._changes: list[Change] = []
        self.records = 0
        self.stale = 0

    def take(self, key: bytes | None, value: bytes | None, headers: Any) -> None:
        """Read one record; what it changes is in the store after the next `flush`.

        Raises DivergedError at an epoch that was open already where the reading began, and is opened again.
        """
        self.records += 1
        epoch = _epoch(headers)
        if epoch is not None:
            if key == EPOCH_KEY and epoch <= self._from:
                raise DivergedError(f"epoch {epoch} is opened again behind epoch {self._from}")
            if epoch < self.mark.epoch:
                self._take_late(key, value)
                return
            if epoch > self.mark.epoch:
                self.mark = msgspec.structs.replace(self.mark, epoch=epoch)
        if key is not None and key != EPOCH_KEY:
            self._changes.append(Change(key, value))

    def flush(self, position: int, at_ms: int) -> None:
        """Put all changes into the store: what was read before `position`, the last of it written at `at_ms`."""
        self.mark = Mark(self.mark.changelog, position, self.mark.epoch, at_ms)
        self._store.apply(self._changes, self.mark)
        self._changes.clear()

    def _take_late(self, key: bytes | None, value: bytes | None) -> None:
        self.stale += 1
        self._store.apply(self._changes)
        self._changes.clear()
        if key is not None and key != EPOCH_KEY and value is not None and self._store.get(key) is None:
            self._changes.append(Change(key, value))


def _epoch(headers: Any) -> int | None:
    """The epoch in a record's headers, of which it is the first that we write."""
    for name, value in headers or ():
        if name == EPOCH_HEADER:
            return int.from_bytes(value, "big")
    return None
