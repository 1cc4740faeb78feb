"""Who is looked at again though nothing happened to them: so many with a message, a letter brings the rest."""

from collections.abc import Callable, Iterator
from typing import Protocol

from services.journey.domain.due import Due
from services.journey.domain.letters import AnyLetter, Recall, Wake
from services.journey.domain.unheard import LOOKS as LOOKS_UNHEARD
from services.journey.domain.unheard import Unheard

LOOKS_DUE = 500
"""How many of those for whom time has come are looked at with one message: a clock may leap over a million."""


class Look(Protocol):
    """Looks at a cell, if it waits for the moment `due` (of None: anyway); False when it is ahead of this message."""

    def __call__(self, key: str, due: int | None = None) -> bool:
        """Of the cell with this key."""
        ...


class Waking:
    """The cells of one partition that wait for a moment of a clock, or for the word of a feed."""

    def __init__(self, look: Look, write_to_itself: Callable[[AnyLetter], None], looks_due: int) -> None:
        self._look, self._write, self._looks_due = look, write_to_itself, looks_due
        self._due = Due()
        self._woken: set[str] = set()  # clocks of which a letter is on its way

    def restore(self, found: Iterator[tuple[str, int, str]]) -> None:
        """Take up what (clock, ms, cell key) the table has."""
        self._due.restore(found)

    def wait(self, clock: str, due: int, key: str) -> None:
        """Note that a cell waits for a moment, ms."""
        self._due.wait(clock, due, key)

    def advance(self, clock: str, now: int) -> bool:
        """Look at those whose moment has come; whether that were all of them.

        A cell may be ahead, where a worker that died reads again what it had seen: it was left due by a later message,
        and a later one shall find it so.
        """
        taken = self._due.take(clock, now, self._looks_due)
        for due, key in [(due, key) for due, key in taken if not self._look(key, due)]:
            self._due.wait(clock, due, key)
        if not self._due.reached(clock, now):
            return True
        if clock not in self._woken:
            self._woken.add(clock)
            self._write(Wake(clock))
        return False

    def awake(self, clock: str) -> None:
        """The letter has come."""
        self._woken.discard(clock)

    def recall(self, unheard: Unheard, feed: str, after: str = "") -> None:
        """Look at those who wait for a feed's word, in order, from behind `after` on."""
        roots = unheard.waiting_for(feed, after)
        for key in roots:
            self._look(key)
        if len(roots) == LOOKS_UNHEARD:
            self._write(Recall(feed, roots[-1]))
