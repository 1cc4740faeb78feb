"""Events for tests of the contract: one that is fine, and ways to break it."""

import json
from typing import Any

from schemas.contract import Answer, Event, Rejected, digest, read
from schemas.instants import microseconds, read_instant
from schemas.shops import Clock, Shop, Shops

SHOPS = Shops([Shop("main", Clock.LIVE), Shop("olist", Clock.REPLAY), Shop("replay-*", Clock.REPLAY)])
RECEIVED = "2024-05-02T10:15:00Z"
RECEIVED_MS = microseconds(read_instant(RECEIVED)) // 1_000


def event(**changes: Any) -> dict[str, Any]:
    """A page view; `None` takes an attribute away."""
    whole = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "https://shop.example",
        "type": "storefront.page.viewed",
        "time": RECEIVED,
        "data": {"session_id": "s-1", "url": "https://shop.example/"},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def text(value: Any) -> bytes:
    """JSON as Python's own library writes it, NaN and half surrogate pairs included."""
    return json.dumps(value).encode()


def answers(value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> list[Answer]:
    return read(value, headers, RECEIVED_MS, SHOPS)


def answer(value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> Answer:
    """The only answer to a message."""
    (only,) = answers(value, headers)
    return only


def accepted(**changes: Any) -> Event:
    given = answer(text(event(**changes)))
    assert isinstance(given, Event), given
    return given


def digest_of(given: Event) -> bytes:
    return digest(given.type, given.shop, given.time_us, given.extensions, given.data)


def rejected(value: bytes | None) -> Rejected:
    given = answer(value)
    assert isinstance(given, Rejected), given
    return given


def refusal(**changes: Any) -> tuple[str, str]:
    """Reason and message of a changed event."""
    given = rejected(text(event(**changes)))
    return given.reason, given.message
