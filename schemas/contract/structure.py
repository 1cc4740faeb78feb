"""Cuts JSON text along its brackets without parsing it, for what a parser refuses as a whole.

One linear scan: it needs no stack of calls, so nothing nested deep can exhaust one.
"""

import re
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
    found: list[bytes] = []
    unclosed = bytearray()
    start = 0
    for token in _TOKEN.finditer(text):
        at, sign = token.start(), text[token.start()]
        if sign == _QUOTE:
            if token.end() == at + 1:
                return None
        elif sign == _COMMA:
            if len(unclosed) == 1:
                found.append(text[start:at].strip(WHITESPACE))
                start = at + 1
        elif sign not in _CLOSES:
            unclosed.append(sign)
            start = at + 1 if len(unclosed) == 1 else start
        elif not unclosed or unclosed.pop() != _CLOSES[sign]:
            return None
        elif not unclosed:
            found.append(text[start:at].strip(WHITESPACE))
            return _sound(found, text[at + 1 :])
    return None


def _sound(found: list[bytes], rest: bytes) -> list[bytes] | None:
    """The elements, unless something follows their array or one of several is empty."""
    if rest.strip(WHITESPACE):
        return None
    if found == [b""]:
        return []
    return found if all(found) else None
