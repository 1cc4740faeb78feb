"""Reads the CloudEvents attributes around the data: at speed when they are the usual ones, else one by one.

Both ways take the same events: the quick one knows the usual attributes only and leaves all others to the careful one.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec

from schemas.contract.answers import Reason, RefusedError
from schemas.contract.decoding import decode, too_deep
from schemas.contract.structure import WHITESPACE
from schemas.contract.wording import plain, shown, storable
from schemas.events import EVENT_TYPES

LONGEST_NAME: Final = 512
"""The most characters that an event's id and its source may have."""

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
_Time = Annotated[datetime, msgspec.Meta(tz=True)]

_USUAL: Final = ("subject", "datacontenttype", "dataschema", "traceparent", "tracestate")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_MEANING: Final[dict[str, str]] = {
    "specversion": 'the version of CloudEvents, "1.0"',
    "id": "the event's own name, unique within its source",
    "source": "the name of the system that sends it",
    "type": "what happened, like storefront.order.placed",
    "time": "when it happened: an RFC 3339 instant with an offset, like 2024-05-02T10:15:00+02:00",
    "data": "an object with the facts of the event",
    "shop": "the name of a shop, or nothing",
}


if TYPE_CHECKING:
    _Known = str
else:
    _Known = Literal[tuple(EVENT_TYPES)]  # so that each name is one object, whose hash is known


