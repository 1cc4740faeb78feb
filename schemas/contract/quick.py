"""Judges the events that are as they should be, which most are, at little more than what decoding them costs.

It takes no event that the careful way refuses, and says the same of those it takes; property tests hold it to that.
Calls are counted here: one more for each event costs as much as a tenth of decoding it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from xxhash import xxh3_64_digest

from schemas.contract.answers import AHEAD_MS, BEHIND_MS, Accepted
from schemas.contract.content import MINUS_ZERO, encode_others, pack
from schemas.contract.envelope import Envelope, others_of
from schemas.contract.shapes import SHAPES
from schemas.events import SHOPLESS_TYPES
from schemas.instants import END, EPOCH, microseconds
from schemas.shops import DEFAULT_SHOP, Shops

_END_US: Final = microseconds(END)
_READERS: Final = {name: (shape.read, "" if name in SHOPLESS_TYPES else DEFAULT_SHOP) for name, shape in SHAPES.items()}

_NONE: Final = "?"
"""No shop can have this name, nor an empty one."""


def take(opened: Sequence[Envelope], received_ms: Iterable[int], shops: Shops) -> list[Accepted | None]:
    """What each event comes to, given when its record was received; None leaves it to the careful way.

    Only for events whose data are `surely_plain`, and no control character in source or id.
    """
    taken: list[Accepted | None] = [None] * len(opened)
    written: list[bytes] = []
    readers, live_of = _READERS, _Live(shops)
    epoch, zone = EPOCH, EPOCH.tzinfo
    for index, (envelope, now_ms) in enumerate(zip(opened, received_ms, strict=False)):
        event_type, shop, time = envelope.type, envelope.shop, envelope.time
        reader = readers.get(event_type)
        if reader is None:
            continue
        read, usual = reader
        live = live_of[usual if shop is None else shop or _NONE]
        data = bytes(envelope.data)
        found = read(data)
        if found is None or live is None:
            continue
        if time.tzinfo is not zone:  # between two of one zone the difference is seven times as quick
            zone = time.tzinfo
            epoch = EPOCH.astimezone(zone)
        since = time - epoch
        time_us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        time_ms = time_us // 1_000
        if not 0 <= time_us < _END_US or (live and time_ms > now_ms + AHEAD_MS):
            continue
        content, home = found
        shop = usual if shop is None else shop
        if (
            envelope.datacontenttype
            is envelope.subject
            is envelope.dataschema
            is envelope.traceparent
            is envelope.tracestate
            is None
        ):
            extensions = b""
        else:
            extensions = encode_others(others_of(envelope))
        packed = pack((event_type, shop, time_us, extensions, content))
        written.append(packed)
        taken[index] = (
            envelope.source,
            envelope.id,
            event_type,
            shop,
            time_ms,
            f"/{home}" if home.startswith("parcel:") else f"{shop}/{home}",
            data,
            extensions,
            xxh3_64_digest(packed),
            live and time_ms < now_ms - BEHIND_MS,
        )
    return taken if MINUS_ZERO not in b"".join(written) else [None] * len(opened)


class _Live(dict[str, bool | None]):
    """Whether a shop is live by its name, of none (a carrier's event) it is not; None for an unknown one."""

    def __init__(self, shops: Shops) -> None:
        super().__init__({"": False})
        self._shops = shops

    def __missing__(self, name: str) -> bool | None:
        shop = self._shops.find(name)
        live = self[name] = None if shop is None else shop.live
        return live
