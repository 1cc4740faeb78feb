"""The plain shapes of event data, which take most events at little more than what decoding them costs.

A shape is a msgspec struct made of an event type's model: the fields that the model declares and no others. It takes
no more than the model does; whatever it does not take, the model judges, whose word is the one that senders read.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET

from schemas.aliases import search_order, split_cell_key
from schemas.contract.plain_structs import Check, struct_of
from schemas.events import EVENT_TYPES, EventData

_NOT_OF_THE_SHAPE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_CONTROL: Final = re.compile(rb"\\(?:[bfnrt]|u00(?:[01]|7[fF]|[89]))|\x7f|\xc2[\x80-\x9f]").search
"""How a control character is spelled in JSON; below 32 there is no other way than an escape.

An escaped backslash in front of a letter is taken for one, too.
"""


def surely_plain(text: bytes) -> bool:
    """Whether JSON text that parses holds no control character in any string, told by its bytes.

    To look for one byte is fifty times faster than to search for a pattern, and mostly there is none of these.
    """
    return not ((b"\\" in text or b"\xc2" in text or b"\x7f" in text) and _CONTROL(text))


Read = tuple[Sequence[int], Sequence[str]]
"""Which of some texts were taken, and the keys of the cells that they go to first."""

Decode = Callable[[bytes], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """The struct of one event type, and what must hold beyond it.

    Texts are read many at once, field by field instead of one by one: what Python does for each costs as much as
    decoding it. `texts` must be `surely_plain` and JSON; what is not taken is left to the model.
    """

    struct: type[msgspec.Struct]
    fields: frozenset[str]
    decode_one: Decode
    decode_all: Decode
    fits: Check
    cells: Callable[[Sequence[msgspec.Struct], str], Sequence[str]]

    def read(self, texts: Sequence[msgspec.Raw], shop: str) -> Read:
        """Where the texts of a shop's data go, in their order."""
        places: Sequence[int] = range(len(texts))
        try:
            contents = self.decode_all(_array(texts))
        except _NOT_OF_THE_SHAPE:
            places, contents = _each(self.decode_one, texts)
        if not self.fits(contents):
            fit = [self.fits((content,)) for content in contents]
            places, contents = [*compress(places, fit)], [*compress(contents, fit)]
        cells = self.cells(contents, shop)
        return (places, cells) if all(cells) else ([*compress(places, cells)], [*filter(None, cells)])

    def home_of(self, text: bytes) -> str:
        """The alias that one text goes to first; nothing leaves the judgement to the model."""
        content = self.decode(text)
        if content is None or not self.fits((content,)):
            return ""
        (cell,) = self.cells((content,), "")
        return split_cell_key(cell)[1] if cell else ""

    def decode(self, text: bytes) -> msgspec.Struct | None:
        """What one text says, None if it is not of this shape; whether it `fits` is another question."""
        try:
            content: msgspec.Struct = self.decode_one(text)
        except _NOT_OF_THE_SHAPE:
            return None
        return content

    def fit(self, content: Mapping[str, Any]) -> msgspec.Struct | None:
        """The same struct made of decoded data that the model took; None when they are of no plain shape."""
        if not self.fields.issuperset(content):
            return None
        try:
            return msgspec.convert(content, self.struct)
        except msgspec.ValidationError:
            return None


def _array(texts: Sequence[msgspec.Raw]) -> bytes:
    """A JSON array of texts, at least one; joined with the brackets, for they are many bytes to copy again."""
    if len(texts) == 1:
        return b"[%b]" % texts[0]
    return b",".join((b"[" + bytes(texts[0]), *texts[1:-1], bytes(texts[-1]) + b"]"))


def _each(decode: Decode, texts: Sequence[msgspec.Raw]) -> tuple[list[int], list[msgspec.Struct]]:
    """Which texts are of the shape, and what they say."""
    places, contents = [], []
    for place, text in enumerate(texts):
        try:
            contents.append(decode(text))
        except _NOT_OF_THE_SHAPE:
            continue
        places.append(place)
    return places, contents


def _cells(event_type: str, fields: frozenset[str]) -> Callable[[Sequence[msgspec.Struct], str], Sequence[str]]:
    """What gives the key of each content's cell, or "" where it names nobody."""
    homes = [
        (prefix, attrgetter(field), attrgetter(more) if more else None)
        for prefix, field, more in search_order(event_type)
        if field in fields and (not more or more in fields)
    ]

    def cells(contents: Sequence[msgspec.Struct], shop: str) -> Sequence[str]:
        found: list[str] = []
        for prefix, name_of, more_of in homes:
            names = [*map(name_of, contents)]
            if not any(names):
                continue
            head = f"/{prefix}" if more_of else f"{shop}/{prefix}"
            if more_of:
                pairs = zip(names, map(more_of, contents), strict=True)
                names = [f"{name}/{number}" if name and number else "" for name, number in pairs]
            if not found and all(names):
                return [head + name for name in names]
            here = [head + name if name else "" for name in names]
            found = [first or second for first, second in zip(found, here, strict=True)] if found else here
            if all(found):
                break
        return found or [""] * len(contents)

    return cells


def _whole(model: type[EventData], checks: Check | None) -> Check:
    """Whether some contents pass the checks, name what a model wants one of, and a currency beside a sum."""
    any_of, priced = tuple(model.any_of), tuple(model.priced)
    currency_of = attrgetter("currency") if priced else None

    def whole(contents: Sequence[Any]) -> bool:
        if checks is not None and not checks(contents):
            return False
        if any_of and not all(_has_any(content, any_of) for content in contents):
            return False
        if currency_of is None or all(map(currency_of, contents)):
            return True
        return all(_has_any(content, ("currency",)) or not _has_any(content, priced) for content in contents)

    return whole


def shape_of(event_type: str, model: type[EventData]) -> Shape | None:
    """The plain shape of a model's data; None when the model says what a struct cannot."""
    schema: Any = model.__pydantic_core_schema__
    found = struct_of(model.__name__, schema)
    if found is None:
        return None
    struct, check = found
    fields = frozenset(struct.__struct_fields__)
    if not fields.issuperset({*model.priced, *model.any_of, *(("currency",) if model.priced else ())}):
        return None
    decode_one, decode_all = (
        msgspec.json.Decoder(struct).decode,
        msgspec.json.Decoder(list.__class_getitem__(struct)).decode,
    )
    return Shape(struct, fields, decode_one, decode_all, _whole(model, check), _cells(event_type, fields))


def _has_any(content: msgspec.Struct, names: Iterable[str]) -> bool:
    for name in names:
        value = getattr(content, name)
        if value is not UNSET and value is not None:
            return True
    return False


SHAPES: Final[Mapping[str, Shape]] = {
    name: shape for name, model in EVENT_TYPES.items() if (shape := shape_of(name, model)) is not None
}
"""The shape of each event type that has one."""
