"""Cells: a partition's own keyed state, kept whole in a compacted changelog of the same partition number."""

from collections.abc import Callable, ItemsView, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.runtime.records import Change, Output

EPOCH_HEADER = "waypost-epoch"
"""Which owner of the partition wrote a changelog record: eight bytes, big-endian, one more for each owner."""

EPOCH_KEY = b"\x00waypost-epoch"
"""Key of the record with which an owner opens its epoch; not a cell."""


class CellStore(Protocol):
    """The packed cells of one partition."""

    def get(self, key: bytes) -> bytes | None:
        """The cell, or None."""
        ...

    def items(self) -> Iterable[tuple[bytes, bytes]]:
        """All cells, in no particular order; not to be changed meanwhile."""
        ...

    def apply(self, changes: Iterable[Change]) -> None:
        """Take over changes in order; a value of None removes the cell."""
        ...

    def __len__(self) -> int:
        """How many cells there are."""
        ...


class MemoryCells:
    """A `CellStore` in memory."""

    def __init__(self) -> None:
        self._cells: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """The cell, or None."""
        return self._cells.get(key)

    def items(self) -> ItemsView[bytes, bytes]:
        """All cells."""
        return self._cells.items()

    def apply(self, changes: Iterable[Change]) -> None:
        """Take over changes in order."""
        for change in changes:
            if change.value is None:
                self._cells.pop(change.key, None)
            else:
                self._cells[change.key] = change.value

    def __len__(self) -> int:
        return len(self._cells)


@dataclass(frozen=True, slots=True)
class CellTable:
    """The declaration of a table: the name of its changelog topic, and what makes an empty store for a partition."""

    changelog: str
    new_store: Callable[[], CellStore] = MemoryCells


class PartitionCells:
    """One partition's store together with its place in the changelog, in its present owner's epoch."""

    def __init__(self, changelog: str, partition: int, epoch: int, store: CellStore) -> None:
        self.store = store
        self._changelog = changelog
        self._partition = partition
        self._headers = ((EPOCH_HEADER, epoch.to_bytes(8, "big")),)

    def opening(self) -> Output:
        """The record that opens the epoch, to be confirmed before the first change is made."""
        return Output(self._changelog, self._partition, b"", self._headers, EPOCH_KEY)

    def records(self, changes: Sequence[Change]) -> Sequence[Output]:
        """The changelog records of these changes."""
        return [Output(self._changelog, self._partition, c.value, self._headers, c.key) for c in changes]

    def apply(self, changes: Sequence[Change], last: int = -1) -> None:
        """Take over changes that the changelog has confirmed, the last of them at the offset `last`."""
        self.store.apply(changes)


class Replay:
    """Fills a store from changelog records read in order, telling a fenced owner's late writes from its successor's.

    A record of a lower epoch than one before it was written by an owner that did not know yet that it had lost the
    partition. What the successor restored and wrote is the truth, so such a record is left out, unless there is no
    such cell: then compaction has removed the successor's, and an older cell is better than none.
    """

    def __init__(self, store: CellStore) -> None:
        self._store = store
        self._changes: list[Change] = []
        self.epoch = -1
        self.records = 0
        self.stale = 0

    def take(self, key: bytes | None, value: bytes | None, headers: Any) -> None:
        """Read one record; what it changes is in the store after the next `flush`."""
        self.records += 1
        epoch = _epoch(headers)
        if epoch is not None:
            if epoch < self.epoch:
                self._take_late(key, value)
                return
            self.epoch = epoch
        if key is not None and key != EPOCH_KEY:
            self._changes.append(Change(key, value))

    def flush(self) -> None:
        """Put all changes into the store."""
        self._store.apply(self._changes)
        self._changes.clear()

    def _take_late(self, key: bytes | None, value: bytes | None) -> None:
        self.stale += 1
        self.flush()
        if key is not None and key != EPOCH_KEY and value is not None and self._store.get(key) is None:
            self._changes.append(Change(key, value))


def _epoch(headers: Any) -> int | None:
    """The epoch in a record's headers, of which it is the first that we write."""
    for name, value in headers or ():
        if name == EPOCH_HEADER:
            return int.from_bytes(value, "big")
    return None
