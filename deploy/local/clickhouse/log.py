"""Log lines: one JSON object each on standard error, never with the text of a query."""

from __future__ import annotations

import json
import sys
import threading
import traceback
from datetime import UTC, datetime

_lock = threading.Lock()


def log_crash(crash: threading.ExceptHookArgs) -> None:
    """A bug of ours that ended a client's thread: said in full, for `threading.excepthook`."""
    told = traceback.format_exception(crash.exc_type, crash.exc_value, crash.exc_traceback)
    log("critical", "a thread ended by a bug", traceback="".join(told))


def log(level: str, message: str, **fields: str | float) -> None:
    """Writes one line."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"at": at, "level": level, "service": "clickhouse", "message": message, **fields})
    with _lock:
        print(line, file=sys.stderr, flush=True)
