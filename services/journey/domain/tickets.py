"""Which tickets a person has, by the day on which they were opened and by the order that they are about."""

from bisect import insort
from collections.abc import Sequence

from services.journey.domain.instants import DAY
from services.journey.domain.reads import Reads
from services.journey.domain.units import Telling


class Tickets:
    """The aliases of a person's tickets; looking some of them up is noted."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._opened: dict[int, list[str]] = {}  # day -> aliases, sorted
        self._about: dict[str, set[str]] = {}  # order id -> aliases

    def opened(self, first: int, last: int) -> Sequence[str]:
        """Those opened between two days (since the epoch), both included, sorted."""
        found: set[str] = set()
        for day in range(first, last + 1):
            self._reads.note(("tickets of", day))
            found.update(self._opened.get(day, ()))
        return sorted(found)

    def about(self, order_id: str) -> Sequence[str]:
        """Those about an order, sorted."""
        self._reads.note(("tickets about", order_id))
        return sorted(self._about.get(order_id, ()))

    def replace(self, ticket: str, before: Telling, after: Telling) -> None:
        """What a ticket tells now in place of what it told before."""
        if before.about != after.about:
            self._about.get(before.about, set()).discard(ticket)
            if after.about:
                self._about.setdefault(after.about, set()).add(ticket)
            for order_id in (before.about, after.about):
                self._reads.changed(("tickets about", order_id))
        if before.opened_at == after.opened_at:
            return
        if before.opened_at is not None:
            self._opened[before.opened_at // DAY].remove(ticket)
            self._reads.changed(("tickets of", before.opened_at // DAY))
        if after.opened_at is not None:
            insort(self._opened.setdefault(after.opened_at // DAY, []), ticket)
            self._reads.changed(("tickets of", after.opened_at // DAY))
