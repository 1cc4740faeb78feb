"""Which feeds are silent, as every partition was told: an entry in the table for each, so that one more costs one."""

from collections.abc import Mapping

import msgspec

from schemas.aliases import Kind, alias, cell_key
from schemas.shops import DEFAULT_SHOP
from services.journey.domain.letters import Silence

SILENT = b"s"
"""What the table keys of these entries begin with."""


class Silences:
    """Since when feeds are silent (ms), by cell key; those that are heard are not in it."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}
        self._changed: dict[str, None] = {}

    def restore(self, key: bytes, value: bytes) -> None:
        """Take an entry up as the table has it."""
        self._since[key[len(SILENT) :].decode()] = _read(value)

    def take_over(self, known: Mapping[str, int]) -> None:
        """Take up what an earlier version kept with the clocks."""
        self._since |= known
        self._changed |= dict.fromkeys(known)

    def hear(self, letter: Silence) -> None:
        """A feed fell silent, or is heard again."""
        self._changed[letter.to] = None
        if letter.since is not None:
            self._since[letter.to] = letter.since
        else:
            self._since.pop(letter.to, None)

    def since(self, shop: str, carrier: str) -> int | None:
        """Since when a shop does not hear a carrier (ms), None if it does; the default shop's feeds are everyone's."""
        feed = alias(Kind.FEED, carrier)
        known = (self._since.get(cell_key(owner, feed)) for owner in (shop, DEFAULT_SHOP))
        return max((since for since in known if since is not None), default=None)

    def pack(self) -> dict[bytes, bytes | None]:
        """What changed since the last time."""
        changed, self._changed = self._changed, {}
        return {SILENT + feed.encode(): _packed(self._since.get(feed)) for feed in changed}


def _packed(since: int | None) -> bytes | None:
    return None if since is None else _pack(since)


_pack = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(int).decode
