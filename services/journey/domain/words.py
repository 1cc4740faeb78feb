"""What a person wrote to the shop, and carriers said, before any visit: journeys of care alone."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import pairwise

from services.journey.domain.instants import rfc3339
from services.journey.domain.reads import Reads
from services.journey.domain.runs import SILENCE, Run
from services.journey.domain.timeline import RUNS, Timeline

Word = tuple[int, str, str, str]
"""(instant in ms, unit, alias of the ticket if it is one's, alias of the order that it names or of a ticket)."""


class Words:
    """All words of a person in order of time, and the runs of those that belong to no attempt."""

    def __init__(self, reads: Reads, timeline: Timeline) -> None:
        self.runs: list[Run] = []
        self.changed: set[str] = set()  # anchors of runs that are new, different or gone
        self._reads, self._timeline = reads, timeline
        self._words: list[Word] = []
        self._orders: dict[str, str] = {}  # ticket -> order that it names
        self._first: int | None = None  # when the first attempt began, as of the last cut
        self._dirty = False

    def replace(self, before: set[Word], after: set[Word]) -> None:
        """What a unit says now in place of what it said before."""
        for word in before ^ after:
            at = bisect_left(self._words, word)
            if word in before:
                del self._words[at]
            else:
                self._words.insert(at, word)
            self._dirty |= self._first is None or word[0] < self._first

    def about(self, ticket: str, order: str) -> None:
        """A ticket names an order, by their aliases."""
        self._dirty |= self._orders.get(ticket) != order
        self._orders[ticket] = order

    def placed(self) -> None:
        """An order was placed, or is not any more: words about it may have another home."""
        self._dirty = True

    def run(self, anchor: str) -> Run | None:
        """The run of that anchor."""
        return next((run for run in self.runs if run.anchor == anchor), None)

    def latest(self, instant: int) -> Run | None:
        """The last run that had begun by an instant."""
        self._reads.watch(RUNS, instant)
        at = bisect_right(self.runs, instant, key=_start) - 1
        return self.runs[at] if at >= 0 else None

    def settle(self) -> None:
        """Cut anew if need be: those whose order nobody placed, and before which no attempt had begun."""
        first = self._timeline.first
        if not self._dirty and first == self._first:
            return
        self._dirty, self._first = False, first
        early = self._words if first is None else self._words[: bisect_left(self._words, (first,))]
        runs = list(_runs([word for word in early if not self._has_home(word)]))
        if runs == self.runs:
            return
        known = {run.anchor: run for run in self.runs}
        self.changed |= {run.anchor for run in runs if known.pop(run.anchor, None) != run} | set(known)
        self.runs = runs
        self._reads.moved(RUNS, None, first)

    def _has_home(self, word: Word) -> bool:
        return self._timeline.is_placed(self._orders.get(word[3], word[3]))


def _runs(words: list[Word]) -> Iterable[Run]:
    cuts = [at for at, (one, next_) in enumerate(pairwise(words), 1) if next_[0] - one[0] > SILENCE]
    for begin, end in pairwise([0, *cuts, len(words)]):
        if part := words[begin:end]:
            instant, unit, *_ = part[0]
            tickets = tuple(dict.fromkeys(ticket for _, _, ticket, _ in part if ticket))
            yield Run(f"{unit}/{rfc3339(instant)}", unit, instant, part[-1][0], tickets=tickets)


def _start(run: Run) -> int:
    return run.started_at
