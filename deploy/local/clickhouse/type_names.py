"""Takes ClickHouse type names apart: `Map(String, Array(UInt8))` is a name and its arguments."""

from __future__ import annotations

import re

_PIECE = re.compile(r"""'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|[(),\s]|[^'`"(),\s]+""", re.DOTALL)


def head_and_arguments(type_name: str) -> tuple[str, list[str]]:
    """The name before the brackets and the arguments in them; quotes and nested brackets are kept whole."""
    head, bracket, rest = type_name.strip().partition("(")
    return head.strip(), split_arguments(rest.rstrip().removesuffix(")")) if bracket else []


def split_arguments(text: str) -> list[str]:
    """What stands between the commas of the outermost level."""
    arguments, depth = [""], 0
    for piece in _PIECE.findall(text):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and not depth:
            arguments.append("")
        else:
            arguments[-1] += piece
    return [argument.strip() for argument in arguments if argument.strip()]


def element_type(element: str) -> str:
    """The type of a tuple's element, which may have a name before it: `a String`, `` `a b` Array(UInt8) ``."""
    depth = 0
    for found in _PIECE.finditer(element):
        piece = found.group()
        depth += (piece == "(") - (piece == ")")
        if piece.isspace() and not depth:
            return element[found.end() :].strip()
    return element
