"""Reads ClickHouse's views for the command line."""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from clickhouse_driver import Client
from clickhouse_driver.errors import Error

DEFAULT_URL = "clickhouse://127.0.0.1:9000"
_TIMEOUTS = {"connect_timeout": "5", "send_receive_timeout": "60"}
Row = Sequence[Any]


class ViewsError(Exception):
    """ClickHouse is out of reach or cannot answer: says what to look at."""


class Views(Protocol):
    """Asks ClickHouse."""

    def rows(self, query: str, values: Mapping[str, object] | None = None) -> list[Row]:
        """The rows of a query with `%(name)s` for values. Raises `ViewsError`."""


class ClickHouseViews:
    """`Views` over ClickHouse's native protocol; CLICKHOUSE_URL says where."""

    def __init__(self, url: str | None = None) -> None:
        """Keep the address; the first question connects."""
        logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)  # what it logs, `ViewsError` says
        self._url = url or os.environ.get("CLICKHOUSE_URL") or DEFAULT_URL
        self._client = Client.from_url(self._url + ("&" if "?" in self._url else "?") + _query(_TIMEOUTS, self._url))

    def rows(self, query: str, values: Mapping[str, object] | None = None) -> list[Row]:
        """The rows of a query with `%(name)s` for values. Raises `ViewsError`."""
        try:
            found: list[Row] = self._client.execute(query, dict(values) if values else None)
        except (Error, OSError, EOFError) as error:
            self._client.disconnect()
            place = self._url.rpartition("@")[2].removeprefix("clickhouse://").removeprefix("clickhouses://")
            raise ViewsError(f"ClickHouse at {place} gave no answer: {_first_line(error)}") from error
        return found

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()


def _query(options: Mapping[str, str], url: str) -> str:
    return "&".join(f"{name}={value}" for name, value in options.items() if f"{name}=" not in url)


def _first_line(error: BaseException) -> str:
    text = str(getattr(error, "message", "") or error or type(error).__name__)
    return text.strip().splitlines()[0][:300]
