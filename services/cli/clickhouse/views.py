"""Reads ClickHouse's views for the command line."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from clickhouse_driver.errors import Error

from services.runtime.clickhouse.client import connect
from services.runtime.clickhouse.settings import ClickHouseSettings

Row = Sequence[Any]


class ViewsError(Exception):
    """ClickHouse is out of reach or cannot answer: says what to look at."""


class Views(Protocol):
    """Asks ClickHouse."""

    def rows(self, query: str, values: Mapping[str, object] | None = None) -> list[Row]:
        """The rows of a query with `%(name)s` for values. Raises `ViewsError`."""


class ClickHouseViews:
    """`Views` over ClickHouse's native protocol."""

    def __init__(self, settings: ClickHouseSettings | None = None) -> None:
        """Keep the address; the first question connects."""
        self._settings = settings or ClickHouseSettings()
        self._client = connect(self._settings)
        logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)  # what it logs, `ViewsError` says

    def rows(self, query: str, values: Mapping[str, object] | None = None) -> list[Row]:
        """The rows of a query with `%(name)s` for values. Raises `ViewsError`."""
        try:
            found: list[Row] = self._client.execute(query, dict(values) if values else None)
        except (Error, OSError, EOFError) as error:
            self._client.disconnect()
            raise ViewsError(f"ClickHouse at {self._settings.where()} gave no answer: {_first_line(error)}") from error
        return found

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()


def _first_line(error: BaseException) -> str:
    text = str(getattr(error, "message", "") or error or type(error).__name__)
    return text.partition("Stack trace")[0].strip().splitlines()[0][:300]
