"""Events as analysts read them: one row each, taken from the earliest position that held it."""

from struct import Struct
from typing import Any

import msgspec

from schemas.aliases import split_cell_key
from schemas.contract import digest
from schemas.ids import event_id
from schemas.wire import EventItem, Position, read_events
from services.warehouse.domain.positions import digest_of
from services.warehouse.domain.tables import Row, Table, each

COLUMNS = (
    "event_id",
    "source",
    "id",
    "type",
    "shop",
    "occurred_at",
    "received_at",
    "topic",
    "partition",
    "offset",
    "index",
    "alias",
    "customer_id",
    "anonymous_id",
    "session_id",
    "order_id",
    "parcel_id",
    "ticket_id",
    "channel",
    "device",
    "data",
    "extensions",
    "digest",
    "late",
    "version",
    "deleted",
)

_Word = str | int | float | bool | None


class _Named(msgspec.Struct):
    """What an event's data may name; other fields are not even decoded."""

    customer_id: _Word = None
    anonymous_id: _Word = None
    session_id: _Word = None
    order_id: _Word = None
    ticket_id: _Word = None
    carrier: _Word = None
    tracking_number: _Word = None
    channel: _Word = None
    device: _Word = None


_read_named = msgspec.json.Decoder(_Named).decode
_place = Struct(">Q8sIQI").pack
_GREATEST = (1 << 256) - 1


def read_with_digests(value: bytes) -> list[EventItem]:
    """The events of a message, with their digests. Raises as `read_events` does."""
    return [event if event.digest else _with_digest(event) for event in read_events(value)]


def _with_digest(event: EventItem) -> EventItem:
    taken = digest(event.type, event.shop, event.time_us, event.extensions, event.data)
    return msgspec.structs.replace(event, digest=taken)


def earliness(at: Position) -> int:
    """A number that is the greater, the earlier a position is by (received_at, topic, partition, offset, index).

    Of the topic its first eight bytes count, in which the public topics differ.
    """
    place = _place(at.received_ms, at.topic.encode()[:8], at.partition, at.offset, at.index)
    return _GREATEST - int.from_bytes(place, "big")


def event(item: EventItem) -> Row:
    """The row of an event; words that its data does not carry are empty."""
    at = item.position
    named = _named(item.data)
    parcel = f"{named.carrier}/{named.tracking_number}" if named.carrier and named.tracking_number else ""
    return (
        event_id(item.source, item.id),
        item.source,
        item.id,
        item.type,
        item.shop,
        item.time_ms,
        at.received_ms,
        at.topic,
        at.partition,
        at.offset,
        at.index,
        split_cell_key(item.cell)[1],
        _text(named.customer_id),
        _text(named.anonymous_id),
        _text(named.session_id),
        _text(named.order_id),
        parcel,
        _text(named.ticket_id),
        _text(named.channel),
        _text(named.device),
        item.data,
        item.extensions,
        digest_of(item),
        item.late,
        earliness(at),
        0,
    )


def _named(data: bytes) -> _Named:
    try:
        return _read_named(data)
    except msgspec.ValidationError:
        return _leniently(msgspec.json.decode(data))


def _leniently(data: Any) -> _Named:
    """The words among the fields, where one of them is something else: a list, say."""
    fields = data if isinstance(data, dict) else {}
    words = {name: value for name in _Named.__struct_fields__ if isinstance(value := fields.get(name), _Word)}
    return _Named(**words)


def _text(word: _Word) -> str:
    return word if isinstance(word, str) else "" if word is None else str(word)


EVENTS = Table("events", COLUMNS, each(event))
