"""Writes events for sending, in structured mode."""

from collections.abc import Mapping
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="string")


def encode(event: Mapping[str, Any]) -> bytes:
    """The JSON text of an event given as a dictionary; `specversion` is added when it is absent.

    Decimals become strings and aware datetimes RFC 3339. Nothing is validated: `read` is what judges.
    """
    return _encoder.encode({"specversion": "1.0", **event})
