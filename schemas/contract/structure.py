"""Cuts JSON text along its brackets without parsing it, for what a parser refuses as a whole.

One linear scan: it needs no stack of calls, so nothing nested deep can exhaust one.
"""

import re
from itertools import pairwise
from typing import Final

WHITESPACE: Final = b" \t\n\r"

_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_QUOTE: Final = ord('"')
_COMMA: Final = ord(",")
_CLOSES: Final = {ord("]"): ord("["), ord("}"): ord("{")}


def depth(text: bytes) -> int:
    """How deep the brackets of a JSON text lie in one another; brackets inside strings do not count."""
    deepest = now = 0
    for token in _TOKEN.finditer(text):
        sign = text[token.start()]
        if sign in b"[{":
            now += 1
            deepest = max(deepest, now)
        elif sign in b"]}":
            now -= 1
        elif sign == _QUOTE and token.end() == token.start() + 1:
            break
    return deepest


def elements(text: bytes) -> list[bytes] | None:
    """The elements of a JSON array, each as its bytes; None when brackets or quotes do not close or one is empty.

    An element may itself be no JSON: it is cut out all the same, and its neighbours with it.
    """
    found = spans(text)
    return None if found is None else [text[start:end] for start, end in found]


def spans(text: bytes) -> list[tuple[int, int]] | None:
    """Where the elements of a JSON array begin and end, without the whitespace around them; None as above."""
    commas: list[int] = []
    end = close_of(text, commas)
    first = len(text) - len(text.lstrip(WHITESPACE))
    if end is None or text[first : first + 1] != b"[" or text[end:].strip(WHITESPACE):
        return None
    bounds = [first, *commas, end - 1]
    found = [_trimmed(text, before + 1, after) for before, after in pairwise(bounds)]
    if len(found) == 1 and found[0][0] == found[0][1]:
        return []
    return found if all(start < end for start, end in found) else None


def close_of(text: bytes, commas: list[int] | None = None) -> int | None:
    """Where the object or array that a text begins with is over; None when it never is.

    The places of the commas between its entries are added to `commas`.
    """
    unclosed = bytearray()
    for token in _TOKEN.finditer(text):
        at, sign = token.start(), text[token.start()]
        if sign == _QUOTE:
            if token.end() == at + 1:
                return None
        elif sign == _COMMA:
            if commas is not None and len(unclosed) == 1:
                commas.append(at)
        elif sign not in _CLOSES:
            unclosed.append(sign)
        elif not unclosed or unclosed.pop() != _CLOSES[sign]:
            return None
        elif not unclosed:
            return token.end()
    return None


def _trimmed(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The same stretch of text without whitespace at its ends."""
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip(WHITESPACE))
    return start, start + len(inner.strip(WHITESPACE))
