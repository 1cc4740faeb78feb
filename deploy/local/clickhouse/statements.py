"""What a statement asks for, as far as the protocol must know: rows to come, rows to send, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from deploy.local.clickhouse.errors import Code, ServerError, not_supported

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|\#[!\s][^\n]*|/\*.*?\*/)
    | (?P<text>'(?:[^'\\]|\\.|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | (?P<quoted>`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*")
    | (?P<word>[^\W\d]\w*)
    | (?P<number>\d[\w.]*)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)|([`\"])\2", re.DOTALL)
# Settings that would change what lies on the wire, or that add packets which are not sent.
_REFUSED_SETTINGS = {
    "extremes": "ask for min() and max()",
    "output_format_native_encode_types_in_binary_format": "leave it at 0",
    "output_format_native_use_flattened_dynamic_and_json_serialization": "leave it at 0",
}
_NO_VALUES = {"0", "'0'", "false", "'false'", "''", "default"}
_ANSWERS_ROWS = {"SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"}


class Kind(StrEnum):
    """How a statement is carried out."""

    STREAM = "stream"  # a SELECT: blocks as they come
    ROWS = "rows"  # a short answer, whose columns are sent even when it has no rows
    SESSION = "session"  # changes the session's settings or database
    INSERT = "insert"  # rows follow from the client
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement ready for the engine; `text` has no FORMAT and, of an INSERT, nothing from VALUES on."""

    kind: Kind
    text: str
    table: str = ""
    columns: tuple[str, ...] | None = None
    temporary: bool = False  # makes or drops a temporary table


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """In capitals when it is a bare word, so that keywords compare."""
        return self.text.upper() if self.kind == "word" else self.text


def understand(text: str) -> Statement:
    """The statement in `text`; what cannot be carried out faithfully is refused by name."""
    tokens = _tokens(text)
    first = next((token.word for token in tokens if token.text != "("), "")
    if not first:
        raise ServerError.of(Code.SYNTAX_ERROR, "Empty query")
    if first == "INSERT":
        return _insert(text, tokens)
    _refuse(tokens)
    if first in ("SELECT", "WITH", "FROM"):
        return Statement(kind=Kind.STREAM, text=_without_format(text, tokens))
    if first in _ANSWERS_ROWS:
        return Statement(kind=Kind.ROWS, text=_without_format(text, tokens))
    temporary = any(token.word == "TEMPORARY" for token in tokens[:4])
    return Statement(kind=Kind.SESSION if first in ("SET", "USE") else Kind.OTHER, text=text, temporary=temporary)


def called(text: str) -> set[str]:
    """Names that stand before a bracket: functions, table functions and some keywords, as they are written."""
    tokens = list(_scan(text))
    return {_plain(name) for name, after in pairwise(tokens) if after.text == "(" and name.kind in ("word", "quoted")}


def refuse_setting(name: str, value: str) -> None:
    """NOT_IMPLEMENTED for a setting that this server cannot honour."""
    if name in _REFUSED_SETTINGS and value.lower() not in _NO_VALUES:
        raise not_supported(f"the setting {name} = {value}", _REFUSED_SETTINGS[name])


def _tokens(text: str) -> list[_Token]:
    """All but blanks and comments; an INSERT is read up to its data only, which may be long."""
    tokens: list[_Token] = []
    for token in _scan(text):
        tokens.append(token)
        if token.word == "VALUES" and tokens[0].word == "INSERT" and _depth(tokens) == 0:
            break
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    return tokens


