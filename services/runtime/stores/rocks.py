"""Cells on disk, in one RocksDB for each partition.

The changelog is what keeps the cells; this is a cache of it. So nothing is synced and there is no write-ahead log:
after a crash the database is as it was at some group before, with the mark of that group, and the changelog has the
rest.
"""

import fcntl
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import msgspec
from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, WriteBatch, WriteOptions

from services.runtime.cells import Mark
from services.runtime.records import Change

log = logging.getLogger("waypost.stores")

MIB = 1024 * 1024

FORMAT = 1
"""Number of this layout; a store of another one is made anew."""

HEADS = "heads"
"""The column family of the heads; cells are in the default one, together with the mark."""

MARK_KEY = b"\x00mark"
SPOILT = "SPOILT"
"""A file beside a database that was found corrupt while it was in use: it is made anew when it is opened again."""

LOCK_SECONDS = 30.0
"""How long a store waits for its last holder to let go: as long as a process may take to stop."""

LOCK_POLL = 0.1

HeadOf = Callable[[bytes, bytes], bytes | None]
"""The head of a cell, from its key and value: what is read of all cells at the start. None, always, for a key that has
none."""


class StoreError(Exception):
    """A store cannot be used; the message says which, why, and what to do."""


class _Spoilt(Exception):  # noqa: N818
    """A store's files are damaged, or of another format."""


class _Read(Exception):  # noqa: N818
    """A reader of this process has not noticed yet that the store was closed."""


class _Meta(msgspec.Struct, frozen=True, array_like=True):
    format: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class RocksStores:
    """Opens the stores of one worker: a folder for each partition, and one cache for all.

    Memory is the cache, two write buffers for each partition, and seven bytes of index and filter for each cell.
    """

    folder: Path
    head_of: HeadOf
    cache_bytes: int = 32 * MIB
    buffer_bytes: int = 8 * MIB
    lock_seconds: float = LOCK_SECONDS
    _caches: list[Cache] = field(default_factory=list)

    def open(self, partition: int) -> "RocksCells":
        """The store of a partition, empty if it has none that can be used. Raises StoreError, also while it is held."""
        if not self._caches:
            self._caches.append(Cache(self.cache_bytes))
        return RocksCells(self.folder / str(partition), self.head_of, self._options, self.lock_seconds)

    def _options(self) -> Options:
        blocks = BlockBasedOptions()
        blocks.set_block_cache(self._caches[0])
        blocks.set_bloom_filter(10, False)  # most new keys are looked for before they are written
        blocks.set_block_size(4096)
        blocks.set_format_version(5)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.create_missing_column_families(True)
        options.set_block_based_table_factory(blocks)
        options.set_compression_type(DBCompressionType.lz4())
        options.set_write_buffer_size(self.buffer_bytes)
        options.set_max_write_buffer_number(2)
        options.set_atomic_flush(True)  # without a log, only this keeps cells, heads and mark together
        options.set_max_open_files(256)
        options.set_keep_log_file_num(2)
        options.set_max_background_jobs(2)
        return options


