"""An event as a source sends it: CloudEvents 1.0, structured mode."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated

import msgspec

from schemas.aliases import cell_key, home, named

_Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class SentEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """One event; its fields are the CloudEvents attributes."""

    id: str
    source: str
    type: str
    time: _Aware
    data: Mapping[str, object]
    shop: str = ""
    specversion: str = msgspec.field(default_factory=lambda: "1.0")

    @cached_property
    def time_ms(self) -> int:
        """The instant it happened, UTC milliseconds since the epoch."""
        return epoch_ms(self.time)

    @property
    def cell(self) -> str:
        """The key of the cell it goes to, which decides its partition. Raises `ValueError` when it names no alias."""
        alias = home(self.type, named(self.data))
        if alias is None:
            raise ValueError(f"event {self.source} {self.id} names nothing that it could belong to")
        return cell_key(self.shop, alias)

    def encoded(self) -> bytes:
        """JSON text; the same event always gives the same bytes."""
        return _encode(self)


_encode = msgspec.json.Encoder(decimal_format="string").encode


def epoch_ms(time: datetime) -> int:
    """UTC milliseconds since the epoch, exactly: a float would lose the odd millisecond."""
    delta = time - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def from_epoch_ms(value: int) -> datetime:
    """The aware UTC time of milliseconds since the epoch."""
    return datetime.fromtimestamp(value // 1000, UTC).replace(microsecond=value % 1000 * 1000)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
