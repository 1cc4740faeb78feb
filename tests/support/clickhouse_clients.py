"""What tests ask of clients of ClickHouse."""

from __future__ import annotations

from typing import Any

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException


def code_of(client: Client, query: str, *arguments: Any, **options: Any) -> int:
    """The code of the error that a statement ends with."""
    with pytest.raises(ServerException) as failure:
        client.execute(query, *arguments, **options)
    return int(failure.value.code)
