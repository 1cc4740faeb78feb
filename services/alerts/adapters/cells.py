"""The service's cells: announcements, outcomes and shops' clocks, packed, in the partition's store.

An announcement is written only by the processor, an outcome only by the sender: two writers never meet in a cell.
"""

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

import msgspec

from services.alerts.domain.announcements import Announcement, Notice, Outcome
from services.alerts.domain.lifecycle import Event
from services.alerts.domain.retention import Moment
from services.runtime.cells import Mark, MemoryCells
from services.runtime.records import Change

LAYOUT = 1
"""First byte of every cell; raised when what follows changes its meaning."""

_ANNOUNCEMENT = b"p/"
_OUTCOME = b"o/"
_CLOCK = b"c/"

_encode = msgspec.msgpack.Encoder().encode
_announcement = msgspec.msgpack.Decoder(Announcement).decode
_outcome = msgspec.msgpack.Decoder(Outcome).decode
_clock = msgspec.msgpack.Decoder(tuple[int, int]).decode


class UnknownLayoutError(Exception):
    """A cell was written by another version of the service."""


class AlertCells(MemoryCells):
    """A `CellStore` that knows what its cells mean, and tells a listener which announcements were confirmed."""

    def __init__(self) -> None:
        super().__init__()
        self.on_announced: Callable[[UUID], None] | None = None

    def apply(self, changes: Iterable[Change], mark: Mark | None = None) -> None:
        """Take over changes that the changelog has confirmed, then tell of the announcements among them."""
        changes = list(changes)
        super().apply(changes, mark)
        if self.on_announced:
            for change in changes:
                if change.value is not None and change.key.startswith(_ANNOUNCEMENT):
                    self.on_announced(UUID(change.key[len(_ANNOUNCEMENT) :].decode()))

    def announcement(self, dedup_key: UUID) -> Announcement | None:
        """What is known of a pain point."""
        packed = self.get(_announcement_key(dedup_key))
        return _announcement(_payload(packed)) if packed is not None else None

    def announcements(self) -> Iterator[Announcement]:
        """All of them, in no particular order."""
        return (_announcement(_payload(packed)) for key, packed in self.items() if key.startswith(_ANNOUNCEMENT))

    def outcome(self, dedup_key: UUID, event: Event, receiver: str) -> Outcome | None:
        """How a delivery ended, or None while it is to be made."""
        packed = self.get(_outcome_key(dedup_key, event, receiver))
        return _outcome(_payload(packed)) if packed is not None else None

    def is_delivered(self, known: Announcement, notice: Notice, receiver: str) -> bool:
        """Whether a delivery has ended, well or badly."""
        return self.get(_outcome_key(known.dedup_key, notice.event, receiver)) is not None

    def next_for(self, known: Announcement, receiver: str) -> Notice | None:
        """What is to be told next to a receiver about a pain point, or None."""
        return next(
            (n for n, to in known.deliveries() if to == receiver and not self.is_delivered(known, n, to)),
            None,
        )

    def pending(self, known: Announcement) -> dict[str, Notice]:
        """For each receiver that is to be told something: what next."""
        receivers = dict.fromkeys(receiver for _, receiver in known.deliveries())
        return {receiver: notice for receiver in receivers if (notice := self.next_for(known, receiver))}

    def clocks(self) -> dict[str, Moment]:
        """The shops' clocks."""
        return {
            key[len(_CLOCK) :].decode(): Moment(*_clock(_payload(packed)))
            for key, packed in self.items()
            if key.startswith(_CLOCK)
        }

    def removal(self, known: Announcement) -> Iterator[Change]:
        """The changes that forget a pain point."""
        yield Change(_announcement_key(known.dedup_key), None)
        for notice, receiver in known.deliveries():
            yield Change(_outcome_key(known.dedup_key, notice.event, receiver), None)


def announcement_change(known: Announcement) -> Change:
    """The cell of an announcement."""
    return Change(_announcement_key(known.dedup_key), _packed(known))


def outcome_change(dedup_key: UUID, event: Event, receiver: str, outcome: Outcome) -> Change:
    """The cell of an outcome."""
    return Change(_outcome_key(dedup_key, event, receiver), _packed(outcome))


def clock_change(shop: str, moment: Moment | None) -> Change:
    """The cell of a shop's clock; None forgets it."""
    value = None if moment is None else _packed((moment.appended_at, moment.clock))
    return Change(_CLOCK + shop.encode(), value)


def _announcement_key(dedup_key: UUID) -> bytes:
    return _ANNOUNCEMENT + str(dedup_key).encode()


def _outcome_key(dedup_key: UUID, event: Event, receiver: str) -> bytes:
    return _OUTCOME + f"{dedup_key}/{event.value}/{receiver}".encode()


def _packed(value: object) -> bytes:
    return bytes((LAYOUT,)) + _encode(value)


def _payload(packed: bytes) -> memoryview:
    if packed[0] != LAYOUT:
        raise UnknownLayoutError(
            f"a cell of the alerts service has layout {packed[0]}, this version reads {LAYOUT}: run the version that "
            "wrote it, or empty the topic waypost-alerts-cells-changelog (open pain points may be announced again)"
        )
    return memoryview(packed)[1:]
