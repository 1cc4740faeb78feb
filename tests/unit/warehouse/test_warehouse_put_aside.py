"""Refused rows as rows that the engine takes."""

import json
from uuid import UUID

from services.warehouse.domain.put_aside import COLUMNS, put_aside


def test_a_refused_row_is_kept_as_json_with_the_reason() -> None:
    refused = (UUID(int=1), b"\xff{", "\ud800", 1 << 200, None)
    table = put_aside("events", ("id", "data", "name", "version", "at"), [(refused, "code 53: no")])
    row = dict(zip(COLUMNS, table.rows[0], strict=True))
    assert (row["table"], row["error"]) == ("events", "code 53: no")
    assert json.loads(row["content"]) == {
        "id": "00000000-0000-0000-0000-000000000001",
        "data": "\\xff{",
        "name": "\\ud800",
        "version": str(1 << 200),
        "at": None,
    }


def test_the_same_row_refused_again_is_the_same_row() -> None:
    def digest(value: int) -> object:
        return put_aside("events", ("a",), [((value,), "no")]).rows[0][1]

    assert digest(1) == digest(1) != digest(2)
