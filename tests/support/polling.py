"""Waiting in tests: poll with a deadline, never sleep for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.05
PATIENCE = 4
"""Deadlines are written for a machine with two idle cores; a slower or busier one has so many times as long."""


def eventually(look: Callable[[], T], timeout: float = 30.0, what: str = "") -> T:
    """The first truthy value that `look` returns; fails, showing the last value or error, when there is none in time.

    In time is within `PATIENCE` times `timeout` seconds. AssertionErrors of `look` count as "not yet", so that a check
    can be written as an assertion.
    """
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        try:
            seen: object = look()
            if seen:
                return seen  # type: ignore[return-value]
        except AssertionError as error:
            seen = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout * PATIENCE:g} s: {what or look}; last seen: {seen!r}")
        time.sleep(POLL_S)
