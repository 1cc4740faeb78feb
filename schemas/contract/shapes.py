"""The plain shapes of event data, which take most events at little more than what decoding them costs.

A shape is a msgspec struct made of an event type's model: the fields that the model declares and no others. It takes
no more than the model does; whatever it does not take, the model judges, whose word is the one that senders read.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, compress, islice
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from pydantic_core import PydanticCustomError

from schemas.aliases import search_order, split_cell_key
from schemas.events import EVENT_TYPES, EventData
from schemas.events.fields import CarrierName, Id, Instant, Money, read_money
from schemas.instants import END, EPOCH

Check = Callable[[Sequence[Any]], bool]
"""What the struct's type cannot say of values: whether it holds of all of them that are neither absent nor null."""

_NOT_OF_THE_SHAPE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_CONTROL: Final = re.compile(rb"\\(?:[bfnrt]|u00(?:[01]|7[fF]|[89]))|\x7f|\xc2[\x80-\x9f]").search
"""How a control character is spelled in JSON; below 32 there is no other way than an escape.

An escaped backslash in front of a letter is taken for one, too.
"""

_REMEMBERED: Final = 4_096
"""About how many sums, instants and carriers are known to be fine: those of an hour are mostly the same."""

_USUAL_LENGTH: Final = 64
"""How long a value may be to be remembered."""

_NOT_THERE: Final = frozenset({UNSET, None})


def _first_rule(kind: Any) -> Any:
    return kind.__metadata__[0]


_NO_CONTROLS, _NO_CONTROLS_NOR_SLASH = (_first_rule(kind).pattern for kind in (Id, CarrierName))

_VALIDATORS: Final = frozenset({"_sums_have_a_currency", "_names_what_is_paid"})
"""The models' validators that `priced` and `any_of` say in full; a model with any other has no shape."""


def surely_plain(text: bytes) -> bool:
    """Whether JSON text that parses holds no control character in any string, told by its bytes.

    To look for one byte is fifty times faster than to search for a pattern, and mostly there is none of these.
    """
    return not ((b"\\" in text or b"\xc2" in text or b"\x7f" in text) and _CONTROL(text))


Read = tuple[Sequence[int], Sequence[msgspec.Struct], Sequence[str]]
"""Which of some texts were taken, what their data say, and the keys of the cells that they go to first."""

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

    def read(self, texts: Sequence[bytes], shop: str) -> Read:
        """What the texts of a shop's data say, in their order."""
        places: Sequence[int] = range(len(texts))
        try:
            contents = self.decode_all(_array(texts))
        except _NOT_OF_THE_SHAPE:
            places, contents = _each(self.decode_one, texts)
        if not self.fits(contents):
            fit = [self.fits((content,)) for content in contents]
            places, contents = [*compress(places, fit)], [*compress(contents, fit)]
        cells = self.cells(contents, shop)
        if all(cells):
            return places, contents, cells
        return [*compress(places, cells)], [*compress(contents, cells)], [*filter(None, cells)]

    def read_one(self, text: bytes) -> tuple[msgspec.Struct, str] | None:
        """What one text says, and the alias that it goes to first; None leaves the judgement to the model."""
        try:
            contents = (self.decode_one(text),)
        except _NOT_OF_THE_SHAPE:
            return None
        (cell,) = self.cells(contents, "") if self.fits(contents) else ("",)
        return (contents[0], split_cell_key(cell)[1]) if cell else None

    def fit(self, content: Mapping[str, Any]) -> msgspec.Struct | None:
        """The same struct made of decoded data that the model took; None when they are of no plain shape."""
        if not self.fields.issuperset(content):
            return None
        try:
            return msgspec.convert(content, self.struct)
        except msgspec.ValidationError:
            return None


def _array(texts: Sequence[bytes]) -> bytes:
    """A JSON array of texts, at least one; joined with the brackets, for they are many bytes to copy again."""
    return b",".join((b"[" + texts[0], *texts[1:-1], texts[-1] + b"]")) if len(texts) > 1 else b"[%b]" % texts[0]


def _each(decode: Decode, texts: Sequence[bytes]) -> tuple[list[int], list[msgspec.Struct]]:
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
    found = _struct(model.__name__, schema)
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


def _struct(name: str, schema: Any) -> tuple[type[msgspec.Struct], Check | None] | None:
    """A struct of the fields that can be said in full; data with any other field are not of this shape.

    Its fields are in the order of the model's, which the examples of the catalogue have, too: a key is looked for from
    where the last one was found. Digests are taken of them in this order: to change it changes them.
    """
    while schema["type"] == "function-after":
        if schema["function"]["function"].__name__ not in _VALIDATORS:
            return None
        schema = schema["schema"]
    if schema["type"] != "model" or schema["schema"]["type"] != "model-fields":
        return None
    fields: list[Any] = []
    checks: list[tuple[str, Check]] = []
    for field, declared in schema["schema"]["fields"].items():
        inner, required, nullable = _unwrapped(declared["schema"])
        kind, check = _KINDS.get(inner["type"], _unsaid)(inner)
        if kind is None:
            if required:
                return None
            continue
        kind = kind | None if nullable else kind
        fields.append((field, kind) if required else (field, kind | UnsetType, UNSET))
        if check is not None:
            checks.append((field, check))
    struct = msgspec.defstruct(
        f"Plain{name}", fields, forbid_unknown_fields=True, kw_only=True, gc=False, module=__name__
    )
    return struct, _of_fields(checks)


