"""Which rules a partition goes by: what its log announced last, and who is still to be looked at under them."""

from collections.abc import Mapping

import msgspec

from services.journey.domain.rules import Override, Rules

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


def heed(packed: bytes) -> Rules:
    """The rules of an announcement."""
    found = _read(packed)
    return Rules(found.defaults, tuple(found.overrides))


_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_read = msgspec.msgpack.Decoder(Announcement).decode
read_book = msgspec.msgpack.Decoder(Book).decode
