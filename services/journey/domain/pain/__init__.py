"""Pain points: one module a kind, each with its `RULE`. Adding a module adds the kind."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from services.journey.domain.pain.spell import Rule

_NOT_KINDS = {"spell", "cause"}


def _load() -> dict[str, Rule]:
    names = sorted(module.name for module in iter_modules(__path__) if module.name not in _NOT_KINDS)
    return {name: import_module(f"{__name__}.{name}").RULE for name in names}


RULES: Mapping[str, Rule] = _load()
"""Every kind, by name."""
