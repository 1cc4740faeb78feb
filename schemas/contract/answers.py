"""What the edge says of an event: an `Event` that Waypost takes, or why it does not."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

MAX_EVENT_BYTES: Final = 256 * 1024
"""The longest event that is taken, as sent; exactly this long is fine."""

MAX_ARRAY: Final = 20_000
"""The longest array that is answered element by element.

The smallest events there are do not fill a record's 2 MiB with so many; more are no events, and answers to each of a
million would cost far more than the message did.
"""

MAX_DEPTH: Final = 64
"""How deep objects and lists may lie in one another, counted from `data`."""

AHEAD_MS: Final = 24 * 3_600_000
"""How far ahead of its arrival an event of a live shop may be; exactly this far is fine."""

BEHIND_MS: Final = 90 * 24 * 3_600_000
"""How far behind its arrival an event of a live shop may be before it is late; exactly this far is in time."""


class Reason(StrEnum):
    """Why an event is refused; the list is closed."""

    NOT_JSON = "not_json"
    NOT_CLOUDEVENTS = "not_cloudevents"
    UNKNOWN_TYPE = "unknown_type"
    INVALID_DATA = "invalid_data"
    NO_ALIAS = "no_alias"
    UNKNOWN_SHOP = "unknown_shop"
    TOO_LARGE = "too_large"
    IN_THE_FUTURE = "in_the_future"


class Event(msgspec.Struct, frozen=True, gc=False):
    """An event that passed the contract.

    `shop` is empty for a carrier's event that named none: its parcel's registration tells the shop.
    `time_us` is UTC microseconds since 1970.
    `data` is the data object's JSON text as sent, without whitespace around it; of a key that occurs twice in an
    object, the last one counts.
    `extensions` is a JSON object of the other CloudEvents attributes, or empty.
    `cell` is the key of the cell that the event goes to first.
    `late` says that a live shop's event came more than 90 days behind.
    """

    source: str
    id: str
    type: str
    shop: str
    time_us: int
    cell: str
    data: bytes
    extensions: bytes
    late: bool


Accepted = tuple[str, str, str, str, int, str, bytes, bytes, bool]
"""The fields of an `Event`, in their order: for who makes something else of them, and many a second."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that was refused: why, in words for its sender, and its bytes whole.

    `source`, `id`, `type` and `shop` are what could be read of them, else empty.
    `attributes` is a JSON object of the `ce_*` headers and content type of an event in binary mode, else empty:
    without them its payload could not be sent again.
    """

    reason: Reason
    message: str
    payload: bytes
    source: str = ""
    id: str = ""
    type: str = ""
    shop: str = ""
    attributes: bytes = b""


Answer = Event | Rejected


class RefusedError(Exception):
    """Carries a reason and a message from where an event fails to where its answer is made."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
