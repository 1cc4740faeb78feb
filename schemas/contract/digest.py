"""Boils the content of an event down to eight bytes, which tell a duplicate from a conflict.

Only who compares events needs them, so they are not taken at the edge, where every event costs.
"""

from typing import Any, Final

import msgspec
from xxhash import xxh3_64_digest

from schemas.contract.content import encode_sorted
from schemas.contract.decoding import decode
from schemas.contract.shapes import SHAPES

MINUS_ZERO: Final = b"\xcb\x80" + bytes(7)
ZERO: Final = b"\xcb" + bytes(8)
"""A float in MessagePack: minus zero is the same number as zero."""

_pack = msgspec.msgpack.Encoder().encode


def digest(event_type: str, shop: str, time_us: int, extensions: bytes, data: bytes) -> bytes:
    """Eight bytes that are equal for equal content of events that passed the contract, given as in an `Event`.

    The order of keys, whitespace, the spelling of a number, of the time's offset and of a default do not matter,
    everything else that was sent does. Two contents of one digest can be made on purpose; who makes them has a conflict
    of their own called a duplicate.
    """
    content = _content(event_type, data)
    if isinstance(content, msgspec.Struct):
        packed = _pack((event_type, shop, time_us, extensions, content))
        return xxh3_64_digest(packed.replace(MINUS_ZERO, ZERO))
    others = msgspec.json.decode(extensions) if extensions else None
    return xxh3_64_digest(encode_sorted((event_type, shop, time_us, others, content)))


def _content(event_type: str, data: bytes) -> msgspec.Struct | dict[str, Any]:
    """What data say: as the type's plain shape, which writes 2 as 2.0 where either may stand, if they are of it."""
    shape = SHAPES.get(event_type)
    if content := shape and shape.decode(data):
        return content
    whole: dict[str, Any] = decode(data)
    return (shape and shape.fit(whole)) or whole
