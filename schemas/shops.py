"""Shops: whose events are taken, by which clock they live, and who knows about their sources.

Declared names may be globs. An exact name beats a glob; among globs the longest wins, then the one declared first.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, TypeAdapter

from schemas.events.fields import Currency

DEFAULT_SHOP: Final = "main"
"""The shop of an event that names none."""

_REMEMBERED: Final = 10_000
"""How many names' shops are kept at hand; anybody may invent names, so that there is an end."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a shop may be called: short, and without what separates names elsewhere."""


_DECLARED: Final = re.compile(r"[A-Za-z0-9*?\[][A-Za-z0-9._*?\[\]!-]{0,63}")


class Clock(StrEnum):
    """What moves a shop's `now`: the wall's time, or the events of a replay."""

    LIVE = "live"
    REPLAY = "replay"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("not a time zone, expected one of the IANA database like Europe/Berlin") from None
    return name


def _fit_to_declare(name: str) -> str:
    if not _DECLARED.fullmatch(name):
        raise ValueError(
            "expected 1 to 64 letters, digits, `.`, `_` and `-`, or with `*`, `?`, `[` and `]` a glob of them"
        )
    return name


_Declared = Annotated[str, AfterValidator(_fit_to_declare)]
_Zone = Annotated[str, AfterValidator(_known_zone)]


@dataclass(frozen=True, slots=True)
class Source:
    """A known sender of events, and whom to ask about it."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    owner: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """A declared shop; `name` is as declared and may be a glob.

    `rules` overrides `config/rules.yaml` for this shop; whoever reads the rules validates it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: _Declared
    clock: Clock
    time_zone: _Zone = "UTC"
    currency: Currency = "EUR"
    rules: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

    @property
    def live(self) -> bool:
        """Whether its clock is the wall's."""
        return self.clock is Clock.LIVE


class Shops:
    """The declared shops, found by name."""

    def __init__(self, declared: Iterable[Shop]) -> None:
        self.declared: Final = tuple(declared)
        self._exact = {shop.name: shop for shop in self.declared if not is_glob(shop.name)}
        self._globs = sorted((shop for shop in self.declared if is_glob(shop.name)), key=lambda shop: -len(shop.name))
        self._found: dict[str, Shop | None] = {}

    def find(self, name: str) -> Shop | None:
        """The shop of this name, or None when no declaration fits."""
        try:
            return self._found[name]
        except KeyError:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            found = self._found[name] = self._search(name)
            return found

    def _search(self, name: str) -> Shop | None:
        if not _NAME.fullmatch(name):
            return None
        if name in self._exact:
            return self._exact[name]
        return next((shop for shop in self._globs if fnmatchcase(name, shop.name)), None)


_declarations = TypeAdapter(dict[str, Shop])


def read_shops(declared: Any) -> Shops:
    """Shops from a mapping of names to their settings; raises pydantic's ValidationError for what is wrong."""
    if isinstance(declared, dict):
        declared = {name: _with_name(name, settings) for name, settings in declared.items()}
    return Shops(_declarations.validate_python(declared).values())


def _with_name(name: Any, settings: Any) -> Any:
    return {**settings, "name": name} if isinstance(settings, dict) else settings


def is_glob(name: str) -> bool:
    """Whether a declared name stands for many."""
    return any(sign in name for sign in "*?[")
