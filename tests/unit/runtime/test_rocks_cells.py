"""Cells on disk: who may have them, what survives a crash, and what is done with damaged files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.runtime.cells import Mark
from services.runtime.records import Change
from services.runtime.stores import rocks
from services.runtime.stores.rocks import RocksStores, StoreError

ROOT = Path(__file__).parents[3]

WRITER = """
import sys
from pathlib import Path
from services.runtime.cells import Mark
from services.runtime.records import Change
from services.runtime.stores.rocks import RocksStores

store = RocksStores(Path(sys.argv[1]), lambda key, value: value[:8], buffer_bytes=256 * 1024).open(0)
begin = store.mark.offset if store.mark else 0
print("open", begin, flush=True)
for number in range(begin, 1_000_000):
    cells = [Change(b"c%d" % (number % 500 + i * 500), b"%08d" % number + b"x" * 400) for i in range(8)]
    store.apply(cells, Mark("log", number + 1, 1, 0))
    print(number, flush=True)
"""


def stores(folder: Path, **options: float) -> RocksStores:
    return RocksStores(folder, lambda key, value: value[:8], **{"lock_seconds": 0.2, **options})  # type: ignore[arg-type]


def start(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def killed_after(writer: "subprocess.Popen[str]", groups: int) -> list[str]:
    """Let it write so many groups, kill it with -9, and return all it said."""
    assert writer.stdout
    said = [writer.stdout.readline().strip() for _ in range(groups + 1)]
    writer.send_signal(signal.SIGKILL)
    said += writer.stdout.read().split("\n")[:-1]
    writer.stdout.close()
    writer.wait(10)
    return said


def test_after_a_kill_the_cells_are_those_of_one_group_with_its_mark(tmp_path: Path) -> None:
    last = 0
    for groups in (1, 700, 1500, 900):
        said = killed_after(start(tmp_path), groups)
        confirmed = int(said[-1]) + 1 if len(said) > 1 else last
        assert int(said[0].split()[1]) >= last, "what was on disk stays there"
        store = stores(tmp_path).open(0)
        offset = store.mark.offset if store.mark else 0
        assert last <= offset <= confirmed + 1
        expected = {
            b"c%d" % (number % 500 + i * 500): b"%08d" % number + b"x" * 400
            for number in range(offset)
            for i in range(8)
        }
        assert dict(store.items()) == expected
        assert dict(store.heads()) == {key: value[:8] for key, value in expected.items()}
        last = offset
        store.close()
    assert last > 0, "write buffers were written out meanwhile"


def test_a_closed_store_has_kept_everything(tmp_path: Path) -> None:
    store = stores(tmp_path).open(1)
    store.apply([Change(b"a", b"1")], Mark("log", 1, 0, 5))
    store.close()
    again = stores(tmp_path).open(1)
    assert (dict(again.items()), again.mark) == ({b"a": b"1"}, Mark("log", 1, 0, 5))
    again.close()


def test_a_store_has_one_process(tmp_path: Path) -> None:
    writer = start(tmp_path)
    assert writer.stdout
    writer.stdout.readline()
    with pytest.raises(StoreError, match=r"held by another process.*WAYPOST_WORKER_ID"):
        stores(tmp_path).open(0)
    killed_after(writer, 0)
    stores(tmp_path).open(0).close()


def test_partitions_have_stores_of_their_own(tmp_path: Path) -> None:
    both = stores(tmp_path)
    first, second = both.open(0), both.open(1)
    first.apply([Change(b"a", b"1")])
    assert second.get(b"a") is None
    first.close()
    second.close()


def test_an_open_store_is_waited_for(tmp_path: Path) -> None:
    writer = start(tmp_path)
    assert writer.stdout
    writer.stdout.readline()
    os.kill(writer.pid, signal.SIGTERM)
    store = stores(tmp_path, lock_seconds=20).open(0)
    store.close()
    killed_after(writer, 0)


def filled(folder: Path) -> Path:
    store = stores(folder).open(0)
    store.apply([Change(b"c%d" % n, os.urandom(500)) for n in range(2_000)], Mark("log", 2_000, 1))
    store.close()
    return folder / "0"


def damage(path: Path, pattern: str, at: float = 0.5) -> None:
    for file in path.glob(pattern):
        content = bytearray(file.read_bytes())
        middle = int(len(content) * at)
        content[middle : middle + 64] = bytes(64)
        file.write_bytes(content)


@pytest.mark.parametrize("pattern", ["MANIFEST-*", "CURRENT"])
def test_a_damaged_store_is_made_anew_and_said_so(
    tmp_path: Path, pattern: str, caplog: pytest.LogCaptureFixture
) -> None:
    damage(filled(tmp_path), pattern, at=0.0)
    store = stores(tmp_path).open(0)
    assert (store.mark, len(store)) == (None, 0)
    assert "made anew" in caplog.text
    store.close()


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    next(filled(tmp_path).glob("*.sst")).unlink()
    store = stores(tmp_path).open(0)
    assert store.mark is None
    store.close()


def test_damage_found_while_reading_ends_the_work_and_the_next_start_begins_anew(tmp_path: Path) -> None:
    damage(filled(tmp_path), "*.sst", at=0.4)
    store = stores(tmp_path).open(0)
    with pytest.raises(StoreError, match="cannot be read: Corruption"):
        dict(store.items())
    store.close()
    again = stores(tmp_path).open(0)
    assert again.mark is None
    again.apply([Change(b"a", b"1")], Mark("log", 1, 1))
    again.close()
    assert stores(tmp_path).open(0).get(b"a") == b"1"


def test_a_store_of_another_format_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path)
    monkeypatch.setattr(rocks, "FORMAT", 2)
    store = stores(tmp_path).open(0)
    assert store.mark is None
    store.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "cells").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreError, match=r"0\.lock cannot be opened.*WAYPOST_HOME"):
        stores(tmp_path / "cells").open(0)


def test_a_store_that_is_closed_while_it_is_read_can_be_opened_again(tmp_path: Path) -> None:
    filled(tmp_path)
    store = stores(tmp_path).open(0)
    reading = store.items()
    next(reading)
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        next(reading)
    stores(tmp_path).open(0).close()
