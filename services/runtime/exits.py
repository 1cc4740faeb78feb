"""The one place where a process ends itself."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NoReturn

FAILED = 70
"""Exit code of a process that ended itself: its supervisor starts it again."""

log = logging.getLogger("waypost.exits")


def end_process(
    reason: str,
    *,
    where: Mapping[str, object] | None = None,
    error: BaseException | None = None,
    code: int = FAILED,
) -> NoReturn:
    """Log why and end at once: nothing is flushed, nothing is committed, so nothing is skipped.

    A graceful stop would commit offsets of work that failed.
    """
    log.critical(reason, exc_info=error, extra={"where": where or {}})
    leave(code)


@contextmanager
def fatal(doing: str, where: Callable[[], Mapping[str, object]] = dict) -> Iterator[None]:
    """End the process when the block raises, saying what was being done and where: the one place that catches all."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (our own bug or infrastructure that stayed away: nothing may go on)
        end_process(f"{doing} failed: {error}", error=error, where=where())


def leave(code: int) -> NoReturn:
    """End now, whatever threads still run, and also when nothing more can be written: the disk may be why it ends."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
