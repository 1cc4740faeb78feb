"""Cuts a file of events into the messages it holds, each with the line it begins on."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.contract.structure import WHITESPACE, close_of, spans


@dataclass(frozen=True, slots=True)
class Entry:
    """The text of one message in a file; `line` counts from 1."""

    line: int
    value: bytes


def entries(text: bytes) -> list[Entry]:
    """The messages of a file: the elements of one JSON array, one JSON document, or else one for each line.

    A line may itself hold an array of events. A document that is cut off is one entry, if its first line shows that it
    was meant to span several.
    """
    start = len(text) - len(text.lstrip(WHITESPACE))
    if start == len(text):
        return []
    if not _is_one_document(text[start:]):
        return [
            Entry(number, line.strip(WHITESPACE))
            for number, line in enumerate(text.split(b"\n"), 1)
            if line.strip(WHITESPACE)
        ]
    if found := spans(text):
        return list(_numbered(text, found))
    return [Entry(1 + text.count(b"\n", 0, start), text.strip(WHITESPACE))]


def _is_one_document(text: bytes) -> bool:
    """Whether a text that begins with its first value holds nothing after it."""
    first_line = text.partition(b"\n")[0].strip(WHITESPACE)
    end = close_of(text)
    if end is None:
        return first_line in (b"{", b"[") or (text[:1] == b"[" and close_of(first_line) is None)
    return text[:1] in (b"{", b"[") and not text[end:].strip(WHITESPACE)


def _numbered(text: bytes, found: list[tuple[int, int]]) -> Iterator[Entry]:
    line, counted = 1, 0
    for start, end in found:
        line += text.count(b"\n", counted, start)
        counted = start
        yield Entry(line, text[start:end])
