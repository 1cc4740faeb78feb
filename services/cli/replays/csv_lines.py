"""Reads the CSV files of a data set line by line, so that what is wrong is named by file, line and column."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,18})?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its texts by column, without blanks around them."""

    path: Path
    number: int
    texts: Mapping[str, str]

    def read(self, column: str, as_: Callable[[str], T]) -> T:
        """A column's value. Raises `ValueError` naming file, line, column and what `as_` says of the text."""
        try:
            return as_(self.texts[column])
        except ValueError as error:
            raise self.refused(f"{column}: {error}") from error

    def refused(self, why: str) -> ValueError:
        """What to raise for a line that cannot be used."""
        return ValueError(f"{self.path}, line {self.number}: {why}")


def lines(directory: Path, columns: Sequence[str]) -> Iterator[Line]:
    """Every line of the folder's `*.csv`, file by file in the order of their names.

    Raises `FileNotFoundError` when there is none, `ValueError` naming file and line where a column is missing, or a
    line has too few or too many.
    """
    files = sorted(directory.glob("*.csv"))
    if not files:
        raise FileNotFoundError(f"no *.csv in {directory}")
    for path in files:
        yield from _of_file(path, columns)


def present(text: str) -> str:
    """A text that must not be empty."""
    if not text:
        raise ValueError("empty, but needed")
    return text


def decimal(text: str) -> Decimal:
    """A plain decimal number like `2.55` or `-3`."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number")
    return Decimal(text)


def _of_file(path: Path, columns: Sequence[str]) -> Iterator[Line]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        begun = 1  # the line that a row begins at: quoted text may go on over several
        try:
            if absent := [column for column in columns if column not in (reader.fieldnames or ())]:
                raise ValueError(f"{path}, line 1: no column {', '.join(absent)}")
            begun = reader.line_num + 1
            for row in reader:
                if None in row or None in row.values():
                    raise ValueError(f"{path}, line {begun}: not the {len(reader.fieldnames or ())} columns")
                yield Line(path, begun, {column: row[column].strip() for column in columns})
                begun = reader.line_num + 1
        except csv.Error as error:
            raise ValueError(f"{path}, line {begun}: {error}") from error
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}, at or after line {begun}: not UTF-8 ({error.reason})") from error
