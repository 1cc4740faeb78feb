"""What was told of one shop, all of it in memory, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from schemas import aliases
from schemas.aliases import Kind
from schemas.ids import event_id
from schemas.instants import EPOCH, read_instant


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One event; ordered by `(time, source, id)`."""

    time: datetime
    source: str
    id: str
    type: str = field(compare=False)
    data: Mapping[str, Any] = field(compare=False)

    def name(self, kind: Kind) -> str | None:
        """The alias of this kind that it names."""
        return aliases.named(self.data).get(kind)

    @property
    def uuid(self) -> UUID:
        """Its event id."""
        return event_id(self.source, self.id)

    def instant(self, name: str) -> datetime | None:
        """A field that is an instant."""
        text = self.data.get(name)
        return whole_ms(read_instant(text)) if text else None


def read(events: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Events from CloudEvents as dicts, sorted, repeats left out."""
    told = {(e["source"], e["id"]): e for e in events}
    return sorted(
        Event(whole_ms(read_instant(e["time"])), e["source"], e["id"], e["type"], _without_nulls(e["data"]))
        for e in told.values()
    )


def whole_ms(instant: datetime) -> datetime:
    """The instant without what is finer than a millisecond."""
    return EPOCH + ((instant - EPOCH) // timedelta(milliseconds=1)) * timedelta(milliseconds=1)


def _without_nulls(data: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in data.items() if v is not None}
