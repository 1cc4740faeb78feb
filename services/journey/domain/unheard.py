"""Who is to be looked at again when a feed falls silent or is heard again.

Every root with something open because nothing is heard of a carrier is noted under that carrier's feed: in the table,
an entry for each, so that one more costs one more, however many there are.
"""

from collections.abc import Collection, Iterator
from heapq import nsmallest

from schemas import aliases
from schemas.aliases import cell_key, split_cell_key
from schemas.shops import DEFAULT_SHOP

UNHEARD = b"h"
"""What the table keys of these notes begin with."""

LOOKS = 500
"""How many roots are looked at for the sake of one feed with one message."""

_NOTED = b"\x01"


class Unheard:
    """The roots of one partition that wait for a carrier's word, by feed."""

    def __init__(self) -> None:
        self._roots: dict[str, set[str]] = {}  # cell key of a feed, of the root's own shop -> roots
        self._feeds: dict[str, frozenset[str]] = {}  # root -> feeds
        self._changed: dict[tuple[str, str], None] = {}

    def restore(self, key: bytes) -> None:
        """Take a note up as the table has it."""
        length, _, names = key[len(UNHEARD) :].decode().partition(":")
        feed, root = names[: int(length)], names[int(length) :]
        self._roots.setdefault(feed, set()).add(root)
        self._feeds[root] = self._feeds.get(root, frozenset()) | {feed}

    def note(self, root: str, carriers: Collection[str]) -> None:
        """These are the carriers for whose word something of a root waits, and no others."""
        known = self._feeds.get(root)
        if not carriers and known is None:
            return
        shop = split_cell_key(root)[0]
        feeds = frozenset(cell_key(shop, aliases.alias(aliases.Kind.FEED, carrier)) for carrier in carriers)
        for feed in feeds ^ (known or frozenset()):
            roots = self._roots.setdefault(feed, set())
            roots.add(root) if feed in feeds else roots.remove(root)
            if not roots:
                del self._roots[feed]
            self._changed[feed, root] = None
        self._feeds[root] = feeds
        if not feeds:
            del self._feeds[root]

    def waiting_for(self, feed: str, after: str) -> list[str]:
        """Roots that wait for the word of a feed, in order from behind `after` on: as many as are looked at at once.

        A feed of the default shop is every shop's.
        """
        roots = (root for known in self._known_as(feed) for root in self._roots[known] if root > after)
        return nsmallest(LOOKS, roots)

    def pack(self) -> tuple[dict[bytes, bytes | None], dict[bytes, bytes | None]]:
        """What was noted since the last time, and what was struck out.

        The former is to be written before the roots themselves, the latter behind them: a note too many only costs
        a look.
        """
        changed, self._changed = self._changed, {}
        noted = {pair: pair[1] in self._roots.get(pair[0], ()) for pair in changed}
        added: dict[bytes, bytes | None] = {_key(*pair): _NOTED for pair, is_noted in noted.items() if is_noted}
        return added, {_key(*pair): None for pair, is_noted in noted.items() if not is_noted}

    def _known_as(self, feed: str) -> Iterator[str]:
        shop, alias = split_cell_key(feed)
        if shop != DEFAULT_SHOP:
            return (known for known in (feed,) if known in self._roots)
        return (known for known in self._roots if split_cell_key(known)[1] == alias)


def _key(feed: str, root: str) -> bytes:
    """The length keeps any two pairs apart."""
    return UNHEARD + f"{len(feed)}:{feed}{root}".encode()
