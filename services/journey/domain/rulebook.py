"""Which rules a partition goes by: what its log announced last, and who is still to be looked at under them."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from services.journey.domain.pain import RULES
from services.journey.domain.rules import ENABLED, Override, Rules

RULES_KEY = b"r"
"""The table key of a partition's rules."""

LOOKS = 100
"""How many cells are looked at again with each message after a change of rules."""


class Announcement(msgspec.Struct, frozen=True, array_like=True):
    """Rules as a message carries them."""

    defaults: Mapping[str, Mapping[str, int]]
    overrides: list[Override]


class Book(msgspec.Struct, array_like=True):
    """The rules in force, and how far the cells have been looked at under them."""

    rules: bytes  # an announcement, packed
    reached: str | None = None  # key of the last cell looked at again, in their order; None when all were
    since: int = -1  # offset of the announcement


class Rulebook:
    """The rules of one partition. A worker whose files say other ones announces them in the log, and all go by it."""

    def __init__(self, own: Rules) -> None:
        self._own, self._given = own, announce(own)
        self._announced = False
        self._book: Book | None = None
        self._changed = False
        self._unseen: list[str] | None = None  # cells to be looked at under new rules, the first one last

    def restore(self, value: bytes) -> Rules:
        """Take up what the table has; returns the rules in force."""
        self._book = _read_book(value)
        return heed(self._book.rules, self._own)

    def open(self) -> None:
        """With the first message, what this worker was given holds."""
        if self._book is None:
            self._write(Book(self._given))

    def enact(self, packed: bytes, offset: int) -> Rules | None:
        """From this message on these rules hold, and everyone is to be looked at once more; None if they do already."""
        if self._book is None or self._book.rules == packed:
            return None
        self._unseen = None
        self._write(Book(packed, reached="", since=offset))
        return heed(packed, self._own)

    def look_again(self, all_keys: Callable[[], Iterable[str]], offset: int) -> Iterator[str]:
        """Some more of the cells that were not looked at under the rules in force, in the order of their keys.

        None before the announcement: where a replay begins there, cells have seen its messages, but by other rules.
        """
        book = self._book
        if book is None or book.reached is None or offset < book.since:
            return
        if self._unseen is None:
            reached = book.reached
            self._unseen = sorted((key for key in all_keys() if key > reached), reverse=True)
        for _ in range(min(LOOKS, len(self._unseen))):
            book.reached = self._unseen.pop()
            yield book.reached
        if not self._unseen:
            book.reached = self._unseen = None
        self._write(book)

    @property
    def unseen(self) -> int:
        """How many cells are still to be looked at."""
        return len(self._unseen or ())

    def pack(self) -> bytes | None:
        """The book for the table, if it has changed since it was last asked."""
        if self._book is None or not self._changed:
            return None
        self._changed = False
        return _pack_book(self._book)

    def announcement(self) -> bytes | None:
        """What is to be announced in the log: once, what this worker was given, where other rules are in force."""
        if self._announced or self._book is None or self._book.rules == self._given:
            return None
        self._announced = True
        return self._given

    def _write(self, book: Book) -> None:
        self._book, self._changed = book, True


def announce(rules: Rules) -> bytes:
    """Rules, packed: the same ones are packed alike."""
    return _pack(Announcement(rules.defaults, list(rules.overrides)))


def heed(packed: bytes, own: Rules) -> Rules:
    """The rules of an announcement.

    One of an older version says nothing of kinds and limits that came since: those are as in `own`, until it announces
    its own.
    """
    found = _read(packed)
    since = {kind: {**_named(kind, own), **found.defaults.get(kind, {})} for kind in RULES}
    return Rules({**found.defaults, **since}, tuple(found.overrides))


def _named(kind: str, rules: Rules) -> Mapping[str, int]:
    names = {ENABLED, *RULES[kind].limits, *RULES[kind].numbers}
    return {name: value for name, value in rules.defaults[kind].items() if name in names}


_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_read = msgspec.msgpack.Decoder(Announcement).decode
_pack_book = msgspec.msgpack.Encoder().encode
_read_book = msgspec.msgpack.Decoder(Book).decode
