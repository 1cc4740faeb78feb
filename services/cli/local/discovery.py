"""Lets commands find the running installation although they were not told where it is."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from services.cli.local.state import read_state


def use_running_installation(environ: MutableMapping[str, str] = os.environ) -> None:
    """Sets KAFKA_BROKERS and CLICKHOUSE_URL, where unset, to those of the installation in WAYPOST_HOME, if any."""
    home = Path(environ.get("WAYPOST_HOME") or ".waypost").expanduser().resolve()
    if installation := read_state(home):
        environ.setdefault("KAFKA_BROKERS", installation.brokers)
        environ.setdefault("CLICKHOUSE_URL", installation.clickhouse_url)
