"""The edge of Waypost: turns the bytes of a public message into one answer per event."""

import json
from collections.abc import Sequence
from typing import Any, Final, Protocol, cast

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
    check_names,
    decode_envelope,
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

_many = msgspec.json.Decoder(list[Envelope])
_raw_elements = msgspec.json.Decoder(list[msgspec.Raw])


Judged = Accepted | Rejected

_NO_ANSWERS: Final[list[Judged]] = []


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


def judge_all(messages: Sequence[Message], shops: Shops) -> list[list[Judged]]:
    """The answers to each message, as `judge` gives them; many of one event each cost less together."""
    answers: list[list[Judged]] = [_NO_ANSWERS] * len(messages)
    envelopes: dict[int, Envelope] = {}
    for index, message in enumerate(messages):
        value = message.value
        if value and not message.headers and value.startswith(b"{") and len(value) <= MAX_EVENT_BYTES:
            try:
                envelopes[index] = decode_envelope(value)
                continue
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass
        answers[index] = judge(value, message.headers, message.timestamp_ms, shops)
    alone = [messages[index] for index in envelopes]
    text = b"".join([message.value or b"" for message in alone])
    received = [message.timestamp_ms for message in alone]
    taken = _quickly([*envelopes.values()], text, received, shops)
    for index, answer, message in zip(envelopes, taken, alone, strict=True):
        answers[index] = [answer] if answer else judge(message.value, message.headers, message.timestamp_ms, shops)
    return answers


def judge(value: bytes | None, headers: binary.Headers, received_ms: int, shops: Shops) -> list[Judged]:
    """One answer per event of a message, in order; at least one, and no input makes it raise.

    A value is one event, an array of events, or in binary mode the data of one event. An array that cannot be cut into
    elements is answered once, as a whole; in any other, each element is judged alone and keeps its own bytes.
    `received_ms` is the record's broker timestamp, by which live shops' events are found late or ahead.
    """
    value = value or b""
    in_headers = binary.binary_headers(headers) if headers else None
    if in_headers is not None:
        return [_read_binary(value, in_headers, received_ms, shops)]
    start = value.lstrip(WHITESPACE)[:1] if value[:1] != b"{" else b"{"
    if start == b"[":
        return _read_array(value, received_ms, shops)
    if not start:
        return [Rejected(Reason.NOT_JSON, "the message is empty, expected an event or an array of events", value)]
    return [judge_one(value, received_ms, shops)]


def _read_array(value: bytes, received_ms: int, shops: Shops) -> list[Judged]:
    """The quick way when all envelopes are usual and none can be too large; else element by element."""
    if len(value) <= MAX_EVENT_BYTES:
        try:
            envelopes = _many.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            envelopes = []
        if envelopes:
            return _judge_all(envelopes, value, received_ms, shops)
    payloads = _cut(value)
    if payloads is None:
        return [Rejected(Reason.NOT_JSON, _broken_array(value), value)]
    if not payloads:
        return [Rejected(Reason.NOT_CLOUDEVENTS, "the array is empty, expected at least one event", value)]
    if len(payloads) > MAX_ARRAY:
        return [Rejected(Reason.TOO_LARGE, _too_many(payloads), value)]
    return [judge_one(payload, received_ms, shops) for payload in payloads]


def _judge_all(envelopes: list[Envelope], value: bytes, received_ms: int, shops: Shops) -> list[Judged]:
    quickly = _quickly(envelopes, value, [received_ms] * len(envelopes), shops)
    if all(quickly):
        return cast(list[Judged], quickly)
    payloads: list[msgspec.Raw] = []
    answers: list[Judged] = []
    for index, (envelope, taken) in enumerate(zip(envelopes, quickly, strict=True)):
        try:
            answers.append(taken or _judge(open_envelope(envelope), received_ms, shops))
        except RefusedError as refused:
            payloads = payloads or _raw_elements.decode(value)
            answers.append(_reject(refused, bytes(payloads[index]), _names_of(envelope)))
    return answers


def _quickly(
    envelopes: Sequence[Envelope], text: bytes, received_ms: Sequence[int], shops: Shops
) -> list[Accepted | None]:
    """What the quick way makes of events with this text; it is only for those that are surely plain."""
    if surely_plain(text):
        return quick.take(envelopes, received_ms, shops)
    taken: list[Accepted | None] = [None] * len(envelopes)
    plain = [index for index, envelope in enumerate(envelopes) if _is_plain(envelope)]
    found = quick.take([envelopes[index] for index in plain], [received_ms[index] for index in plain], shops)
    for index, answer in zip(plain, found, strict=True):
        taken[index] = answer
    return taken


def _is_plain(envelope: Envelope) -> bool:
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
    taken = shape.read(data) if shape is not None and surely_plain(data) else None
    content, home = taken or read_data(event_type, data)
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


def _shop_of(envelope: Envelope, shops: Shops) -> tuple[str, bool]:
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


def _in_the_future(envelope: Envelope) -> str:
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


def _names_of(envelope: Envelope) -> dict[str, Any]:
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