class Usual(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The attributes that most events have and no others, its data still JSON text.

    `time` is rounded to the microsecond. Nothing is kept apart of such an event.
    """

    specversion: Literal["1.0"]
    id: _Name
    source: _Name
    type: _Known
    time: _Time
    data: msgspec.Raw
    shop: str | None = None
    datacontenttype: Literal["application/json"] | None = None


class Envelope(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """All attributes that CloudEvents and its tracing extension name, read like the usual ones."""

    specversion: Literal["1.0"]
    id: _Name
    source: _Name
    type: str
    time: _Time
    data: msgspec.Raw
    shop: str | None = None
    datacontenttype: str | None = None
    subject: str | None = None
    dataschema: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None


Opened = tuple[Usual | Envelope, dict[str, Any] | None]
"""An envelope and, apart, the attributes that Waypost only keeps."""

_decode_usual = msgspec.json.Decoder(Usual).decode
_decode_envelope = msgspec.json.Decoder(Envelope).decode
_decode_all_usual = msgspec.json.Decoder(list[Usual]).decode
_decode_all_envelopes = msgspec.json.Decoder(list[Envelope]).decode

_attributes = msgspec.json.Decoder(dict[str, msgspec.Raw])


def open_text(text: bytes) -> Opened:
    """Read one event's JSON text; raises RefusedError with what is wrong first."""
    try:
        try:
            return open_envelope(decode_envelope(text))
        except msgspec.ValidationError:
            return _open_carefully(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise RefusedError(Reason.NOT_JSON, f"not JSON: {plain(problem)}") from None
    except RecursionError:
        raise too_deep() from None


def decode_envelope(text: bytes) -> Usual | Envelope:
    """One event's JSON text, if it has no attributes but those that are known. Raises what msgspec raises."""
    try:
        return _decode_usual(text)
    except msgspec.ValidationError:
        return _decode_envelope(text)


def decode_envelopes(text: bytes) -> list[Usual | Envelope]:
    """A JSON array of such events."""
    try:
        return [*_decode_all_usual(text)]
    except msgspec.ValidationError:
        return [*_decode_all_envelopes(text)]


def open_envelope(envelope: Usual | Envelope) -> Opened:
    """What the quick way read, the attributes beyond Waypost's own set apart."""
    return envelope, others_of(envelope)


def others_of(envelope: Usual | Envelope) -> dict[str, Any] | None:
    """The attributes beyond Waypost's own set that are worth keeping."""
    if isinstance(envelope, Usual) or (
        envelope.datacontenttype
        is envelope.subject
        is envelope.dataschema
        is envelope.traceparent
        is envelope.tracestate
        is None
    ):
        return None
    return _kept({name: getattr(envelope, name) for name in _USUAL})


def open_attributes(attributes: Mapping[str, Any], data: bytes | None) -> Opened:
    """Check attributes whose values are read already; raises RefusedError naming the first that is wrong."""
    if attributes.get("specversion") != "1.0":
        raise _wrong(attributes, "specversion")
    shop = attributes.get("shop")
    if not (shop is None or isinstance(shop, str)):
        raise _wrong(attributes, "shop")
    envelope = Envelope(
        specversion="1.0",
        id=_name(attributes, "id"),
        source=_name(attributes, "source"),
        type=_name(attributes, "type"),
        time=_time(attributes),
        data=_data(attributes, data),
        shop=shop,
    )
    return envelope, _kept({name: value for name, value in attributes.items() if name not in _MEANING})


def check_names(envelope: Usual | Envelope) -> None:
    """Raise RefusedError for control characters in the id or source."""
    if not (envelope.id.isprintable() and envelope.source.isprintable()):
        for name, given in (("id", envelope.id), ("source", envelope.source)):
            if _CONTROL.search(given):
                raise _refused(f"{name}: given {shown(given)}, expected text without control characters")


def negative(envelope: Usual | Envelope) -> RefusedError:
    """The refusal of an event's time before 1970."""
    return _refused(f"time: given {envelope.time.isoformat()}, expected an instant of 1970 or later")


def _open_carefully(text: bytes) -> Opened:
    try:
        raw = _attributes.decode(text)
    except msgspec.ValidationError:
        raise _refused(f"given {_kind(text)}, expected one CloudEvents object") from None
    attributes = {name: _attribute(name, bytes(value)) for name, value in raw.items() if name != "data"}
    data = raw.get("data")
    return open_attributes(attributes, None if data is None else bytes(data))


def _attribute(name: str, text: bytes) -> Any:
    try:
        return decode(text)
    except msgspec.ValidationError as problem:
        raise _refused(f"{storable(name[:40])}: {plain(problem)}") from None


def _kept(attributes: Mapping[str, Any]) -> dict[str, Any] | None:
    """The attributes worth keeping: those that are set, and a content type only if it is not the default."""
    return {
        name: value
        for name, value in attributes.items()
        if value is not None and not (name == "datacontenttype" and isinstance(value, str) and says_json(value))
    } or None


def says_json(content_type: str) -> bool:
    """Whether a content type only states the default."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _name(attributes: Mapping[str, Any], name: str) -> str:
    given = attributes.get(name)
    if not isinstance(given, str) or not given:
        raise _wrong(attributes, name)
    if len(given) > LONGEST_NAME:
        raise _refused(f"{name}: given {len(given)} characters, expected at most {LONGEST_NAME}")
    return given


def _time(attributes: Mapping[str, Any]) -> datetime:
    given = attributes.get("time")
    try:
        instant = msgspec.convert(given, datetime) if isinstance(given, str) else None
    except msgspec.ValidationError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise _wrong(attributes, "time")
    return instant


def _data(attributes: Mapping[str, Any], data: bytes | None) -> msgspec.Raw:
    if data is not None:
        return msgspec.Raw(data.strip(WHITESPACE))
    if "data_base64" in attributes:
        raise _refused("data is missing: data_base64 is not read, expected the facts as a JSON object in data")
    raise _wrong(attributes, "data")


def _wrong(attributes: Mapping[str, Any], name: str) -> RefusedError:
    given = attributes.get(name)
    what = f"{name} is missing" if given is None else f"{name}: given {shown(given)}"
    return _refused(f"{what}, expected {_MEANING[name]}")


def _refused(message: str) -> RefusedError:
    return RefusedError(Reason.NOT_CLOUDEVENTS, message)


def _kind(text: bytes) -> str:
    first = text.lstrip()[:1]
    return {b"[": "a list", b'"': "text", b"n": "null", b"t": "true", b"f": "false"}.get(first, "a number")
