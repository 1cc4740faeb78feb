"""The edge of Waypost: turns the bytes of a public message into one answer per event."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from schemas.aliases import cell_key
from schemas.contract import binary, quick
from schemas.contract.answers import (
    AHEAD_MS,
    BEHIND_MS,
    MAX_ARRAY,
    MAX_EVENT_BYTES,
    Accepted,
    Answer,
    Event,
    Reason,
    RefusedError,
    Rejected,
)
from schemas.contract.content import digest, encode_others, read_data
from schemas.contract.envelope import (
    LONGEST_NAME,
    Envelope,
    Opened,
    Usual,
    check_names,
    decode_envelope,
    decode_envelopes,
    negative,
    open_attributes,
    open_envelope,
    open_text,
)
from schemas.contract.shapes import SHAPES, surely_plain
from schemas.contract.structure import WHITESPACE, elements
from schemas.contract.wording import plain, shown, storable
from schemas.events import SHOPLESS_TYPES
from schemas.instants import END, EPOCH, microseconds
from schemas.shops import DEFAULT_SHOP, Shops

_END_MS: Final = microseconds(END) // 1_000
_NO_HEADERS: Final[binary.Headers] = ()

_raw_elements = msgspec.json.Decoder(list[msgspec.Raw])


Judged = Accepted | Rejected


def read(value: bytes | None, headers: binary.Headers, received_ms: int, shops: Shops) -> list[Answer]:
    """One answer per event of a message, as `judge` gives them."""
    judged = judge(value, headers, received_ms, shops)
    return [Event(*answer) if isinstance(answer, tuple) else answer for answer in judged]


class Message(Protocol):
    """A record of a public topic; `timestamp_ms` is the broker's, by which events are found late or ahead."""

    @property
    def timestamp_ms(self) -> int:
        """When the broker received it."""
        ...

    @property
    def value(self) -> bytes | None:
        """An event, an array of events, or in binary mode the data of an event."""
        ...

    @property
    def headers(self) -> binary.Headers:
        """The record's headers."""
        ...


M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Run(Generic[M]):
    """Events that were judged together: all of one message, or as many messages of one event each.

    Every place, counted from 0, is either among those of a part that was `taken` or among the `refused`.
    """

    messages: Sequence[M]
    size: int
    taken: Sequence[quick.Taken]
    refused: Mapping[int, Rejected]

    def answers(self) -> list[Judged]:
        """The answer to each event, in order."""
        found: dict[int, Judged] = dict(self.refused)
        for part in self.taken:
            found.update(zip(part.places, part.rows(), strict=True))
        return [found[place] for place in range(self.size)]


def judge_all(messages: Iterable[M], shops: Shops) -> Iterator[Run[M]]:
    """All events of the messages in their order, those of neighbours that are no arrays together: they cost less so."""
    alone: list[M] = []
    for message in messages:
        if not _is_array(message):
            alone.append(message)
            continue
        if alone:
            yield _judge_alone(alone, shops)
            alone = []
        yield _judge_array(message, shops)
    if alone:
        yield _judge_alone(alone, shops)


def judge(value: bytes | None, headers: binary.Headers, received_ms: int, shops: Shops) -> list[Judged]:
    """One answer per event of a message, in order; at least one, and no input makes it raise.

    A value is one event, an array of events, or in binary mode the data of one event. An array that cannot be cut into
    elements is answered once, as a whole; in any other, each element is judged alone and keeps its own bytes.
    `received_ms` is the record's broker timestamp, by which live shops' events are found late or ahead.
    """
    (run,) = judge_all((_Given(received_ms, value, headers),), shops)
    return run.answers()


@dataclass(frozen=True, slots=True)
class _Given:
    timestamp_ms: int
    value: bytes | None
    headers: binary.Headers


def _is_array(message: Message) -> bool:
    value = message.value
    if not value or value.startswith(b"{") or not value.lstrip(WHITESPACE).startswith(b"["):
        return False
    return not message.headers or binary.binary_headers(message.headers) is None


def _judge_alone(messages: Sequence[M], shops: Shops) -> Run[M]:
    opened: list[Usual | Envelope] = []
    places: list[int] = []
    for place, message in enumerate(messages):
        value = message.value
        if value and not message.headers and len(value) <= MAX_EVENT_BYTES:
            try:
                opened.append(decode_envelope(value))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
            places.append(place)
    text = b"".join([messages[place].value or b"" for place in places])
    stamps = [message.timestamp_ms for message in messages]
    received = quick.Received(min(stamps), max(stamps), stamps.__getitem__)
    taken = _quickly(opened, places, text, received, shops)
    others = {place: _judge_single(messages[place], shops) for place in _left(taken, len(messages))}
    return _run(messages, len(messages), taken, others)


