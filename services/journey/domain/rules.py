"""The limits of pain points: defaults, and overrides by shop, carrier, service level and destination."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from services.journey.domain.pain.spell import Limits

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

    def limits(self, kind: str, shop: str, about: Mapping[str, str]) -> Limits:
        """What holds for one kind and one subject."""
        if not self.overrides:
            return self.defaults[kind]
        found = self.defaults[kind]
        for override in self.overrides:
            if override.applies(kind, shop, about):
                found = {**found, **override.limits}
        return found
