"""A feed: a source or a carrier, and when it was heard."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter, sub

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

LIVELY = 48
"""How many of the last hours may yet be told of: nothing is kept of them."""

MOVES = 16
"""Moving one gap in or out of a sorted list costs about as much as sorting so many anew."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The time between two hours in which a feed was heard; `end` is None for the last one."""

    begin: int
    end: int | None
    usual: int | None  # ms: the feed's usual gap up to then, None while it is not known


@dataclass(frozen=True, slots=True)
class Past:
    """What is true of a feed's first hours, however it goes on: the silences between them."""

    spans: Sequence[tuple[int, int]]
    longer_than: int
    known_from: int
    silences: Sequence[Silence]


@dataclass(eq=False)
class Feed:
    """When a feed was heard, hour by hour."""

    alias: str
    entity: Entity
    past: Past | None = None
    """What was found when it was last looked at: of use as long as these hours are as they were."""

    @property
    def name(self) -> str:
        """The source or carrier, as it calls itself."""
        return name_of(self.alias)

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """(first, last) instant of each hour in which it was heard, in order."""
        return [*map(self.entity.heard.__getitem__, sorted(self.entity.heard))]

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
        spans, past = self.spans, self._past(longer_than)
        found = [*past.silences]
        first = max(len(past.spans) - 1, 0)
        begins = [begin for begin, _ in spans[self._needed_from(first) :]]
        ends = [end for _, end in spans[-len(begins) :]] if begins else []
        lengths = [*map(sub, begins[1:], ends)]
        usual, skipped = _Usual(begins[1:], lengths), len(spans) - len(begins)
        found += [
            Silence(ends[at], begins[at + 1], usual.before(at, ends[at]))
            for at, length in enumerate(lengths)
            if length > longer_than and skipped + at >= first and ends[at] >= self.known_from
        ]
        self._keep(past, found)
        yield from found
        if ends:
            yield Silence(ends[-1], None, usual.before(len(lengths), ends[-1]))

    def _past(self, longer_than: int) -> Past:
        """What is known, if it still holds."""
        past, asked = self.past, (longer_than, self.known_from)
        if past and asked == (past.longer_than, past.known_from) and self.spans[: len(past.spans)] == past.spans:
            return past
        return Past((), *asked, ())

    def _needed_from(self, first: int) -> int:
        """The hour from which on all must be looked at, to tell what was usual before the gap behind an hour."""
        if first >= len(self.spans):
            return 0
        oldest = self.spans[first][1] - MEMORY
        return max(bisect_left(self.spans, oldest, key=itemgetter(0)) - 1, 0)

    def _keep(self, past: Past, found: Sequence[Silence]) -> None:
        """Keep the silences before the last hours, which are still told of."""
        spans = self.spans[:-LIVELY]
        ended = [silence for silence in found if silence.end is not None and spans and silence.end <= spans[-1][0]]
        self.past = Past(spans, past.longer_than, past.known_from, ended)


class _Usual:
    """A feed's usual gap: of those that ended within `MEMORY`, what nine of ten did not exceed."""

    def __init__(self, ends: Sequence[int], lengths: Sequence[int]) -> None:
        """All gaps: when each ended, in order, and how long it was."""
        self._ends, self._lengths = ends, lengths
        self._from = self._to = 0
        self._sorted: list[int] = []  # the lengths of the gaps from `_from` to `_to`

    def before(self, gap: int, now: int) -> int | None:
        """The usual one of the gaps before a gap, at an instant; neither is less than when last asked.

        None while it is not known. The gaps that count are moved along where few came or left, else taken anew: most
        gaps of a feed that is heard are never asked about.
        """
        begin = bisect_left(self._ends, now - MEMORY)
        if (begin - self._from + gap - self._to) * MOVES > gap - begin:
            self._sorted = sorted(self._lengths[begin:gap])
        else:
            for left in self._lengths[self._from : begin]:
                del self._sorted[bisect_left(self._sorted, left)]
            for come in self._lengths[self._to : gap]:
                insort(self._sorted, come)
        self._from, self._to = begin, gap
        return self._sorted[len(self._sorted) * 9 // 10] if len(self._sorted) >= ENOUGH else None
