"""A person's touches cut into purchase attempts, kept up to date touch by touch and order by order.

An attempt is a run of touches up to an order, or up to a silence. Runs lie one behind another in time; what changes
one of them leaves the others alone.
"""

from bisect import bisect_left, bisect_right, insort

from services.journey.domain.entity import time_of
from services.journey.domain.reads import Reads
from services.journey.domain.runs import SILENCE, Run, Touch, cut_at_silences, ordered, unordered

AFTER = "after "
"""Before an order's alias: a touch that concerns the order if it came after it was placed; else it led somewhere."""

RUNS = "runs"
"""The stream of what lies where: a question about an instant depends on the runs nearest to it."""


class Timeline:
    """Touches and placed orders in order of time, and the runs that they make."""

    def __init__(self, reads: Reads) -> None:
        self.runs: list[Run] = []
        self.changed: set[str] = set()  # anchors of runs that are new, different or gone
        self._reads = reads
        self._touches: list[Touch] = []  # that concern no order in particular
        self._unplaced: list[tuple[int, str, str]] = []  # (stamp, visitor, about) of orders that nobody placed
        self._about: dict[str, list[Touch]] = {}  # by order
        self._after: dict[str, list[Touch]] = {}  # by order: those that concern it once it is placed
        self._orders: list[tuple[int, str]] = []  # (placed at, alias)
        self._placed: dict[str, int] = {}
        self._starts: list[int] = []
        self._by_anchor: dict[str, Run] = {}
        self._dirty: list[tuple[int, int]] = []  # ms: spans in which runs are to be cut anew
        self._homeless = False  # since runs were cut, some touch was or is about an order that nobody placed

    def run(self, anchor: str) -> Run | None:
        """The run of that anchor."""
        return self._by_anchor.get(anchor)

    def of_order(self, order: str) -> Run | None:
        """The run that ended in an order, by the order's alias."""
        self._reads.note(("placed", order))
        return self._by_anchor.get(order) if order in self._placed else None

    def latest(self, instant: int) -> Run | None:
        """The last run that had begun by an instant."""
        self._reads.watch(RUNS, instant)
        at = bisect_right(self._starts, instant) - 1
        return self.runs[at] if at >= 0 else None

    def around(self, instant: int) -> Run | None:
        """The run that an instant of a visit lies in, else the last that had begun; at an order's instant, its own."""
        self._reads.watch(RUNS, instant)
        at = bisect_right(self._starts, instant) - 1
        while at > 0 and self.runs[at - 1].placed_at == instant:
            at -= 1
        return self.runs[at] if at >= 0 else None

    @property
    def first(self) -> int | None:
        """When the first run begins (ms)."""
        return self._starts[0] if self._starts else None

    def is_placed(self, order: str) -> bool:
        """Whether an order (by alias) was placed."""
        return order in self._placed

    def cares(self, order: str) -> list[Touch]:
        """Touches that concern a placed order: that name it, or a later order that nobody placed."""
        found = list(self._about.get(order, ()))
        if self._unplaced:
            at = bisect_left(self._orders, (self._placed[order], order))
            begin, end = _limits(self._placed[order], self._orders[at + 1][0] if at + 1 < len(self._orders) else None)
            stamps = self._unplaced[bisect_left(self._unplaced, begin) : bisect_left(self._unplaced, end)]
            found += [(stamp, visitor) for stamp, visitor, _ in stamps]
        return sorted(found)

    def touch(self, stamp: int, visitor: str, about: str) -> None:
        """Another touch."""
        if about.startswith(AFTER):
            order = about.removeprefix(AFTER)
            insort(self._after.setdefault(order, []), (stamp, visitor))
            about = self._concern(stamp, order)
        self._add(stamp, visitor, about)

    def untouch(self, stamp: int, visitor: str, about: str) -> None:
        """One touch less."""
        if about.startswith(AFTER):
            order = about.removeprefix(AFTER)
            self._after[order].remove((stamp, visitor))
            about = self._concern(stamp, order)
        self._remove(stamp, visitor, about)

    def _concern(self, stamp: int, order: str) -> str:
        """What a touch that names an order concerns: the order, once it was placed."""
        placed_at = self._placed.get(order)
        return order if placed_at is not None and time_of(stamp) > placed_at else ""

    def _add(self, stamp: int, visitor: str, about: str) -> None:
        if not about:
            insort(self._touches, (stamp, visitor))
            self._extend(time_of(stamp), visitor)
            return
        insort(self._about.setdefault(about, []), (stamp, visitor))
        if about in self._placed:
            self.changed.add(about)
        else:
            insort(self._unplaced, (stamp, visitor, about))
            self._homeless = True
            self._shake(time_of(stamp))

    def _remove(self, stamp: int, visitor: str, about: str) -> None:
        touches = self._about[about] if about else self._touches
        del touches[bisect_left(touches, (stamp, visitor))]
        if about in self._placed:
            self.changed.add(about)
            return
        if about:
            del self._unplaced[bisect_left(self._unplaced, (stamp, visitor, about))]
        self._shake(time_of(stamp))

    def place(self, order: str, placed_at: int | None) -> None:
        """An order was placed at an instant, or (None) was not placed at all."""
        before = self._placed.get(order)
        if before == placed_at:
            return
        for stamp, visitor in self._after.get(order, ()):
            self._remove(stamp, visitor, self._concern(stamp, order))
        if before is not None:
            del self._orders[bisect_left(self._orders, (before, order))]
            del self._placed[order]
            self._shake(before, before + 1)
        if placed_at is not None:
            insort(self._orders, (placed_at, order))
            self._placed[order] = placed_at
            self._shake(placed_at, placed_at + 1)
        if before is None or placed_at is None:
            self._name(order, placed=placed_at is not None)
        for stamp, visitor in self._after.get(order, ()):
            self._add(stamp, visitor, self._concern(stamp, order))
        self._reads.changed(("placed", order))

    def settle(self) -> None:
        """Cut anew what is to be cut: one span, for what a message changes lies close together."""
        if self._dirty:
            self._cut(min(low for low, _ in self._dirty), max(high for _, high in self._dirty))
            self._dirty.clear()
            self._homeless = bool(self._unplaced)

    def _name(self, order: str, *, placed: bool) -> None:
        """Touches about an order find another home once it is placed."""
        self._homeless |= order in self._about
        for stamp, visitor in self._about.get(order, ()):
            entry = stamp, visitor, order
            if placed:
                del self._unplaced[bisect_left(self._unplaced, entry)]
            else:
                insort(self._unplaced, entry)
            self._shake(time_of(stamp))

    def _extend(self, instant: int, visitor: str) -> None:
        """The usual touch: it only lengthens the run that it falls into."""
        at = bisect_right(self._starts, instant) - 1
        run = self.runs[at] if at >= 0 else None
        beyond = self.runs[at + 1] if at + 1 < len(self.runs) else None
        usual = run is not None and run.last is not None and run.started_at < instant <= run.reaches_to
        if self._dirty or run is None or run.last is None or not usual:
            self._shake(instant)
        elif instant > run.last and beyond is not None and beyond.started_at - instant <= SILENCE:
            self._shake(instant)  # it joins what was apart
        else:
            run.visits[visitor] += 1
            run.last = max(run.last, instant)
            self.changed.add(run.anchor)

    def _shake(self, low: int, high: int | None = None) -> None:
        self._dirty.append((low, low if high is None else high))

    def _cut(self, low: int, high: int) -> None:
        """Cut the segments between orders that hold these instants."""
        begin = bisect_left(self._orders, (low,))
        end = bisect_left(self._orders, (high,))
        if end < len(self._orders):  # up to the next order, and all that were placed with it
            until = self._orders[end][0]
            end = bisect_left(self._orders, (until + 1,))
        else:
            until = None
        after = self._orders[begin - 1][0] if begin else None
        old_begin = 0 if after is None else bisect_right(self._starts, after)
        old_end = len(self.runs) if until is None else bisect_right(self._starts, until)
        if self._homeless:  # what they concern may be other orders now
            self.changed.update(order for _, order in self._orders[max(0, begin - 1) : end])
        old, new = self.runs[old_begin:old_end], self._segments(begin, end, after, until)
        self._replace(old_begin, old_end, old, new)
        if [run.place for run in old] != [run.place for run in new]:
            following = self._starts[old_begin + len(new) :][:1]
            self._reads.moved(RUNS, after, following[0] if following else None)

    def _segments(self, begin: int, end: int, after: int | None, until: int | None) -> list[Run]:
        runs: list[Run] = []
        for placed_at, order in self._orders[begin:end]:
            *attempts, last = cut_at_silences(self._between(after, placed_at)) or [[]]
            if last and placed_at - time_of(last[-1][0]) > SILENCE:
                attempts, last = [*attempts, last], []
            runs += map(unordered, attempts)
            runs.append(ordered(order, placed_at, last))
            after = placed_at
        if until is None:
            runs += map(unordered, cut_at_silences(self._between(after, None)))
        return runs

    def _between(self, after: int | None, until: int | None) -> list[Touch]:
        """Touches that concern no order, later than one instant and up to another."""
        begin, end = _limits(None if after is None else after + 1, None if until is None else until + 1)
        touches = self._touches[bisect_left(self._touches, begin) : bisect_left(self._touches, end)]
        first = self._orders[0][0] if self._orders else None
        if after is not None or not self._unplaced:
            return touches
        early = self._unplaced[: bisect_left(self._unplaced, _limits(None, first)[1])]
        return sorted([*touches, *((stamp, visitor) for stamp, visitor, _ in early)])

    def _replace(self, begin: int, end: int, old: list[Run], new: list[Run]) -> None:
        self.runs[begin:end] = new
        self._starts[begin:end] = [run.started_at for run in new]
        for run in old:
            del self._by_anchor[run.anchor]
        self._by_anchor |= {run.anchor: run for run in new}
        known = {run.anchor: run for run in old}
        self.changed |= {run.anchor for run in new if known.pop(run.anchor, None) != run} | set(known)


def _limits(begin: int | None, end: int | None) -> tuple[tuple[int], tuple[int]]:
    """Stamps from an instant on and before another, as they sort among touches."""
    return (-1 if begin is None else begin << 20,), (1 << 80 if end is None else end << 20,)
