"""Pain points counted by kind, as a metric shows them."""

from collections.abc import Iterable

from schemas.pain_kinds import KINDS

__all__ = ["KINDS", "OTHER", "counted"]

OTHER = "other"


def counted(found: Iterable[tuple[str, int]]) -> dict[str, int]:
    """A number for each kind, 0 where none was found; kinds that are not known here are `other` together."""
    counts = dict.fromkeys((*KINDS, OTHER), 0)
    for kind, count in found:
        counts[kind if kind in counts else OTHER] += count
    return counts
