"""Messages for the warehouse's loop, without a broker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from support.warehouse_items import AT, position, ticks

from schemas.batches import batches
from schemas.wire import Kind, pack_item
from services.warehouse.adapters.kafka import Source
from services.warehouse.domain.batch import Message
from services.warehouse.loop import Warehouse

SOURCE = ("journey.events.v1", 0)


def message(offset: int) -> Message:
    """A record of an internal topic with one position."""
    [value] = batches([pack_item(ticks(position(offset)))])
    return Message(*SOURCE, offset, AT, Kind.POSITIONS, value)


@dataclass
class FakeMessages:
    """Hands out one message a poll, and stops the loop behind the last."""

    waiting: list[Message]
    loop: Warehouse | None = None
    committed_offsets: list[dict[Source, int]] = field(default_factory=list)
    idled: int = 0
    commits_lost: int = 0
    waited: list[float] = field(default_factory=list)

    def poll(self, seconds: float) -> list[Message]:
        self.waited.append(seconds)
        if not self.waiting and self.loop:
            self.loop.stop()
        return [self.waiting.pop(0)] if self.waiting else []

    def idle(self, seconds: float) -> None:
        self.idled += 1

    def commit(self, offsets: Mapping[Source, int]) -> bool:
        if self.commits_lost:
            self.commits_lost -= 1
            return False
        self.committed_offsets.append(dict(offsets))
        return True

    def ends(self) -> dict[Source, int]:
        return {SOURCE: 5}

    def committed(self, source: Source) -> int:
        return 0

    def assigned(self) -> frozenset[Source]:
        return frozenset({SOURCE})

    def close(self) -> None:
        pass
