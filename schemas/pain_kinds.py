"""The kinds of pain points: a closed set, which conditions may name and metrics may have as a label."""

from collections.abc import Iterator
from pathlib import Path
from pkgutil import iter_modules

FOLDER = Path(__file__).parents[1] / "services" / "journey" / "domain" / "pain"
"""A kind is a module here. Their names are read off the folder and nothing of them is imported: who knows a kind's name
needs no rule, and a kind that is added there is known everywhere."""

_SHARED = {"cause", "spell"}
"""What kinds have in common; it is in their folder and is none."""


def _found() -> Iterator[str]:
    yield from sorted(module.name for module in iter_modules([str(FOLDER)]) if module.name not in _SHARED)


KINDS = tuple(_found())
"""By name."""

if not KINDS:
    raise ImportError(f"there are no kinds of pain points in {FOLDER}: install `services` beside `schemas`")
