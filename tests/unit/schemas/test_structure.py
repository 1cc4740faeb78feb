"""Cutting JSON along its brackets."""

import pytest

from schemas.contract.lines import Entry, entries
from schemas.contract.structure import depth, elements


@pytest.mark.parametrize(
    ("text", "deep"), [(b"1", 0), (b"[]", 1), (b'[{"a":[1]},[[]]]', 3), (b'["[[[[\\"[["]', 1), (b'["\\\\",[[]]]', 3)]
)
def test_depth_counts_brackets_outside_of_strings(text: bytes, deep: int) -> None:
    assert depth(text) == deep


def test_depth_of_many_unclosed_quotes_takes_no_time() -> None:
    assert depth(b"[" + b'"\\' * 200_000) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"[]", []),
        (b' [ 1 , [2,3] ,{"a":"]"} ] ', [b"1", b"[2,3]", b'{"a":"]"}']),
        (b"[NaN, \xff, a b]", [b"NaN", b"\xff", b"a b"]),
        (b"[1,]", None),
        (b"[,]", None),
        (b"[1", None),
        (b"[1]]", None),
        (b"[{]}", None),
        (b'["]', None),
        (b"1, [2]", None),
        (b'"a" [1]', None),
        (b"", None),
    ],
)
def test_elements_are_cut_along_the_commas_of_a_sound_array(text: bytes, found: list[bytes] | None) -> None:
    assert elements(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", []),
        (b"\n \n", []),
        (b'{"a":1}\n\n {"b":2} \r\n', [Entry(1, b'{"a":1}'), Entry(3, b'{"b":2}')]),
        (b'[{"a":1},\n\n {"b":\n2}, 3]\n', [Entry(1, b'{"a":1}'), Entry(3, b'{"b":\n2}'), Entry(4, b"3")]),
        (b'\n{\n"a":1}\n', [Entry(2, b'{\n"a":1}')]),
        (b'[{"a":1}]\n[{"b":2}]', [Entry(1, b'[{"a":1}]'), Entry(2, b'[{"b":2}]')]),
        (b'{"a":\n{"b":2}', [Entry(1, b'{"a":'), Entry(2, b'{"b":2}')]),
        (b'[\n{"a":1},\n', [Entry(1, b'[\n{"a":1},')]),
        (b'[{"a":1},\n{"b":', [Entry(1, b'[{"a":1},\n{"b":')]),
        (b"[]", [Entry(1, b"[]")]),
        (b"hello\n{}", [Entry(1, b"hello"), Entry(2, b"{}")]),
    ],
)
def test_a_file_is_cut_into_messages_with_their_lines(text: bytes, found: list[Entry]) -> None:
    assert entries(text) == found
