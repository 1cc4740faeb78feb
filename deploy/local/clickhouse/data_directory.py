"""The data directory: the engine's tables, its configuration, a lock, and room for inserts that are under way."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

CONFIG = "config.xml"
"""The file in the data directory that the engine is configured by."""


class DataInUseError(Exception):
    """Another engine has the directory open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDirectory:
    """A locked data directory; the lock goes with the process, however it ends."""

    tables: Path
    config: Path
    spool: Path
    lock: IO[str]


def prepare(root: Path, config: str) -> DataDirectory:
    """Makes and locks the directory and drops what a killed predecessor left of unfinished inserts."""
    root.mkdir(parents=True, exist_ok=True)
    lock = _lock(root / "engine.lock")
    spool = root / "spool"
    shutil.rmtree(spool, ignore_errors=True)
    spool.mkdir()
    (root / CONFIG).write_text(config)
    return DataDirectory(tables=root / "tables", config=root / CONFIG, spool=spool, lock=lock)


def _lock(path: Path) -> IO[str]:
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise DataInUseError(f"{path.parent} is in use by the engine with process id {owner}; stop it first") from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
