"""Kafka's binary mode: the attributes are headers named `ce_…`, the record's value is the data."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from schemas.contract.answers import Reason, RefusedError
from schemas.contract.wording import shown

Headers = Sequence[tuple[str, bytes]]

PREFIX: Final = "ce_"
_STRUCTURED: Final = b"application/cloudevents"


def binary_headers(headers: Headers) -> dict[str, bytes] | None:
    """The headers that make a record's event, by lower-case name; None when the record is in structured mode.

    A content type of CloudEvents says structured mode, whatever other headers there are; of a header that occurs
    twice the last one counts.
    """
    ours = {_text(name.lower()): value for name, value in headers if value is not None and _is_ours(name.lower())}
    if ours.get("content-type", b"").lower().startswith(_STRUCTURED):
        return None
    return ours if any(name.startswith(PREFIX) for name in ours) else None


def attributes_of(headers: dict[str, bytes]) -> dict[str, Any]:
    """The attributes that the headers spell; raises RefusedError for one that is not UTF-8."""
    attributes: dict[str, Any] = {}
    for name, value in headers.items():
        attribute = "datacontenttype" if name == "content-type" else name.removeprefix(PREFIX)
        try:
            attributes[attribute] = value.decode()
        except UnicodeDecodeError:
            raise RefusedError(
                Reason.NOT_CLOUDEVENTS, f"header {shown(name)}: given bytes that are no UTF-8, expected text"
            ) from None
    return attributes


def as_json(headers: dict[str, bytes]) -> bytes:
    """The headers as a JSON object of text, to be kept with a refused payload; what is no UTF-8 is replaced."""
    return msgspec.json.encode({name: value.decode("utf-8", "replace") for name, value in headers.items()})


def _is_ours(name: str) -> bool:
    return name == "content-type" or name.startswith(PREFIX)


def _text(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")
