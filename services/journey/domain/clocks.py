"""Clocks: `now` of each shop, as the slowest partition allows it.

A tick of round 0 comes from ingest and says how far one public partition has been read; a tick of round r comes
from a journey partition and says how far its own round r-1 has come, behind all that it sent to other cells. The
last round is `now`: every fact, wherever it had to hop, has arrived by then.
"""

from collections.abc import Iterator, Mapping

import msgspec

from schemas.wire import LIVE_CLOCK, Tick
from services.journey.domain.instants import SECOND

ROUNDS = 4
"""How many hops a fact may take: parcel, order, anonymous visitor, customer, and one to spare."""

CLOCK_ROW_EVERY = 10 * SECOND
"""How far the live clock moves between two of its rows."""


class Heard(msgspec.Struct, array_like=True):
    """One round of one clock: how far each origin has come."""

    origins: dict[str, int] = {}  # topic -> number of partitions
    at: dict[str, int] = {}  # "<topic>/<partition>" -> ms

    def now(self) -> int | None:
        """The minimum over all origins; None until each was heard."""
        expected = sum(self.origins.values())
        if not expected or len(self.at) < expected:
            return None
        return min(self.at.values())


class Clocks(msgspec.Struct, array_like=True):
    """All clocks of one journey partition."""

    rounds: dict[str, list[Heard]] = {}  # clock -> rounds 0..ROUNDS
    shown: dict[str, int] = {}  # clock -> its last row, ms
    silent: dict[str, int] = {}  # only in what an earlier version wrote: silent feeds, now in `silences.py`

    def hear(self, tick: Tick) -> Iterator[tuple[str, int]]:
        """Take a tick in; yields (clock, new time of the tick's round) for each clock that it moved."""
        for clock, instant in tick.clocks.items():
            heard = self.rounds.setdefault(clock, [Heard() for _ in range(ROUNDS + 1)])[tick.round]
            before = heard.now()
            _expect(heard, tick.origins, before)
            heard.at[tick.origin] = max(instant, heard.at.get(tick.origin, instant))
            after = heard.now()
            if after is not None and (before is None or after > before):
                yield clock, after

    def now(self, clock: str) -> int | None:
        """The shop's `now`: the last round."""
        rounds = self.rounds.get(clock)
        return rounds[ROUNDS].now() if rounds else None

    def show(self, clock: str, now: int) -> bool:
        """Whether the clock's row is to say `now`, ms; the live clock's only when it has moved far enough."""
        if clock == LIVE_CLOCK and now - self.shown.get(clock, 0) < CLOCK_ROW_EVERY:
            return False
        self.shown[clock] = now
        return True

    def holding_back(self, clock: str) -> str:
        """The origin that holds a clock back: unheard, else the slowest, in the first round that lags."""
        for heard in self.rounds.get(clock, ()):
            missing = [o for o in _origins(heard.origins) if o not in heard.at]
            if missing:
                return missing[0]
        first = self.rounds[clock][0].at if clock in self.rounds else {}
        return min(first, key=lambda origin: (first[origin], origin), default="")


def _expect(heard: Heard, origins: Mapping[str, int], before: int | None) -> None:
    """Learn of partitions; one that is added later starts at the present `now`."""
    grown = {topic: max(count, heard.origins.get(topic, 0)) for topic, count in origins.items()}
    if grown == heard.origins:
        return
    if before is not None:
        for origin in _origins(grown):
            heard.at.setdefault(origin, before)
    heard.origins = {**heard.origins, **grown}


def _origins(counts: Mapping[str, int]) -> list[str]:
    return [f"{topic}/{partition}" for topic, count in sorted(counts.items()) for partition in range(count)]
