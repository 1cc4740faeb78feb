"""A disk that is full, for one process, and without a disk: its files may not grow."""

from __future__ import annotations

import resource


def no_room(pid: int) -> None:
    """No file of this process may grow: as on a full disk, only that the error has another number."""
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))


def room(pid: int) -> None:
    """Files of this process may grow as before."""
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
