"""Where a column of a native block ends: the sizes of each type on the wire, so that values need not be decoded.

A column is a *prefix* (only LowCardinality has one; nested ones come first, all together) and the *data* of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from deploy.local.clickhouse.errors import Code, ServerError, not_supported
from deploy.local.clickhouse.type_names import element_type, head_and_arguments
from deploy.local.clickhouse.wire import Buffer

_WIDTHS = {
    **dict.fromkeys(("Int8", "UInt8", "Bool", "Enum8", "Nothing"), 1),
    **dict.fromkeys(("Int16", "UInt16", "Enum16", "Date", "BFloat16"), 2),
    **dict.fromkeys(("Int32", "UInt32", "Float32", "Date32", "DateTime", "IPv4", "Decimal32", "Time"), 4),
    **dict.fromkeys(("Int64", "UInt64", "Float64", "DateTime64", "Decimal64", "Time64"), 8),
    **dict.fromkeys(("Int128", "UInt128", "UUID", "IPv6", "Decimal128"), 16),
    **dict.fromkeys(("Int256", "UInt256", "Decimal256"), 32),
}
_DECIMAL_WIDTHS = ((9, 4), (18, 8), (38, 16), (76, 32))  # up to so many digits: bytes
_ALIASES = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "Polygon": "Array(Ring)",
    "MultiLineString": "Array(LineString)",
    "MultiPolygon": "Array(Polygon)",
}
_KEY_WIDTH_BITS = 0xFF
_SHARED_DICTIONARY_BIT = 1 << 8
_KEY_WIDTHS = {0: 1, 1: 2, 2: 4, 3: 8}


class Layout(Protocol):
    """How one type lies on the wire."""

    def skip_prefix(self, source: Buffer) -> None:
        """Passes over what stands once before the rows."""

    def skip(self, source: Buffer, rows: int) -> None:
        """Passes over `rows` values."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Values of one width."""

    width: int

    def skip_prefix(self, source: Buffer) -> None:
        """There is none."""

    def skip(self, source: Buffer, rows: int) -> None:
        """Passes over `rows` values."""
        source.skip(rows * self.width)


@dataclass(frozen=True, slots=True)
class Strings:
    """Length-prefixed values."""

    def skip_prefix(self, source: Buffer) -> None:
        """There is none."""

    def skip(self, source: Buffer, rows: int) -> None:
        """Passes over `rows` values."""
        source.skip_strings(rows)


@dataclass(frozen=True, slots=True)
class Nullable:
    """A byte a row that says which values are NULL, then all values."""

    inner: Layout

    def skip_prefix(self, source: Buffer) -> None:
        """That of the values."""
        self.inner.skip_prefix(source)

    def skip(self, source: Buffer, rows: int) -> None:
        """Passes over `rows` values."""
        source.skip(rows)
        self.inner.skip(source, rows)


@dataclass(frozen=True, slots=True)
class Array:
    """The end of each row's array as a count from the first row, then all elements."""

    inner: Layout

    def skip_prefix(self, source: Buffer) -> None:
        """That of the elements."""
        self.inner.skip_prefix(source)

    def skip(self, source: Buffer, rows: int) -> None:
        """Passes over `rows` arrays."""
        if rows:
            source.skip((rows - 1) * 8)
            self.inner.skip(source, source.u64())


@dataclass(frozen=True, slots=True)
class Tuple:
    """One column after another; a tuple of nothing is a byte a row."""

    inner: tuple[Layout, ...]

    def skip_prefix(self, source: Buffer) -> None:
        """Those of all elements."""
        for element in self.inner:
            element.skip_prefix(source)

    def skip(self, source: Buffer, rows: int) -> None:
        """Passes over `rows` tuples."""
        if not self.inner:
            source.skip(rows)
        for element in self.inner:
            element.skip(source, rows)


@dataclass(frozen=True, slots=True)
class LowCardinality:
    """Dictionaries and the keys into them; without rows there is nothing at all."""

    inner: Layout

    def skip_prefix(self, source: Buffer) -> None:
        """A version."""
        source.skip(8)

    def skip(self, source: Buffer, rows: int) -> None:
        """Passes over `rows` keys and the dictionaries before them."""
        while rows > 0:
            kind = source.u64()
            if kind & _SHARED_DICTIONARY_BIT or kind & _KEY_WIDTH_BITS not in _KEY_WIDTHS:
                raise ServerError.of(Code.INCORRECT_DATA, f"a LowCardinality column of kind {kind:#x} cannot be read")
            self.inner.skip(source, source.u64())
            keys = source.u64()
            if not 0 < keys <= rows:
                raise ServerError.of(Code.INCORRECT_DATA, f"a LowCardinality column has {keys} keys for {rows} rows")
            source.skip(keys * _KEY_WIDTHS[kind & _KEY_WIDTH_BITS])
            rows -= keys


@lru_cache(maxsize=4096)
def layout_of(type_name: str) -> Layout:
    """The layout of a type as ClickHouse writes its name; NOT_IMPLEMENTED names a type that has none here."""
    head, arguments = head_and_arguments(type_name)
    if head in _ALIASES:
        return layout_of(_ALIASES[head])
    width = _width(head, arguments)
    if width is not None:
        return Fixed(width)
    if head == "String":
        return Strings()
    nested = _nested(head, arguments)
    if nested is None:
        raise not_supported(f"a column of type {type_name}", "convert it in the query, for instance with toString()")
    return nested


def _width(head: str, arguments: list[str]) -> int | None:
    if head == "Decimal":
        return next(width for digits, width in _DECIMAL_WIDTHS if int(arguments[0]) <= digits)
    if head == "FixedString":
        return int(arguments[0])
    return 8 if head.startswith("Interval") else _WIDTHS.get(head)


def _nested(head: str, arguments: list[str]) -> Layout | None:
    match head:
        case "Nullable":
            return Nullable(layout_of(arguments[0]))
        case "Array":
            return Array(layout_of(arguments[0]))
        case "Tuple":
            return Tuple(tuple(layout_of(element_type(argument)) for argument in arguments))
        case "Map":
            return Array(Tuple(tuple(layout_of(argument) for argument in arguments)))
        case "Nested":
            return Array(Tuple(tuple(layout_of(element_type(argument)) for argument in arguments)))
        case "LowCardinality":
            # The dictionary has no map of NULLs: its first value stands for NULL.
            return (
                LowCardinality(layout_of(arguments[0].removeprefix("Nullable(").removesuffix(")")))
                if (arguments[0].startswith("Nullable("))
                else LowCardinality(layout_of(arguments[0]))
            )
        case "SimpleAggregateFunction":
            return layout_of(arguments[-1])
        case _:
            return None
