"""What the service remembers of a pain point: its last version, and what was decided to tell whom."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import msgspec

from schemas.rows import PainPointRow
from services.alerts.domain.lifecycle import Event


class Notice(msgspec.Struct, frozen=True, array_like=True):
    """A decision to tell receivers of an event, with the row that led to it."""

    event: Event
    decided_at: int  # the broker's timestamp of the row's record, ms
    row: PainPointRow
    to: Mapping[str, str]  # receiver -> why it is only recorded, "" to send it


class Announcement(msgspec.Struct, frozen=True, array_like=True):
    """All that is known of one pain point, the dedup key. Notices are in the order in which they were decided."""

    dedup_key: UUID
    shop: str
    version: int
    status: str
    clock: int  # the shop's time when this last changed
    appended_at: int  # the broker's timestamp of the record that changed it, ms
    notices: tuple[Notice, ...] = ()

    def announced(self) -> tuple[Event, ...]:
        """The events decided so far, in order."""
        return tuple(notice.event for notice in self.notices)

    def notice(self, event: Event) -> Notice | None:
        """The notice of an event, if it was decided."""
        return next((notice for notice in self.notices if notice.event is event), None)

    def deliveries(self) -> Iterator[tuple[Notice, str]]:
        """Every (notice, receiver) that is to be sent, in the order in which a receiver must hear them."""
        for notice in self.notices:
            for receiver, recorded in notice.to.items():
                if not recorded:
                    yield notice, receiver


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """How the delivery of one notice to one receiver ended."""

    state: str  # sent, failed, or recorded when there was nothing to end
    at: int  # the sender's clock, ms
    attempts: int
    error: str = ""
