import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from rich.pager import Pager

from services.cli.sql.answer import Answer, Column
from services.cli.sql.formats import Format, write

COLUMNS = [
    Column("id", "UUID"),
    Column("at", "DateTime64(3, 'UTC')"),
    Column("total", "Nullable(Decimal(18, 2))"),
    Column("kinds", "Array(String)"),
]
ROW = (
    UUID("00000000-0000-0000-0000-000000000001"),
    datetime(2026, 1, 2, 3, 4, 5, 678000, UTC),
    Decimal("12.30"),
    ["a", 'b"c'],
)
NULLS = (UUID(int=2), datetime(2026, 1, 2, tzinfo=UTC), None, [])


def written(form: Format, *rows: tuple[object, ...], limit: int = 50, columns: list[Column] = COLUMNS) -> str:
    out = io.StringIO()
    write(Answer(columns, iter(rows)), form, out, limit)
    return out.getvalue()


def test_json_is_one_array_of_objects_with_exact_decimals() -> None:
    text = written(Format.JSON, ROW, NULLS)

    assert json.loads(text, parse_float=Decimal) == [
        {
            "id": "00000000-0000-0000-0000-000000000001",
            "at": "2026-01-02T03:04:05.678000Z",
            "total": Decimal("12.30"),
            "kinds": ["a", 'b"c'],
        },
        {"id": "00000000-0000-0000-0000-000000000002", "at": "2026-01-02T00:00:00Z", "total": None, "kinds": []},
    ]
    assert '"total":12.30' in text


def test_an_empty_answer_is_an_empty_array() -> None:
    assert json.loads(written(Format.JSON)) == []


def test_csv_has_names_then_plain_values() -> None:
    assert list(csv.reader(io.StringIO(written(Format.CSV, ROW, NULLS)))) == [
        ["id", "at", "total", "kinds"],
        ["00000000-0000-0000-0000-000000000001", "2026-01-02 03:04:05.678", "12.30", '["a","b\\"c"]'],
        ["00000000-0000-0000-0000-000000000002", "2026-01-02 00:00:00.000", "", "[]"],
    ]


def test_a_table_aligns_numbers_to_the_right() -> None:
    lines = written(Format.TABLE, (1, "a"), (1000, "b"), columns=[Column("n", "UInt64"), Column("s", "String")])

    assert "│    1 │ a │" in lines
    assert "│ 1000 │ b │" in lines
    assert lines.endswith("2 rows\n")


def test_a_long_table_is_cut_with_a_note_that_says_how_to_see_the_rest() -> None:
    text = written(Format.TABLE, *[(n,) for n in range(9)], limit=3, columns=[Column("n", "UInt8")])

    assert "the first 3 rows; there are more" in text
    assert "│ 3 │" not in text


def test_a_table_of_exactly_the_limit_is_not_called_cut() -> None:
    assert written(Format.TABLE, (1,), (2,), limit=2, columns=[Column("n", "UInt8")]).endswith("2 rows\n")


def test_a_long_value_is_cut_to_one_line_in_a_table_only() -> None:
    long = ("x" * 500 + "\n",)
    columns = [Column("s", "String")]

    assert max(map(len, written(Format.TABLE, long, columns=columns).splitlines())) < 100
    assert json.loads(written(Format.JSON, long, columns=columns)) == [{"s": long[0]}]


class Terminal(io.StringIO):
    """A screen of 25 lines of 80 characters."""

    def isatty(self) -> bool:
        return True


class Shown(Pager):
    """Keeps what a reader would leaf through."""

    content = ""

    def show(self, content: str) -> None:
        self.content += content


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name, value in {"COLUMNS": "80", "LINES": "25", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    return Terminal()


def numbers(count: int) -> Answer:
    return Answer([Column("n", "UInt16")], iter([(n,) for n in range(count)]))


def test_on_a_terminal_a_long_table_is_paged_whole(screen: Terminal) -> None:
    pager = Shown()
    write(numbers(300), Format.TABLE, screen, None, pager)

    assert "299" in pager.content
    assert "300 rows" in pager.content
    assert screen.getvalue() == ""


def test_on_a_terminal_a_wide_table_is_paged_with_all_of_its_cells(screen: Terminal) -> None:
    pager = Shown()
    columns = [Column(f"column {n}", "String") for n in range(9)]
    write(Answer(columns, iter([tuple(f"a value of {n}" for n in range(9))])), Format.TABLE, screen, None, pager)

    assert "a value of 8" in pager.content


def test_what_fits_the_screen_is_not_paged(screen: Terminal) -> None:
    pager = Shown()
    write(numbers(9), Format.TABLE, screen, None, pager)

    assert pager.content == ""
    assert "9 rows" in screen.getvalue()


def test_without_a_pager_a_terminal_shows_as_many_rows_as_a_pipe_does(screen: Terminal) -> None:
    write(numbers(300), Format.TABLE, screen)

    assert "the first 50 rows" in screen.getvalue()


def test_a_pipe_is_never_paged_and_cut_with_a_note() -> None:
    pager, out = Shown(), io.StringIO()
    write(numbers(300), Format.TABLE, out, None, pager)

    assert pager.content == ""
    assert "the first 50 rows" in out.getvalue()


def test_a_pipe_gets_all_columns_of_a_wide_table() -> None:
    columns = [Column(f"column {n}", "String") for n in range(20)]
    lines = written(Format.TABLE, tuple("x" * 60 for _ in columns), columns=columns).splitlines()

    assert lines[3].count("x" * 60) == 20


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    text = written(Format.TABLE, ("\x1b[2Jx\ty\r",), columns=[Column("s", "String")])

    assert "␛[2Jx⇥y␍" in text


@pytest.mark.parametrize("value", ["[bold]x[/bold]", "a [0] b", "it is :smile:"])
def test_what_looks_like_markup_is_shown_as_it_is(value: str) -> None:
    assert value in written(Format.TABLE, (value,), columns=[Column("s", "String")])


def test_dates_and_other_values_are_text() -> None:
    assert written(Format.CSV, (date(2026, 1, 2), True), columns=[Column("d", "Date"), Column("b", "Bool")]) == (
        "d,b\n2026-01-02,True\n"
    )


@pytest.mark.parametrize(
    ("kind", "number"),
    [("UInt64", True), ("LowCardinality(Nullable(Float64))", True), ("Decimal(9, 2)", True), ("Array(Int8)", False)],
)
def test_numbers_are_known_by_their_type(kind: str, number: bool) -> None:
    assert Column("c", kind).is_number is number
