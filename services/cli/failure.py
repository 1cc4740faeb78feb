"""How a command fails: one sentence on what is wrong, one on what to do, exit code 1."""

from __future__ import annotations


class CommandFailedError(Exception):
    """Raised by a command that cannot do its work; `app` prints it and exits with 1.

    `next_step` tells the user what to do about it, as a command to type where there is one.
    """

    def __init__(self, problem: str, next_step: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.next_step = next_step
