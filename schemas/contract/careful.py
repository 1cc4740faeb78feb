"""One event, judged the careful way: whatever is wrong with it, the answer says so in words."""

import json
from typing import Any, Final

from schemas.aliases import cell_key
from schemas.contract import binary
from schemas.contract.answers import (
    AHEAD_MS,
    BEHIND_MS,
    MAX_EVENT_BYTES,
    Accepted,
    Reason,
    RefusedError,
    Rejected,
)
from schemas.contract.content import encode_others, home_of
from schemas.contract.envelope import (
    LONGEST_NAME,
    Envelope,
    Opened,
    Usual,
    check_names,
    negative,
    open_attributes,
    open_text,
)
from schemas.contract.shapes import SHAPES, surely_plain
from schemas.contract.structure import WHITESPACE
from schemas.contract.wording import shown, storable
from schemas.events import SHOPLESS_TYPES
from schemas.instants import END, EPOCH, microseconds
from schemas.shops import DEFAULT_SHOP, Shops

_END_MS: Final = microseconds(END) // 1_000

Judged = Accepted | Rejected


def judge_one(payload: bytes, received_ms: int, shops: Shops) -> Judged:
    """The answer to one event's text, the careful way."""
    opened: Opened | None = None
    try:
        _check_size(payload)
        opened = open_text(payload)
        return judge_opened(opened, received_ms, shops)
    except RefusedError as refused:
        return reject(refused, payload, _names_in(payload) if opened is None else names_of(opened[0]))


def judge_binary(payload: bytes, headers: dict[str, bytes], received_ms: int, shops: Shops) -> Judged:
    """The answer to one event in binary mode: `payload` is its data, `headers` has its attributes."""
    names: dict[str, Any] = {
        name.removeprefix(binary.PREFIX): text.decode("utf-8", "replace") for name, text in headers.items()
    }
    try:
        _check_size(payload, sum(len(name) + len(text) for name, text in headers.items()))
        attributes = binary.attributes_of(headers)
        if not payload.strip(WHITESPACE):
            raise RefusedError(Reason.NOT_JSON, "the message is empty, expected the event's data as a JSON object")
        return judge_opened(open_attributes(attributes, payload), received_ms, shops)
    except RefusedError as refused:
        return reject(refused, payload, names, binary.as_json(headers))


def _check_size(payload: bytes, headers: int = 0) -> None:
    """An event's size is that of its text, in binary mode with its attributes: both are kept."""
    size = len(payload) + headers
    if size > MAX_EVENT_BYTES:
        raise RefusedError(
            Reason.TOO_LARGE, f"the event has {size:,} bytes, expected at most {MAX_EVENT_BYTES:,} (256 KiB)"
        )


def judge_opened(opened: Opened, received_ms: int, shops: Shops) -> Accepted:
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
    home = (shape and surely_plain(data) and shape.home_of(data)) or home_of(event_type, data)
    shop, live = _shop_of(envelope, shops)
    time_ms = time_us // 1_000
    if time_ms >= _END_MS or (live and time_ms > received_ms + AHEAD_MS):
        raise RefusedError(Reason.IN_THE_FUTURE, _in_the_future(envelope))
    return (
        envelope.source,
        envelope.id,
        event_type,
        shop,
        time_us,
        cell_key(shop, home),
        data,
        encode_others(others) if others else b"",
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


def reject(refused: RefusedError, payload: bytes, names: dict[str, Any], attributes: bytes = b"") -> Rejected:
    """The answer to an event that was refused, with as much of its name as can be kept."""
    shop = _shop_or_default(_text(names.get("shop")), str(names.get("type"))) if names else ""
    source, id, event_type = (_text(names.get(name)) or "" for name in ("source", "id", "type"))
    return Rejected(refused.reason, storable(refused.message), payload, source, id, event_type, shop, attributes)


def _text(value: Any) -> str | None:
    """A name to keep with a refused event: text that can be stored, cut at the length that is allowed."""
    return storable(value[:LONGEST_NAME]) if isinstance(value, str) else None


def names_of(envelope: Usual | Envelope) -> dict[str, Any]:
    """The attributes that name an event."""
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
