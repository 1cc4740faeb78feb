"""Which rules a partition goes by: what its log announced last, and who is still to be looked at under them."""

from collections.abc import Mapping

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
read_book = msgspec.msgpack.Decoder(Book).decode
