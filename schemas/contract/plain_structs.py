"""The struct that a pydantic model's schema says in full, with a check for what no struct's type can say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from pydantic_core import PydanticCustomError

from schemas.events.fields import CarrierName, Id, Instant, Money, read_money
from schemas.instants import END, EPOCH

Check = Callable[[Sequence[Any]], bool]
"""What the struct's type cannot say of values: whether it holds of all of them that are neither absent nor null."""

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


def struct_of(name: str, schema: Any) -> tuple[type[msgspec.Struct], Check | None] | None:
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
    return struct_of(schema["cls"].__name__, schema) or _UNSAID


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
