"""Cells, and what a changelog means when more than one owner wrote it."""

from collections.abc import Iterable

import pytest

from services.runtime.cells import (
    DISPUTED,
    EPOCH_HEADER,
    EPOCH_KEY,
    DivergedError,
    Mark,
    MemoryCells,
    PartitionCells,
    Replay,
)
from services.runtime.records import Change, Output

BEGINNING = Mark("changelog", 0, -1)


def header(epoch: int) -> list[tuple[str, bytes]]:
    return [(EPOCH_HEADER, epoch.to_bytes(8, "big"))]


def replayed(*records: tuple[int, bytes, bytes | None]) -> tuple[dict[bytes, bytes], Replay]:
    store = MemoryCells()
    replay = Replay(store, BEGINNING)
    for epoch, key, value in records:
        replay.take(key, value, header(epoch))
    replay.flush(9, 0)
    return dict(store.items()), replay


def test_the_last_write_of_a_key_wins_and_a_tombstone_removes() -> None:
    cells, replay = replayed((1, b"a", b"1"), (1, b"b", b"1"), (1, b"a", b"2"), (1, b"b", None))
    assert cells == {b"a": b"2"}
    assert (replay.mark.epoch, replay.records, replay.stale) == (1, 4, 0)


def test_a_write_of_an_owner_that_was_succeeded_changes_no_cell() -> None:
    cells, replay = replayed((1, b"a", b"1"), (2, EPOCH_KEY, b""), (1, b"a", b"late"), (2, b"b", b"2"), (1, b"b", None))
    assert cells == {b"a": b"1", b"b": b"2"}
    assert (replay.mark.epoch, replay.stale) == (2, 2)


def test_a_late_write_is_better_than_no_cell() -> None:
    cells, _ = replayed((2, EPOCH_KEY, b""), (1, b"a", b"late"))
    assert cells == {b"a": b"late"}


def test_a_record_without_an_epoch_counts() -> None:
    store = MemoryCells()
    replay = Replay(store, BEGINNING)
    replay.take(b"a", b"1", None)
    replay.flush(9, 0)
    assert dict(store.items()) == {b"a": b"1"}
    assert replay.mark.epoch == -1


def test_changelog_records_carry_their_owners_epoch_and_the_partition() -> None:
    cells = PartitionCells("log", 5, Mark("changelog", 7, 8), MemoryCells())
    headers = ((EPOCH_HEADER, (9).to_bytes(8, "big")),)
    assert cells.opening() == Output("log", 5, b"", headers, EPOCH_KEY)
    assert cells.records([Change(b"a", None)]) == [Output("log", 5, None, headers, b"a")]
    assert cells.store.get(b"a") is None
    assert len(cells.store) == 0


def test_a_store_reads_on_from_its_mark_in_the_epoch_it_has_come_to() -> None:
    store = MemoryCells()
    store.apply([Change(b"a", b"1")])
    replay = Replay(store, Mark("changelog", 7, 3))
    replay.take(b"a", b"late", header(2))
    replay.take(EPOCH_KEY, b"", header(4))
    replay.take(b"b", b"2", header(4))
    replay.flush(10, 55)
    assert dict(store.items()) == {b"a": b"1", b"b": b"2"}
    assert (replay.mark, replay.stale) == (Mark("changelog", 10, 4, 55), 1)


def test_an_epoch_that_is_opened_again_is_of_a_log_that_lost_its_end_and_grew_again() -> None:
    with pytest.raises(DivergedError, match="epoch 3 is opened again behind epoch 3"):
        Replay(MemoryCells(), Mark("changelog", 7, 3)).take(EPOCH_KEY, b"", header(3))


class Marked(MemoryCells):
    """Cells that keep the mark they were written with."""

    def apply(self, changes: Iterable[Change], mark: Mark | None = None) -> None:
        super().apply(changes)
        self.mark = mark


def place(store: Marked) -> tuple[str, int, int] | None:
    return store.mark and (store.mark.changelog, store.mark.offset, store.mark.epoch)


def test_the_mark_moves_behind_what_this_owner_wrote() -> None:
    cells = PartitionCells("log", 5, Mark("changelog", 7, 3), store := Marked())
    cells.opened(7)
    assert place(store) == ("changelog", 8, 4)
    cells.apply([Change(b"a", b"1"), Change(b"b", b"1")], 9)
    assert place(store) == ("changelog", 10, 4)


@pytest.mark.parametrize("last", [8, 9, -1])
def test_a_store_whose_changelog_got_records_of_another_owner_is_disputed_for_good(last: int) -> None:
    cells = PartitionCells("log", 5, Mark("changelog", 7, 3), store := Marked())
    cells.opened(7)
    cells.apply([Change(b"a", b"1")], last + 1 if last > 0 else last)
    cells.apply([Change(b"a", b"2")], 10)
    assert store.mark == DISPUTED


def test_an_epoch_that_was_not_opened_at_the_end_that_was_restored_is_disputed() -> None:
    cells = PartitionCells("log", 5, Mark("changelog", 7, 3), store := Marked())
    cells.opened(8)
    assert store.mark == DISPUTED
