"""Cells, and what a changelog means when more than one owner wrote it."""

from services.runtime.cells import EPOCH_HEADER, EPOCH_KEY, Mark, MemoryCells, PartitionCells, Replay
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
