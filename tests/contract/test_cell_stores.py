"""What every store of cells keeps to, in memory and on disk."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.runtime.cells import CellStore, Mark, MemoryCells
from services.runtime.records import Change
from services.runtime.stores.rocks import RocksStores

MARK = Mark("changelog", 7, 3, 1_000)


def head_of(key: bytes, value: bytes) -> bytes | None:
    return value[:1] if key.startswith(b"c") else None


@pytest.fixture(params=["memory", "rocksdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CellStore]:
    made = MemoryCells() if request.param == "memory" else RocksStores(tmp_path, head_of).open(0)
    yield made
    made.close()


def test_a_new_store_is_empty_and_has_no_mark(store: CellStore) -> None:
    assert (list(store.items()), list(store.heads()), len(store), store.get(b"a"), store.mark) == (
        [],
        [],
        0,
        None,
        None,
    )


def test_changes_are_taken_over_in_order_and_none_removes(store: CellStore) -> None:
    store.apply([Change(b"a", b"1"), Change(b"b", b"1"), Change(b"a", b"2"), Change(b"b", None), Change(b"c", None)])
    assert dict(store.items()) == {b"a": b"2"}
    assert (store.get(b"a"), store.get(b"b")) == (b"2", None)


def test_a_store_knows_about_how_many_cells_it_has(store: CellStore) -> None:
    store.apply([Change(b"%d" % n, b"x") for n in range(500)], MARK)
    assert len(store) == 500


def test_a_key_and_a_value_are_any_bytes(store: CellStore) -> None:
    odd = {b"": b"", b"\x00": b"\xff\x00", b"mark": b"1", "ключ/é".encode(): b"x" * 300_000}
    store.apply([Change(key, value) for key, value in odd.items()], MARK)
    assert dict(store.items()) == odd


def test_a_cells_head_says_at_least_what_is_asked_of_it_and_goes_with_the_cell(store: CellStore) -> None:
    store.apply([Change(b"c1", b"abc"), Change(b"c2", b"xyz"), Change(b"c1", b"bcd")], MARK)
    assert {key: value[:1] for key, value in store.heads() if key.startswith(b"c")} == {b"c1": b"b", b"c2": b"x"}
    store.apply([Change(b"c1", None)])
    assert [key for key, _ in store.heads()] == [b"c2"]


def test_a_cleared_store_is_a_new_one(store: CellStore) -> None:
    store.apply([Change(b"c1", b"abc")], MARK)
    store.clear()
    assert (list(store.items()), list(store.heads()), len(store), store.mark) == ([], [], 0, None)
    store.apply([Change(b"c2", b"1")])
    assert dict(store.items()) == {b"c2": b"1"}


def test_a_store_may_be_closed_twice(store: CellStore) -> None:
    store.close()
    store.close()


KEYS = st.sampled_from([b"c1", b"c2", b"c3", b"u1", b"\x00", b""])
STEPS = st.lists(
    st.one_of(
        st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=5)), max_size=8),
        st.sampled_from(["reopen", "clear"]),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_a_store_on_disk_is_a_dictionary_that_outlives_its_process(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str | list[tuple[bytes, bytes | None]]]
) -> None:
    open_store: Callable[[int], CellStore] = RocksStores(tmp_path_factory.mktemp("cells"), head_of).open
    store, model, mark = open_store(3), MemoryCells(), None
    for number, step in enumerate(steps):
        if step == "reopen":
            store.close()
            store = open_store(3)
        elif step == "clear":
            store.clear()
            model.clear()
            mark = None
        elif isinstance(step, list):
            mark = Mark("changelog", number, 1)
            store.apply([Change(*change) for change in step], mark)
            model.apply([Change(*change) for change in step])
        assert dict(store.items()) == dict(model.items())
        assert {k for k, _ in store.heads()} == {k for k, _ in model.items() if k.startswith(b"c")}
        assert store.mark == mark
    store.close()
