"""Text in and out of ClickHouse's quotes."""

from __future__ import annotations

import re

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANINGS = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}


def quoted(text: str, quote: str = "'") -> str:
    """A string literal, or a name with backticks."""
    escaped = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return f"{quote}{escaped}{quote}"


def unquoted(literal: str) -> str:
    """What a string literal means; text that is none is returned as it is."""
    if len(literal) < 2 or literal[0] != "'" or literal[-1] != "'":
        return literal
    return unescaped(literal[1:-1])


def unescaped(text: str) -> str:
    r"""The text behind backslashes: `\t` is a tab, `\'` a quote."""
    return _ESCAPED.sub(lambda found: _MEANINGS.get(found[1], found[1]), text)
