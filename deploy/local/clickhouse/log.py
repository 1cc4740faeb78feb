"""Log lines: one JSON object each on standard error, never with the text of a query."""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime

_lock = threading.Lock()


def log(level: str, message: str, **fields: str | float) -> None:
    """Writes one line."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"at": at, "level": level, "service": "clickhouse", "message": message, **fields})
    with _lock:
        print(line, file=sys.stderr, flush=True)
