"""The edge of Waypost: turns the bytes of a public message into one answer per event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Generic, Protocol, TypeVar

import msgspec

from schemas.contract import binary, quick
from schemas.contract.answers import MAX_ARRAY, MAX_EVENT_BYTES, Answer, Event, Reason, RefusedError, Rejected
from schemas.contract.careful import Judged, judge_binary, judge_one, judge_opened, names_of, reject
from schemas.contract.envelope import Envelope, Usual, decode_envelope, decode_envelopes, open_envelope
from schemas.contract.shapes import surely_plain
from schemas.contract.structure import WHITESPACE, elements
from schemas.contract.wording import plain
from schemas.shops import Shops

_raw_elements = msgspec.json.Decoder(list[msgspec.Raw])


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

    Every place, counted from 0, is either among those of events that were `taken` or among the `refused`.
    """

    messages: Sequence[M]
    size: int
    taken: quick.Taken
    refused: Mapping[int, Rejected]

    @property
    def alone(self) -> bool:
        """Whether each event has a message of its own."""
        return len(self.messages) == self.size

    def answers(self) -> list[Judged]:
        """The answer to each event, in order."""
        found: dict[int, Judged] = dict(self.refused)
        found.update(zip(self.taken.places, self.taken.rows(), strict=True))
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
        return judge_binary(value, in_headers, message.timestamp_ms, shops)
    if not value.strip(WHITESPACE):
        return Rejected(Reason.NOT_JSON, "the message is empty, expected an event or an array of events", value)
    return judge_one(value, message.timestamp_ms, shops)


def _run(messages: Sequence[M], size: int, taken: quick.Taken, others: Mapping[int, Judged]) -> Run[M]:
    """What the quick way took, and the answers to all others."""
    refused = {place: answer for place, answer in others.items() if isinstance(answer, Rejected)}
    accepted = {place: answer for place, answer in others.items() if not isinstance(answer, Rejected)}
    if accepted:
        accepted.update(zip(taken.places, taken.rows(), strict=True))
        taken = quick.gather(dict(sorted(accepted.items())))
    return Run(messages, size, taken, refused)


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
    return _run((message,), len(answers), quick.gather({}), dict(enumerate(answers)))


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
            others[place] = judge_opened(open_envelope(envelope), received_ms, shops)
        except RefusedError as refused:
            payloads = payloads or _raw_elements.decode(value)
            others[place] = reject(refused, bytes(payloads[place]), names_of(envelope))
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
