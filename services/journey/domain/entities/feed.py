"""A feed: a source or a carrier, and when it was heard."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from propcache.api import cached_property

from schemas.aliases import name_of
from services.journey.domain.entity import Entity
from services.journey.domain.instants import DAY, HOUR

MEMORY = 28 * DAY
"""How far back a feed's usual gap is looked for: what nine of ten gaps did not exceed."""

LATEST = 90 * DAY
"""How late an event may come and still tell that its feed was heard."""

WORTHWHILE = 24
"""How many hours are forgotten at once."""

ENOUGH = 10
"""How many gaps make one usual; a feed with fewer is not known well enough to be missed."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The time between two hours in which a feed was heard; `end` is None for the last one."""

    begin: int
    end: int | None
    usual: int | None  # ms: the feed's usual gap up to then, None while it is not known


@dataclass(eq=False)
class Feed:
    """When a feed was heard, hour by hour."""

    alias: str
    entity: Entity

    @property
    def name(self) -> str:
        """The source or carrier, as it calls itself."""
        return name_of(self.alias)

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """(first, last) instant of each hour in which it was heard, in order."""
        return [self.entity.heard[hour] for hour in sorted(self.entity.heard)]

    @property
    def last_heard(self) -> int | None:
        """The last minute of which it told."""
        return self.spans[-1][1] if self.spans else None

    @property
    def known_from(self) -> int:
        """The instant (ms) from which on it is known what was usual before; silences that began earlier are over."""
        return (self.entity.heard_from + 1) * HOUR + MEMORY if self.entity.heard_from >= 0 else 0

    def outdated(self, now: int) -> int | None:
        """The hour before which what was heard is of no use any more, None as long as there is little of it.

        Needed are the silences that an event may still end, from the one on that was under way `LATEST` ago, and the
        hours that tell what was usual before them.
        """
        heard = bisect_right(self.spans, now - LATEST, key=itemgetter(1))
        needed_from = (self.spans[heard - 1][1] - MEMORY) // HOUR - 1 if heard else -1
        hours = sorted(self.entity.heard)
        outdated = bisect_right(hours, needed_from) - 1
        return hours[outdated] if outdated >= WORTHWHILE else None

    def silences(self, longer_than: int) -> Iterator[Silence]:
        """Silences longer than so many ms, and the one that may not have ended, with what was usual before each."""
        usual = _Usual()
        for (_, begin), (end, _) in pairwise(self.spans):
            if end - begin > longer_than and begin >= self.known_from:
                yield Silence(begin, end, usual.at(begin))
            usual.add(begin, end)
        if self.spans:
            begin = self.spans[-1][1]
            yield Silence(begin, None, usual.at(begin))


class _Usual:
    """A feed's usual gap, gap by gap: of those that ended within `MEMORY`, what nine of ten did not exceed."""

    def __init__(self) -> None:
        self._gaps: deque[tuple[int, int]] = deque()  # (end, length), in order
        self._lengths: list[int] = []  # sorted

    def add(self, begin: int, end: int) -> None:
        """The next gap."""
        self._gaps.append((end, end - begin))
        insort(self._lengths, end - begin)

    def at(self, now: int) -> int | None:
        """The usual gap at an instant that is not before the last one asked about; None while it is not known."""
        while self._gaps and self._gaps[0][0] < now - MEMORY:
            _, length = self._gaps.popleft()
            del self._lengths[bisect_left(self._lengths, length)]
        return self._lengths[len(self._lengths) * 9 // 10] if len(self._lengths) >= ENOUGH else None
