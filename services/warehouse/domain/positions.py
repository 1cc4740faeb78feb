"""The ledger: every position of the public topics with what was found there.

A position is found once, whatever is read again. Should two runs of ingest have found different things (a rule was
changed between a crash and its repair), the one that changed journeys wins: accepted, then rejected, tick, gap.
"""

from collections.abc import Sequence
from struct import Struct
from zlib import crc32

from schemas.wire import EventItem, PositionItem, RejectedItem
from services.warehouse.domain.tables import Row, Table, each

COLUMNS = (
    "topic",
    "partition",
    "offset",
    "index",
    "of",
    "offsets",
    "received_at",
    "finding",
    "reason",
    "message",
    "payload",
    "attributes",
    "shop",
    "source",
    "id",
    "type",
    "digest",
    "version",
    "deleted",
)

_ACCEPTED, _REJECTED, _TICK, _GAP = 4 << 60, 3 << 60, 2 << 60, 1 << 60
_LONGEST_GAP = (1 << 60) - 1
_digest = Struct(">Q").unpack


def digest_of(item: EventItem) -> int:
    """The digest of an event's content as the number that is stored."""
    return int(_digest(item.digest)[0])


def accepted(item: EventItem) -> Row:
    """The position of an event that was taken."""
    at = item.position
    finding = "late" if item.late else "accepted"
    version = _ACCEPTED | (not item.late)
    kept = ("", "", b"", b"", item.shop, item.source, item.id, item.type, digest_of(item), version, 0)
    return (at.topic, at.partition, at.offset, at.index, at.of, 1, at.received_ms, finding, *kept)


def rejected(item: RejectedItem) -> Row:
    """The position of an event that was refused, with its bytes and, in binary mode, its headers."""
    at = item.position
    version = _REJECTED | crc32(f"{item.reason}\0{item.message}".encode())
    said = (item.reason, item.message, item.payload, item.attributes)
    kept = (*said, item.shop, item.source, item.id, item.type, 0, version, 0)
    return (at.topic, at.partition, at.offset, at.index, at.of, 1, at.received_ms, "rejected", *kept)


def eventless(item: PositionItem) -> list[Row]:
    """The positions of ticks, a row each, or of offsets that never came, in one row.

    Where runs of ticks begin and end depends on how they were read, so each tick has a row of its own. A hole begins
    behind the record before it; read again when older records had expired it is longer, so the shortest one counts.
    """
    if item.answer == "gap":
        return [_eventless(item, item.position.offset, item.offsets, _GAP | (_LONGEST_GAP - item.offsets))]
    return [_eventless(item, item.position.offset + step, 1, _TICK) for step in range(item.offsets)]


def _eventless(item: PositionItem, offset: int, offsets: int, version: int) -> Row:
    at = item.position
    nothing = ("", "", b"", b"", "", "", "", "", 0, version, 0)
    return (at.topic, at.partition, offset, at.index, 1, offsets, at.received_ms, item.answer, *nothing)


def _of_eventless(items: Sequence[PositionItem]) -> list[Row]:
    return [row for item in items for row in eventless(item)]


ACCEPTED = Table("ledger", COLUMNS, each(accepted))
REJECTED = Table("ledger", COLUMNS, each(rejected))
EVENTLESS = Table("ledger", COLUMNS, _of_eventless)
