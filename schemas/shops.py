"""Shops: whose events are taken, by which clock they live, and who knows about their sources.

Names may be globs. An exact name beats a glob; among globs the longest wins, then the one declared first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

DEFAULT_SHOP: Final = "main"
"""The shop of an event that names none."""

_REMEMBERED: Final = 10_000
"""How many names' shops are kept at hand; anybody may invent names, so that there is an end."""


class Clock(StrEnum):
    """What moves a shop's `now`: the wall's time, or the events of a replay."""

    LIVE = "live"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Source:
    """A known sender of events, and whom to ask about it."""

    name: str
    owner: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """A declared shop; `name` is as declared and may be a glob."""

    name: str
    clock: Clock
    time_zone: str = "UTC"
    currency: str = "EUR"
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
        if name in self._exact:
            return self._exact[name]
        return next((shop for shop in self._globs if fnmatchcase(name, shop.name)), None)


def is_glob(name: str) -> bool:
    """Whether a declared name stands for many."""
    return any(sign in name for sign in "*?[")
