"""The limits of pain points: defaults, and overrides by shop, carrier, service level and destination."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from services.journey.domain.pain.spell import Limits

REMEMBERED = 100_000
"""Answers at hand: the same few lanes are asked about again and again."""

ENABLED = "enabled"
"""The limit that every kind has: 0 switches it off."""


@dataclass(frozen=True, slots=True)
class Override:
    """Other limits for one kind where all that `where` names matches (globs; `shop` and what a subject knows).

    It is not meant for shops that `but` names: those have a declaration of their own.
    """

    kind: str
    where: Mapping[str, str]
    limits: Limits
    but: tuple[str, ...] = ()

    def applies(self, kind: str, shop: str, about: Mapping[str, str]) -> bool:
        """Whether it is meant for this kind and subject."""
        known = {**about, "shop": shop}
        meant = kind == self.kind and all(fnmatchcase(known.get(name, ""), glob) for name, glob in self.where.items())
        return meant and not any(fnmatchcase(shop, glob) for glob in self.but)


@dataclass(frozen=True, slots=True)
class Rules:
    """Defaults by kind; later overrides win over earlier ones."""

    defaults: Mapping[str, Limits]
    overrides: tuple[Override, ...] = ()
    _known: dict[Hashable, Limits] = field(default_factory=dict, compare=False, repr=False)

    def limits(self, kind: str, shop: str, about: Mapping[str, str]) -> Limits:
        """What holds for one kind and one subject."""
        asked = kind, shop, *about.items()
        found = self._known.get(asked)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[asked] = self._limits(kind, shop, about)
        return found

    def _limits(self, kind: str, shop: str, about: Mapping[str, str]) -> Limits:
        found = self.defaults[kind]
        for override in self.overrides:
            if override.applies(kind, shop, about):
                found = {**found, **override.limits}
        return found
