"""Isolating rows that the engine refuses, on a fake client."""

from typing import Any

import pytest
from clickhouse_driver import errors

from services.runtime.clickhouse.insert import ColumnarInserter, Refused, UnavailableError


class FakeClient:
    def __init__(self, poison: set[int] = frozenset(), error: Exception | None = None) -> None:  # type: ignore[assignment]
        self.poison = poison
        self.error = error or errors.ServerException("Cannot parse.\nStack trace: a b c", code=6)
        self.stored: list[int] = []
        self.executed = 0
        self.disconnected = 0

    def execute(self, statement: str, columns: list[tuple[int, ...]], **_: Any) -> None:
        self.executed += 1
        if self.poison & set(columns[0]):
            raise self.error
        self.stored += columns[0]

    def disconnect(self) -> None:
        self.disconnected += 1


def rows(n: int) -> list[tuple[int, str]]:
    return [(number, "x") for number in range(n)]


def insert(client: FakeClient, n: int) -> list[Refused]:
    return ColumnarInserter(client, "waypost_storage")("orders", ("a", "b"), rows(n))


def test_rows_go_in_one_insert_of_columns() -> None:
    client = FakeClient()
    assert insert(client, 1000) == []
    assert (client.stored, client.executed) == (list(range(1000)), 1)


def test_refused_rows_are_found_by_halving_and_all_others_stored_in_order() -> None:
    client = FakeClient({3, 700})
    assert insert(client, 1000) == [
        Refused((3, "x"), "code 6: Cannot parse."),
        Refused((700, "x"), "code 6: Cannot parse."),
    ]
    assert client.stored == [n for n in range(1000) if n not in {3, 700}]
    assert client.executed < 50


@pytest.mark.parametrize("error", [errors.TypeMismatchError("no"), ValueError("no"), OverflowError("no")])
def test_what_the_driver_cannot_write_is_refused_too(error: Exception) -> None:
    assert [bad.row for bad in insert(FakeClient({1}, error), 3)] == [(1, "x")]


@pytest.mark.parametrize(
    "error",
    [
        errors.NetworkError("gone"),
        errors.ServerException("Too many parts", code=252),
        errors.ServerException("Unknown table", code=60),
        ConnectionResetError("reset"),
        EOFError("unexpected end"),
    ],
)
def test_an_engine_in_trouble_is_no_fault_of_a_row(error: Exception) -> None:
    client = FakeClient({0}, error)
    with pytest.raises(UnavailableError):
        insert(client, 1000)
    assert (client.executed, client.disconnected) == (1, 1)
