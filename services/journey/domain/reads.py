"""Which question read what: so that a change asks again only those that could be answered otherwise.

Questions are put to a person one after another (`asking`). Whatever they look at is noted under a name, or as a point
in a sorted stream of instants; a change of that name, or of the stream near that point, makes the question stale.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Hashable, Mapping, Sequence

Question = tuple[str, Hashable]
"""(what is asked, of whom): questions of one sort are about things that can be ordered."""

Name = Hashable

NOTHING: Sequence[int] = ()


class Reads:
    """The notes; `stale` has the questions that are to be asked (again)."""

    def __init__(self) -> None:
        self.stale: set[Question] = set()
        self._asking: Question | None = None
        self._noted: set[Name] = set()  # of the question at hand
        self._readers: dict[Name, set[Question]] = {}
        self._names: dict[Question, set[Name]] = {}
        self._watchers: dict[Name, list[tuple[int, Question]]] = {}
        self._points: dict[Question, set[tuple[Name, int]]] = {}

    def asking(self, question: Question) -> None:
        """Begin to answer a question: what it read before is forgotten, what is read from now on is noted."""
        self.forget(question)
        self._asking = question
        self._noted = self._names[question] = set()

    def answered(self) -> None:
        """Nobody reads any more."""
        self._asking = None

    def forget(self, question: Question) -> None:
        """The question is asked no more, or anew; what it reads from now on is not noted."""
        if question == self._asking:
            self._asking = None
        self.stale.discard(question)
        for name in self._names.pop(question, ()):
            self._readers[name].discard(question)
        for stream, point in self._points.pop(question, ()):
            watchers = self._watchers[stream]
            del watchers[bisect_left(watchers, (point, question))]

    def note(self, name: Name) -> None:
        """The question at hand looks at what bears a name."""
        if self._asking is None or name in self._noted:
            return
        self._noted.add(name)
        readers = self._readers.get(name)
        if readers is None:
            readers = self._readers[name] = set()
        readers.add(self._asking)

    def watch(self, stream: Name, point: int) -> None:
        """The question at hand looks at what lies nearest to a point of a stream."""
        if self._asking is None:
            return
        points = self._points.setdefault(self._asking, set())
        if (stream, point) not in points:
            points.add((stream, point))
            insort(self._watchers.setdefault(stream, []), (point, self._asking))

    def changed(self, name: Name) -> None:
        """What bears a name is different now."""
        if readers := self._readers.get(name):
            self.stale |= readers

    def moved(self, stream: Name, low: int | None, high: int | None) -> None:
        """A stream is different between two points (both included; None has no end)."""
        if watchers := self._watchers.get(stream):
            begin = 0 if low is None else bisect_left(watchers, low, key=_point)
            end = len(watchers) if high is None else bisect_right(watchers, high, key=_point)
            self.stale.update(question for _, question in watchers[begin:end])


class Streams:
    """Ascending instants by name, told by many units; looking at one is noted."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._streams: dict[Name, list[int]] = {}

    def all(self, name: Name) -> Sequence[int]:
        """The whole stream: to be changed by nobody."""
        self._reads.note(name)
        return self._streams.get(name, NOTHING)

    def first_after(self, name: Name, instant: int) -> int | None:
        """The first that is later than an instant."""
        self._reads.watch(name, instant)
        stream = self._streams.get(name, NOTHING)
        at = bisect_right(stream, instant)
        return stream[at] if at < len(stream) else None

    def at_or_after(self, name: Name, instant: int) -> int | None:
        """The first that is not before an instant."""
        self._reads.watch(name, instant)
        stream = self._streams.get(name, NOTHING)
        at = bisect_left(stream, instant)
        return stream[at] if at < len(stream) else None

    def last_until(self, name: Name, instant: int) -> int | None:
        """The last that is not after an instant."""
        self._reads.watch(name, instant)
        stream = self._streams.get(name, NOTHING)
        at = bisect_right(stream, instant)
        return stream[at - 1] if at else None

    def replace(self, before: Mapping[Name, Sequence[int]], after: Mapping[Name, Sequence[int]]) -> None:
        """What a unit tells now in place of what it told before: by stream, each instant once."""
        for name in {**before, **after}:
            old, new = before.get(name, NOTHING), after.get(name, NOTHING)
            for instant in sorted({*old} ^ {*new}) if old != new else ():
                self.change(name, instant, gone=instant in old)

    def change(self, name: Name, instant: int, *, gone: bool = False) -> None:
        """One instant more, or one less."""
        stream = self._streams.setdefault(name, [])
        at = bisect_left(stream, instant)
        if gone:
            del stream[at]
        else:
            stream.insert(at, instant)
        beyond = bisect_right(stream, instant)
        self._reads.moved(name, stream[at - 1] if at else None, stream[beyond] if beyond < len(stream) else None)
        self._reads.changed(name)


def _point(watcher: tuple[int, Question]) -> int:
    return watcher[0]