class RocksCells:
    """A `CellStore` on disk."""

    def __init__(self, path: Path, head_of: HeadOf, options: Callable[[], Options], lock_seconds: float) -> None:
        self._path, self._head_of, self._options = path, head_of, options
        self._unlogged = WriteOptions()
        setattr(self._unlogged, "disable_wal", True)  # noqa: B010 (a property, whatever its stub says)
        self._lock = -1
        self._open(lock_seconds)

    @property
    def mark(self) -> Mark | None:
        """What the last write came with."""
        packed = self.get(MARK_KEY)
        return None if packed is None else _read_meta(packed).mark

    def get(self, key: bytes) -> bytes | None:
        """The cell, or None."""
        try:
            found: bytes | None = self._cells.get(key)
        except Exception as error:
            raise self._failed("read", error) from error
        return found

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All cells, by key."""
        return ((key, value) for key, value in self._all(self._cells) if key != MARK_KEY)

    def heads(self) -> Iterator[tuple[bytes, bytes]]:
        """The heads of all cells that have one, by key."""
        return self._all(self._heads)

    def apply(self, changes: Iterable[Change], mark: Mark | None = None) -> None:
        """Take over changes and mark, all or nothing."""
        batch, heads, head_of = WriteBatch(raw_mode=True), self._heads_family, self._head_of
        for key, value in ((change.key, change.value) for change in changes):
            if value is None:
                batch.delete(key)
                batch.delete(key, heads)
                continue
            batch.put(key, value)
            if (head := head_of(key, value)) is not None:
                batch.put(key, head, heads)
        if mark is not None:
            batch.put(MARK_KEY, _pack(_Meta(FORMAT, mark)))
        try:
            self._db.write(batch, self._unlogged)
        except Exception as error:
            raise self._failed("written", error) from error

    def clear(self) -> None:
        """Remove the files and begin anew."""
        self._disconnect()
        self._remove()
        self._connect()

    def close(self) -> None:
        """Write out what is in memory, so that the next owner need not read it from the changelog."""
        if self._lock < 0:
            return
        try:
            self._db.flush()
        except Exception as error:  # noqa: BLE001 (all that RocksDB raises; the changelog has what is lost)
            log.warning("cells not written out", extra={"where": {"store": str(self._path), "why": str(error)}})
        self._disconnect()
        self._let_go()

    def __len__(self) -> int:
        """RocksDB's estimate: a cell that was rewritten lately may count twice."""
        return max(0, (self._cells.property_int_value("rocksdb.estimate-num-keys") or 0) - 1)

    def _open(self, lock_seconds: float) -> None:
        deadline = monotonic() + lock_seconds
        self._lock = _lock(self._path.with_suffix(".lock"), deadline)
        with ExitStack() as failing:
            failing.callback(self._let_go)
            self._connect_or_begin_anew(deadline)
            failing.pop_all()

    def _connect_or_begin_anew(self, deadline: float) -> None:
        while True:
            try:
                self._connect()
                return
            except _Spoilt as error:
                log.warning("cells on disk not usable, made anew", extra={"where": {"why": str(error)}})
                self._remove()
            except _Read as error:
                if monotonic() >= deadline:
                    raise StoreError(str(error)) from error
                sleep(LOCK_POLL)

    def _connect(self) -> None:
        """Open the database, or make a new one. Raises _Spoilt for one that cannot be used."""
        spoilt = self._path / SPOILT
        if spoilt.exists():
            raise _Spoilt(f"{self._path}: {spoilt.read_text(encoding='utf-8')}")
        try:
            self._db = self._cells = Rdict(str(self._path), self._options(), {HEADS: self._options()})
            self._heads = self._db.get_column_family(HEADS)
            self._heads_family = self._db.get_column_family_handle(HEADS)
            packed = self._cells.get(MARK_KEY)
        except Exception as error:
            raise _opening(self._path, error) from error
        if packed is not None and (found := _format(packed)) != FORMAT:
            self._disconnect()
            raise _Spoilt(f"{self._path} has format {found}, not {FORMAT}")

    def _disconnect(self) -> None:
        del self._heads_family
        self._heads.close()
        self._db.close()

    def _remove(self) -> None:
        shutil.rmtree(self._path, ignore_errors=True)

    def _let_go(self) -> None:
        os.close(self._lock)
        self._lock = -1

    def _all(self, family: Rdict) -> Iterator[tuple[bytes, bytes]]:
        """All entries; by hand, because `items` ends at a damaged block as if there were nothing behind it."""
        try:
            entry = family.iter()
            entry.seek_to_first()
            while entry.valid():
                yield entry.key(), entry.value()
                if self._lock < 0:
                    raise StoreError(f"{self._path} was closed while it was read")
                entry.next()
            entry.status()
        except StoreError:
            raise
        except Exception as error:
            raise self._failed("read", error) from error

    def _failed(self, what: str, error: Exception) -> StoreError:
        """What to raise; damaged files are remembered, so that the next start does not meet them again."""
        if str(error).startswith("Corruption"):
            (self._path / SPOILT).write_text(str(error), encoding="utf-8")
        return StoreError(f"{self._path} cannot be {what}: {error}; the next start goes on from what is sound")


def _lock(path: Path, deadline: float) -> int:
    """Take the lock of a store, which the system gives back when this process ends; waits for its last holder."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}; cells are kept under WAYPOST_HOME") from error
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError as error:
            if monotonic() >= deadline:
                os.close(lock)
                raise StoreError(
                    f"{path} is held by another process, which does not let go; stop it, or give each worker a "
                    "WAYPOST_WORKER_ID or a WAYPOST_HOME of its own"
                ) from error
            sleep(LOCK_POLL)


def _opening(path: Path, error: Exception) -> Exception:
    """What a failure to open means; RocksDB has one class for all of them."""
    text = str(error)
    if "lock hold by current process" in text:
        return _Read(f"{path}: {text}")
    if text.startswith(("Corruption", "Invalid argument", "IO error: No such file")):
        return _Spoilt(f"{path}: {text}")
    return StoreError(f"{path} cannot be opened: {text}")


def _format(packed: bytes) -> object:
    """The format of a store, by its mark; None if that is no mark at all."""
    try:
        found: list[object] = msgspec.msgpack.decode(packed, type=list[object])
    except msgspec.DecodeError:
        return None
    return found[0] if found else None


_pack = msgspec.msgpack.Encoder().encode
_read_meta = msgspec.msgpack.Decoder(_Meta).decode
