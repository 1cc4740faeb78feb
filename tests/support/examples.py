"""How many examples a property is tried on."""

from __future__ import annotations

import os

TIMES = float(os.environ.get("WAYPOST_TEST_TIMES") or 1)
"""20 tries twenty times as many as is usual."""


def examples(usual: int) -> int:
    """So many, or as many times that as was asked for."""
    return max(1, round(usual * TIMES))