def _scan(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "sign"
        if kind != "blank":
            yield _Token("text" if kind == "tag" else kind, found.group(), found.start(), found.end())


def _depth(tokens: list[_Token]) -> int:
    return sum((token.text == "(") - (token.text == ")") for token in tokens)


def _refuse(tokens: list[_Token]) -> None:
    if any(token.text == ";" for token in tokens):
        raise ServerError.of(Code.SYNTAX_ERROR, "Multi-statements are not allowed: send them one by one")
    for at, token in enumerate(tokens[:-1]):
        after = tokens[at + 1]
        pair = (token.word, after.word)
        if pair == ("WITH", "TOTALS"):
            raise not_supported("WITH TOTALS", "use GROUPING SETS or a second query")
        if pair == ("INTO", "OUTFILE"):
            raise not_supported("INTO OUTFILE", "write what the client receives")
        if pair in (("SYSTEM", "SHUTDOWN"), ("SYSTEM", "KILL")):
            raise not_supported("SYSTEM " + after.word, "send SIGTERM to the process")
        if token.word == "INPUT" and after.text == "(":
            raise not_supported("the table function input()", "insert into a table of its own and select from that")
        if after.text == "=" and at + 2 < len(tokens):
            refuse_setting(token.text.lower(), tokens[at + 2].text)


def _without_format(text: str, tokens: list[_Token]) -> str:
    """The statement without `FORMAT x`, which servers leave to the client when it speaks the native protocol."""
    end = tokens[-1].end
    for at in range(len(tokens) - 2, 0, -1):
        name, after = tokens[at + 1], tokens[at + 2] if at + 2 < len(tokens) else None
        if tokens[at].word != "FORMAT" or name.kind != "word" or tokens[at - 1].word in ("AS", ".", ","):
            continue
        if after is None:
            return text[: tokens[at].start]
        if after.word == "SETTINGS":
            return text[: tokens[at].start] + text[after.start : end]
    return text[:end]


def _insert(text: str, tokens: list[_Token]) -> Statement:
    """INSERT INTO [TABLE] name [(columns)] [SETTINGS …] then VALUES or FORMAT, or a query."""
    at = 1 + (tokens[1].word == "INTO") if len(tokens) > 1 else 1
    at += at < len(tokens) and tokens[at].word == "TABLE"
    data = _data_keyword(tokens)
    if data is None:
        _refuse(tokens)
        return Statement(kind=Kind.OTHER, text=text)
    if tokens[at].word == "FUNCTION":
        raise not_supported(
            "INSERT INTO FUNCTION with rows from the client", "insert into a table, then select from it"
        )
    _refuse_inline_data(text, tokens, data)
    name_end = at
    while name_end + 1 < data and tokens[name_end + 1].text == ".":
        name_end += 2
    table = text[tokens[at].start : tokens[name_end].end]
    columns = _column_list(tokens[name_end + 1 : data])
    return Statement(kind=Kind.INSERT, text=text[: tokens[data].start], table=table, columns=columns)


def _data_keyword(tokens: list[_Token]) -> int | None:
    """Where VALUES or FORMAT stands in an INSERT; None when a query or a file is its source."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if depth:
            continue
        if token.word in ("SELECT", "WITH", "FROM", "WATCH"):
            if token.word == "FROM" and at + 1 < len(tokens) and tokens[at + 1].word == "INFILE":
                raise not_supported("INSERT … FROM INFILE", "send the rows from the client")
            return None
        if token.word in ("VALUES", "FORMAT") and at > 1 and tokens[at - 1].word != "INTO":
            return at
    return None


def _refuse_inline_data(text: str, tokens: list[_Token], data: int) -> None:
    last = data + (tokens[data].word == "FORMAT")
    end = tokens[min(last, len(tokens) - 1)].end
    if any(token.text != ";" for token in _scan(text[end:])):
        raise not_supported(
            "an INSERT with its rows in the statement",
            "pass the rows as the second argument of execute(), or use INSERT … SELECT",
        )


def _column_list(tokens: list[_Token]) -> tuple[str, ...] | None:
    """The names between the brackets after the table; None when there are no brackets."""
    if not tokens or tokens[0].text != "(":
        return None
    end = next((at for at, token in enumerate(tokens) if token.text == ")"), None)
    names = [""]
    for token in tokens[1:end]:
        if token.text == ",":
            names.append("")
        elif token.kind in ("word", "quoted") or token.text == ".":
            names[-1] += _plain(token)
        else:
            raise not_supported(f"{token.text} in the list of columns of an INSERT", "name the columns")
    if end is None or not all(names):
        raise ServerError.of(Code.SYNTAX_ERROR, "the list of columns of the INSERT is not complete")
    return tuple(names)


def _plain(token: _Token) -> str:
    """A name without its quotes."""
    if token.kind != "quoted":
        return token.text
    return _ESCAPED.sub(lambda found: found[1] or found[2], token.text[1:-1])