def _judge_single(message: Message, shops: Shops) -> Judged:
    """The answer to a message that is no array, the careful way."""
    value = message.value or b""
    in_headers = binary.binary_headers(message.headers) if message.headers else None
    if in_headers is not None:
        return _read_binary(value, in_headers, message.timestamp_ms, shops)
    if not value.strip(WHITESPACE):
        return Rejected(Reason.NOT_JSON, "the message is empty, expected an event or an array of events", value)
    return judge_one(value, message.timestamp_ms, shops)


def _run(messages: Sequence[M], size: int, taken: quick.Taken | None, others: Mapping[int, Judged]) -> Run[M]:
    """What the quick way took, and the answers to all others."""
    refused = {place: answer for place, answer in others.items() if isinstance(answer, Rejected)}
    accepted = {place: answer for place, answer in others.items() if not isinstance(answer, Rejected)}
    parts = [taken] if taken and taken.places else []
    return Run(messages, size, [*parts, quick.gather(accepted)] if accepted else parts, refused)


def _left(taken: quick.Taken, size: int) -> Sequence[int]:
    """The places of events that were not taken."""
    return () if len(taken.places) == size else sorted(set(range(size)).difference(taken.places))


def _judge_array(message: M, shops: Shops) -> Run[M]:
    """The quick way when all envelopes are usual and none can be too large; else element by element."""
    value = message.value or b""
    if len(value) <= MAX_EVENT_BYTES:
        try:
            envelopes = decode_envelopes(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            envelopes = []
        if envelopes:
            return _judge_envelopes(message, value, envelopes, shops)
    answers = _judge_elements(value, message.timestamp_ms, shops)
    return _run((message,), len(answers), None, dict(enumerate(answers)))


def _judge_elements(value: bytes, received_ms: int, shops: Shops) -> list[Judged]:
    payloads = _cut(value)
    if payloads is None:
        return [Rejected(Reason.NOT_JSON, _broken_array(value), value)]
    if not payloads:
        return [Rejected(Reason.NOT_CLOUDEVENTS, "the array is empty, expected at least one event", value)]
    if len(payloads) > MAX_ARRAY:
        return [Rejected(Reason.TOO_LARGE, _too_many(payloads), value)]
    return [judge_one(payload, received_ms, shops) for payload in payloads]


def _judge_envelopes(message: M, value: bytes, envelopes: list[Usual | Envelope], shops: Shops) -> Run[M]:
    size, received_ms = len(envelopes), message.timestamp_ms
    received = quick.Received(received_ms, received_ms, lambda _place: received_ms)
    taken = _quickly(envelopes, range(size), value, received, shops)
    payloads: list[msgspec.Raw] = []
    others: dict[int, Judged] = {}
    left = _left(taken, size)
    if left:
        envelopes = decode_envelopes(value)
    for place in left:
        envelope = envelopes[place]
        try:
            others[place] = _judge(open_envelope(envelope), received_ms, shops)
        except RefusedError as refused:
            payloads = payloads or _raw_elements.decode(value)
            others[place] = _reject(refused, bytes(payloads[place]), _names_of(envelope))
    return _run((message,), size, taken, others)


def _quickly(
    envelopes: list[Usual | Envelope],
    places: Sequence[int],
    text: bytes,
    received: quick.Received,
    shops: Shops,
) -> quick.Taken:
    """What the quick way makes of events with this text and these places; it is only for the surely plain ones."""
    if not surely_plain(text):
        plain = [_is_plain(envelope) for envelope in envelopes]
        envelopes, places = [*compress(envelopes, plain)], [*compress(places, plain)]
    return quick.take(envelopes, places, received, shops)


def _is_plain(envelope: Usual | Envelope) -> bool:
    return envelope.id.isprintable() and envelope.source.isprintable() and surely_plain(bytes(envelope.data))


def _cut(value: bytes) -> list[bytes] | None:
    try:
        return [bytes(element) for element in _raw_elements.decode(value)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return elements(value)


def _too_many(payloads: list[bytes]) -> str:
    return f"the array has {len(payloads):,} elements, expected at most {MAX_ARRAY:,}"


def _broken_array(value: bytes) -> str:
    try:
        _raw_elements.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        return f"not JSON: {plain(problem)}; the array cannot be cut into events"
    except RecursionError:
        pass
    return "not JSON: brackets or quotes do not close; the array cannot be cut into events"


def judge_one(payload: bytes, received_ms: int, shops: Shops) -> Judged:
    """The answer to one event's text, the careful way."""
    opened: Opened | None = None
    try:
        _check_size(payload)
        opened = open_text(payload)
        return _judge(opened, received_ms, shops)
    except RefusedError as refused:
        return _reject(refused, payload, _names_in(payload) if opened is None else _names_of(opened[0]))


def _read_binary(payload: bytes, headers: dict[str, bytes], received_ms: int, shops: Shops) -> Judged:
    names: dict[str, Any] = {
        name.removeprefix(binary.PREFIX): text.decode("utf-8", "replace") for name, text in headers.items()
    }
    try:
        _check_size(payload, sum(len(name) + len(text) for name, text in headers.items()))
        attributes = binary.attributes_of(headers)
        if not payload.strip(WHITESPACE):
            raise RefusedError(Reason.NOT_JSON, "the message is empty, expected the event's data as a JSON object")
        return _judge(open_attributes(attributes, payload), received_ms, shops)
    except RefusedError as refused:
        return _reject(refused, payload, names, binary.as_json(headers))


def _check_size(payload: bytes, headers: int = 0) -> None:
    """An event's size is that of its text, in binary mode with its attributes: both are kept."""
    size = len(payload) + headers
    if size > MAX_EVENT_BYTES:
        raise RefusedError(
            Reason.TOO_LARGE, f"the event has {size:,} bytes, expected at most {MAX_EVENT_BYTES:,} (256 KiB)"
        )


def _judge(opened: Opened, received_ms: int, shops: Shops) -> Accepted:
    """The event of an envelope; raises RefusedError with the first of the reasons that holds."""
    envelope, others = opened
    check_names(envelope)
    since = envelope.time - EPOCH
    time_us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if time_us < 0:
        raise negative(envelope)
    data = bytes(envelope.data)
    event_type = envelope.type
    shape = SHAPES.get(event_type)
    content, home = (shape and surely_plain(data) and shape.read_one(data)) or read_data(event_type, data)
    shop, live = _shop_of(envelope, shops)
    time_ms = time_us // 1_000
    if time_ms >= _END_MS or (live and time_ms > received_ms + AHEAD_MS):
        raise RefusedError(Reason.IN_THE_FUTURE, _in_the_future(envelope))
    return (
        envelope.source,
        envelope.id,
        event_type,
        shop,
        time_ms,
        cell_key(shop, home),
        data,
        encode_others(others) if others else b"",
        digest(event_type, shop, time_us, others, content),
        live and time_ms < received_ms - BEHIND_MS,
    )


def _shop_of(envelope: Usual | Envelope, shops: Shops) -> tuple[str, bool]:
    """The event's shop and whether its clock is the wall's; a carrier's event may name none."""
    name = envelope.shop
    if name is None:
        if envelope.type in SHOPLESS_TYPES:
            return "", False
        name = DEFAULT_SHOP
    shop = shops.find(name)
    if shop is None:
        raise RefusedError(
            Reason.UNKNOWN_SHOP, f"shop: given {shown(name)}, expected a shop declared in config/shops.yaml"
        )
    return name, shop.live


def _shop_or_default(shop: str | None, event_type: str) -> str:
    if shop is not None:
        return shop
    return "" if event_type in SHOPLESS_TYPES else DEFAULT_SHOP


def _in_the_future(envelope: Usual | Envelope) -> str:
    return (
        f"time: given {envelope.time.isoformat()}, expected at most 24 hours ahead of its arrival: "
        "check the sender's clock and the offset"
    )


def _reject(refused: RefusedError, payload: bytes, names: dict[str, Any], attributes: bytes = b"") -> Rejected:
    shop = _shop_or_default(_text(names.get("shop")), str(names.get("type"))) if names else ""
    source, id, event_type = (_text(names.get(name)) or "" for name in ("source", "id", "type"))
    return Rejected(refused.reason, storable(refused.message), payload, source, id, event_type, shop, attributes)


def _text(value: Any) -> str | None:
    """A name to keep with a refused event: text that can be stored, cut at the length that is allowed."""
    return storable(value[:LONGEST_NAME]) if isinstance(value, str) else None


def _names_of(envelope: Usual | Envelope) -> dict[str, Any]:
    return {"source": envelope.source, "id": envelope.id, "type": envelope.type, "shop": envelope.shop}


def _unread(_number: str) -> None:
    """Stands for a number: names are text, and a number may be longer than Python reads."""


def _names_in(payload: bytes) -> dict[str, Any]:
    """The attributes of a refused text, read with every leniency: they only tell its sender which event it was."""
    try:
        found = json.loads(payload.decode("utf-8", "replace"), strict=False, parse_int=_unread, parse_float=_unread)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
