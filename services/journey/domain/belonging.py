"""Which tickets and pain points belong to which journeys."""

from collections.abc import Collection, Sequence
from uuid import UUID

from services.journey.domain.reads import Reads

PAIN, JOURNEY = "pain", "journey"
"""The questions that are asked again when something comes to belong elsewhere."""


class Belonging:
    """Journeys by the anchors of their runs."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._of_ticket: dict[str, list[str]] = {}  # ticket -> anchors of its journeys, the first in front
        self._of_pain: dict[UUID, str] = {}  # pain point -> anchor of its journey
        self._tickets: dict[str, set[str]] = {}  # anchor -> tickets
        self._pains: dict[str, set[UUID]] = {}  # anchor -> pain points

    def journeys_of(self, ticket: str) -> Sequence[str]:
        """The anchors of a ticket's journeys, the first in front; looking is noted."""
        self._reads.note(("runs of", ticket))
        return self._of_ticket.get(ticket, [])

    def tickets_at(self, anchor: str) -> set[str]:
        """The aliases of a journey's tickets."""
        return self._tickets.get(anchor, set())

    def pains_at(self, anchor: str) -> Collection[UUID]:
        """A journey's pain points."""
        return self._pains.get(anchor, ())

    def of_ticket(self, ticket: str, anchors: list[str]) -> None:
        """These are a ticket's journeys now."""
        before = self._of_ticket.get(ticket, [])
        self._of_ticket[ticket] = anchors
        for anchor in {*before} ^ {*anchors}:
            tickets = self._tickets.setdefault(anchor, set())
            tickets.add(ticket) if anchor in anchors else tickets.discard(ticket)
            self._reads.stale.add((JOURNEY, anchor))
        if before != anchors:
            self._reads.changed(("runs of", ticket))

    def of_pain(self, id_: UUID, anchor: str) -> None:
        """This is a pain point's journey now, "" for none: its row says so."""
        before = self._of_pain.pop(id_, "")
        if anchor:
            self._of_pain[id_] = anchor
        for journey in {before, anchor} - {""} if before != anchor else ():
            pains = self._pains.setdefault(journey, set())
            pains.add(id_) if journey == anchor else pains.discard(id_)
            self._reads.stale.add((JOURNEY, journey))
