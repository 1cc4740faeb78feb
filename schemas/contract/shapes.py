"""The plain shapes of event data, which take most events at little more than what decoding them costs.

A shape is a msgspec struct made of an event type's model: the fields that the model declares and no others. It takes
no more than the model does; whatever it does not take, the model judges, whose word is the one that senders read.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from pydantic_core import PydanticCustomError

from schemas.aliases import search_order
from schemas.events import EVENT_TYPES, EventData
from schemas.events.fields import CarrierName, Id, Instant, Money, read_money
from schemas.instants import END, EPOCH

Check = Callable[[Any], bool]
"""What the struct's type cannot say of a value; only asked when there is one."""

_CONTROL: Final = re.compile(rb"\\(?:[bfnrt]|u00(?:[01]|7[fF]|[89]))|\x7f|\xc2[\x80-\x9f]").search
"""How a control character is spelled in JSON; below 32 there is no other way than an escape.

An escaped backslash in front of a letter is taken for one, too.
"""

_REMEMBERED: Final = 4_096
"""How many sums and instants are known to be fine: those of an hour are mostly the same."""


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


Taken = tuple[msgspec.Struct, str]
"""What data of a plain shape say, and the alias that they go to first."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The struct of one event type, and what must hold beyond it.

    `read` gives what a `surely_plain` text says; None leaves the judgement to the model.
    """

    struct: type[msgspec.Struct]
    fields: frozenset[str]
    read: Callable[[bytes], Taken | None]

    def fit(self, content: Mapping[str, Any]) -> msgspec.Struct | None:
        """The same struct made of decoded data that the model took; None when they are of no plain shape."""
        if not self.fields.issuperset(content):
            return None
        try:
            return msgspec.convert(content, self.struct)
        except msgspec.ValidationError:
            return None


def _reader(
    decode: Callable[[bytes], msgspec.Struct],
    checks: Sequence[tuple[str, Check]],
    complete: Check | None,
    homes: Sequence[tuple[str, str, str]],
) -> Callable[[bytes], Taken | None]:
    """A closure, since most of ingest's time goes by in it."""

    def read(text: bytes) -> Taken | None:
        try:
            content = decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        for checked, holds in checks:
            value = getattr(content, checked)
            if value is not UNSET and value is not None and not holds(value):
                return None
        if complete is not None and not complete(content):
            return None
        for prefix, field, more in homes:
            name: str | UnsetType | None = getattr(content, field)
            if name and (number := getattr(content, more) if more else name):
                return content, f"{prefix}{name}/{number}" if more else f"{prefix}{name}"
        return None

    return read


def _completeness(model: type[EventData]) -> Check | None:
    """That data name what a model wants one of, and a currency beside a sum; None where that says nothing."""
    any_of, priced = tuple(model.any_of), tuple(model.priced)
    if not any_of and not priced:
        return None

    def complete(content: msgspec.Struct) -> bool:
        if any_of and not _has_any(content, any_of):
            return False
        return not _has_any(content, priced) or _has_any(content, ("currency",))

    return complete


def shape_of(event_type: str, model: type[EventData]) -> Shape | None:
    """The plain shape of a model's data; None when the model says what a struct cannot."""
    schema: Any = model.__pydantic_core_schema__
    found = _struct(model.__name__, schema)
    if found is None:
        return None
    struct, checks = found
    fields = frozenset(struct.__struct_fields__)
    if not fields.issuperset({*model.priced, *model.any_of, *(("currency",) if model.priced else ())}):
        return None
    homes = tuple(home for home in search_order(event_type) if home[1] in fields and (not home[2] or home[2] in fields))
    return Shape(struct, fields, _reader(msgspec.json.Decoder(struct).decode, checks, _completeness(model), homes))


def _struct(name: str, schema: Any) -> tuple[type[msgspec.Struct], tuple[tuple[str, Check], ...]] | None:
    """A struct of the fields that can be said in full; data with any other field are not of this shape.

    Its fields are in the order of their names, so that it is written as a dictionary with sorted keys is.
    """
    while schema["type"] == "function-after":
        if schema["function"]["function"].__name__ not in _VALIDATORS:
            return None
        schema = schema["schema"]
    if schema["type"] != "model" or schema["schema"]["type"] != "model-fields":
        return None
    fields: list[Any] = []
    checks: list[tuple[str, Check]] = []
    for field, declared in sorted(schema["schema"]["fields"].items()):
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
    return struct, tuple(checks)


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
    return kind, _has_no_slash if pattern == _NO_CONTROLS_NOR_SLASH else None


def _has_no_slash(text: str) -> bool:
    return "/" not in text


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
    return Annotated[list.__class_getitem__(kind), Meta(max_length=schema.get("max_length"))], check and _every(check)


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
    found = _struct(schema["cls"].__name__, schema)
    if found is None:
        return _UNSAID
    struct, checks = found

    def holds(content: Any) -> bool:
        for name, check in checks:
            value = getattr(content, name)
            if value is not UNSET and value is not None and not check(value):
                return False
        return True

    return struct, holds if checks else None


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


@lru_cache(_REMEMBERED)
def _is_money(value: str | float) -> bool:
    try:
        read_money(value)
    except PydanticCustomError:
        return False
    return True


def _every(check: Check) -> Check:
    return lambda values: all(map(check, values))


def _has_any(content: msgspec.Struct, names: Iterable[str]) -> bool:
    for name in names:
        value = getattr(content, name)
        if value is not UNSET and value is not None:
            return True
    return False


@lru_cache(_REMEMBERED)
def _usual_instant(text: str) -> bool:
    """Whether it is surely an instant: to compare two aware datetimes costs more than to read one."""
    try:
        instant = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return False
    return instant.tzinfo is not None and EPOCH.year < instant.year < END.year - 1


_FUNCTIONS: Final[Mapping[Any, Said]] = {
    _first_rule(Money).func: (str | float, _is_money),
    _first_rule(Instant).func: (str, _usual_instant),
}

SHAPES: Final[Mapping[str, Shape]] = {
    name: shape for name, model in EVENT_TYPES.items() if (shape := shape_of(name, model)) is not None
}
"""The shape of each event type that has one."""