def _of_fields(checks: Sequence[tuple[str, Check]]) -> Check | None:
    """Whether every field of some structs passes its check, where it is there."""
    if not checks:
        return None
    columns = [(attrgetter(name), check) for name, check in checks]

    def hold(contents: Sequence[Any]) -> bool:
        return all(check([*map(column, contents)]) for column, check in columns)

    return hold


def _unwrapped(schema: Any) -> tuple[Any, bool, bool]:
    """A field's own schema, whether it is required, and whether it may be null."""
    required = schema["type"] != "default"
    schema = schema if required else schema["schema"]
    nullable = schema["type"] == "nullable"
    return schema["schema"] if nullable else schema, required, nullable


Said = tuple[Any, Check | None]
_UNSAID: Final[Said] = (None, None)


def _only(schema: Any, *known: str) -> bool:
    """Whether a schema says nothing but what is known here."""
    return set(schema) <= {"type", "metadata", "ref", "serialization", *known}


def _unsaid(_schema: Any) -> Said:
    return _UNSAID


def _str(schema: Any) -> Said:
    if not _only(schema, "min_length", "max_length", "pattern"):
        return _UNSAID
    pattern = schema.get("pattern")
    if pattern not in (None, _NO_CONTROLS, _NO_CONTROLS_NOR_SLASH):
        return _UNSAID
    kind = Annotated[str, Meta(min_length=schema.get("min_length"), max_length=schema.get("max_length"))]
    return kind, _Each(_has_no_slash) if pattern == _NO_CONTROLS_NOR_SLASH else None


def _number(kind: type, schema: Any) -> Said:
    if not _only(schema, "strict", "ge", "le", "allow_inf_nan") or not schema.get("strict"):
        return _UNSAID
    return Annotated[kind, Meta(ge=schema.get("ge"), le=schema.get("le"))], None


def _bool(schema: Any) -> Said:
    return (bool, None) if _only(schema, "strict") and schema.get("strict") else _UNSAID


def _list(schema: Any) -> Said:
    if not _only(schema, "items_schema", "max_length"):
        return _UNSAID
    entry = schema["items_schema"]
    kind, check = _KINDS.get(entry["type"], _unsaid)(entry)
    if kind is None:
        return _UNSAID
    return Annotated[list.__class_getitem__(kind), Meta(max_length=schema.get("max_length"))], check and _of_entries(
        check
    )


def _enum(schema: Any) -> Said:
    if not _only(schema, "members", "cls", "sub_type", "missing") or schema.get("missing"):
        return _UNSAID
    return Literal[tuple(member.value for member in schema["members"])], None


def _custom_error(schema: Any) -> Said:
    inner = schema["schema"]
    return (Literal[tuple(inner["expected"])], None) if inner["type"] == "literal" else _UNSAID


def _function(schema: Any) -> Said:
    return _FUNCTIONS.get(schema["function"]["function"], _UNSAID)


def _model(schema: Any) -> Said:
    return _struct(schema["cls"].__name__, schema) or _UNSAID


_KINDS: Final[Mapping[str, Callable[[Any], Said]]] = {
    "str": _str,
    "int": lambda schema: _number(int, schema),
    "float": lambda schema: _number(float, schema),
    "bool": _bool,
    "list": _list,
    "enum": _enum,
    "custom-error": _custom_error,
    "function-plain": _function,
    "model": _model,
}
"""How each kind of pydantic's schemas is said in a struct."""


class _Each:
    """Whether a rule holds of each value; of values that are mostly the same few, each is looked at once."""

    def __init__(self, rule: Callable[[Any], bool]) -> None:
        self._rule = rule
        self._fine = set(_NOT_THERE)

    def __call__(self, values: Iterable[Any]) -> bool:
        return self._fine.issuperset(values) or self._learn(set(values) - self._fine)

    def _learn(self, values: set[Any]) -> bool:
        if not all(map(self._rule, values)):
            return False
        if len(self._fine) > _REMEMBERED:
            self._fine = set(_NOT_THERE)
        self._fine.update(value for value in islice(values, _REMEMBERED) if len(str(value)) <= _USUAL_LENGTH)
        return True


def _is_money(value: str | float) -> bool:
    try:
        read_money(value)
    except PydanticCustomError:
        return False
    return True


def _has_no_slash(text: str) -> bool:
    return "/" not in text


def _of_entries(check: Check) -> Check:
    return lambda lists: check([*chain.from_iterable(filter(None, lists))])


def _has_any(content: msgspec.Struct, names: Iterable[str]) -> bool:
    for name in names:
        value = getattr(content, name)
        if value is not UNSET and value is not None:
            return True
    return False


def _usual_instant(text: str) -> bool:
    """Whether it is surely an instant: to compare two aware datetimes costs more than to read one."""
    try:
        instant = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return False
    return instant.tzinfo is not None and EPOCH.year < instant.year < END.year - 1


_FUNCTIONS: Final[Mapping[Any, Said]] = {
    _first_rule(Money).func: (str | float, _Each(_is_money)),
    _first_rule(Instant).func: (str, _Each(_usual_instant)),
}

SHAPES: Final[Mapping[str, Shape]] = {
    name: shape for name, model in EVENT_TYPES.items() if (shape := shape_of(name, model)) is not None
}
"""The shape of each event type that has one."""
