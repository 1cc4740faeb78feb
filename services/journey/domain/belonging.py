"""Which tickets and pain points belong to which journeys."""

from collections.abc import Collection, Sequence
from uuid import UUID

from schemas.aliases import Kind, alias
from services.journey.domain.assessment import Found
from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.person import Person
from services.journey.domain.runs import Run

PAIN, JOURNEY = "pain", "journey"
"""The questions that are asked again when something comes to belong elsewhere."""


class Belonging:
    """Journeys by the anchors of their runs."""

    def __init__(self, person: Person) -> None:
        self._person, self._reads = person, person.reads
        self._of_ticket: dict[str, list[str]] = {}  # ticket -> anchors of its journeys, the first in front
        self._of_pain: dict[UUID, str] = {}  # pain point -> anchor of its journey
        self._tickets: dict[str, set[str]] = {}  # anchor -> tickets
        self._pains: dict[str, set[UUID]] = {}  # anchor -> pain points

    def run(self, anchor: str) -> Run | None:
        """The run of that anchor, of touches or of words."""
        return self._person.timeline.run(anchor) or self._person.words.run(anchor)

    def run_of(self, item: Found) -> Run | None:
        """The run that a pain point belongs to: its order's, its ticket's, else by its instant."""
        timeline, words, instant = self._person.timeline, self._person.words, item.spell.anchor
        own = timeline.of_order(alias(Kind.ORDER, item.order_id)) if item.order_id else None
        if own is None and item.spell.entity.startswith("ticket:"):
            own = next(map(self.run, self.journeys_of(item.spell.entity)), None)
        return own or timeline.around(instant) or words.latest(instant)

    def find_journeys(self, unit: str) -> list[str]:
        """The journeys that a ticket belongs to: its order's, else the latest that had begun by each word of it."""
        timeline, words = self._person.timeline, self._person.words
        ticket = self._person.view(unit)
        runs: list[Run | None] = []
        if isinstance(ticket, Ticket) and ticket.opened:
            own = timeline.of_order(alias(Kind.ORDER, ticket.order_id))
            instants = [fact.time for fact in ticket.words]
            runs = [own] if own else [timeline.latest(t) or words.latest(t) for t in instants]
        known = {run.anchor: run for run in runs if run is not None}
        return sorted(known, key=lambda anchor: _place(known[anchor]))

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


def _place(run: Run) -> tuple[int, bool, str]:
    """Journeys in order of time; those of care before any other."""
    return run.started_at, run.tickets is None, run.anchor
