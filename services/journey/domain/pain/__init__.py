"""Pain points: one module a kind, each with its `RULE`. Adding a module adds the kind."""

from collections.abc import Mapping
from importlib import import_module

from schemas.pain_kinds import KINDS
from services.journey.domain.pain.spell import Rule

RULES: Mapping[str, Rule] = {kind: import_module(f"{__name__}.{kind}").RULE for kind in KINDS}
"""Every kind, by name."""
