"""Decodes JSON values the one way that counts: last key wins, whole floats are ints, nothing beyond measure."""

import math
from typing import Any, Final

import msgspec

from schemas.contract.answers import MAX_DEPTH, Reason, RefusedError
from schemas.contract.structure import depth

_EXACT: Final = 2**53
"""Below this a float that is whole is the same number as the int."""


def _number(text: str) -> float | int:
    """A JSON number with a point or exponent; whole ones become ints, so that 1.0 and 1 are equal content."""
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is too large, expected one that a 64-bit float can hold")
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


_decoder = msgspec.json.Decoder(float_hook=_number)


def decode(text: bytes) -> Any:
    """What a JSON text says.

    Raises msgspec.ValidationError for a number beyond measure, msgspec.DecodeError or UnicodeDecodeError for what is no
    JSON, and RefusedError for what is nested too deep, which does not depend on how deep the caller stands.
    """
    if text.count(b"{") + text.count(b"[") > MAX_DEPTH and depth(text) > MAX_DEPTH:
        raise too_deep()
    return _decoder.decode(text)


def too_deep() -> RefusedError:
    """The refusal of what is nested deeper than any event needs."""
    return RefusedError(
        Reason.NOT_JSON, f"nested too deep: expected at most {MAX_DEPTH} objects and lists in one another"
    )
