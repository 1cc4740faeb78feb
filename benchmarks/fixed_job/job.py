"""The job as a processor: visits in cells, deadlines from them, and the watermark as the partition's clock.

A session is one cell: its open visits, each with the names of its latest events. Older names go to cells of their own
that are never rewritten, so that an event of a long visit costs what one of a short visit does. The clock is a group's
last change, and knows the last message that is in all cells. Cells are removed in the group after the one in which the
last visit was over: a group that was made durable in part and comes again must find what it changed, and a visit
that is found over says the same again.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush, heapreplace
from typing import Annotated

import msgspec

from benchmarks.fixed_job.data import CHECKOUT, ORDER
from services.runtime import CellStore, Change, Effects, Output, RecordBatch

APART_MS = 30 * 60_000
GRACE_MS = 60_000
NAMES = 64
"""So many names of events stay in the session's own cell."""

CLOCK = b"k"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Text = Annotated[str, msgspec.Meta(min_length=1)]
Name = str
"""An event's source and id, in one string that no other two make: cheaper to keep, and nothing to the collector."""


class Data(msgspec.Struct, gc=False):
    """What the job reads of an event's data."""

    session_id: Text


class Event(msgspec.Struct, gc=False):
    """What the job reads of an event; one that lacks any of it is left out."""

    id: Text
    source: Text
    type: Text
    time: datetime
    data: Data


class Abandoned(msgspec.Struct, tag_field="type", tag="checkout_abandoned"):
    """What goes out."""

    session_id: str
    last_activity: int
    events: int


class Visit(msgspec.Struct, array_like=True, gc=False):
    """Events of one session that are no more than 30 minutes apart."""

    first: int
    last: int
    events: int = 0
    checkout: bool = False
    order: bool = False
    names: list[Name] = []
    """The latest of its events, since the last page of names was put away."""
    pages: list[int] = []


class Session(msgspec.Struct, array_like=True, gc=False):
    """The open visits of a session, and the offset of the last message that is in them."""

    offset: int = -1
    next_page: int = 0
    visits: list[Visit] = []


class Clock(msgspec.Struct, array_like=True):
    """The greatest time seen in the partition, and the last message that is in all its cells."""

    top: int = 0
    offset: int = -1


class Live:
    """A session in memory, where the names of all events of each visit are at hand."""

    __slots__ = ("key", "known", "packed")

    def __init__(self, key: str, packed: Session) -> None:
        self.key, self.packed = key, packed
        self.known: set[Name] = set()


class Abandonment:
    """One partition while this worker owns it."""

    def __init__(self, cells: CellStore, output: str) -> None:
        self._output = output
        self._live: dict[str, Live] = {}
        self._clock = Clock()
        self._over: list[Abandoned] = []
        self._changed: dict[str, Live] = {}
        self._left: list[str] = []
        self._leaving: dict[str, Live] = {}
        self._pages_left: list[Change] = []
        self._pages_leaving: list[Change] = []
        self._restore(cells)
        self._deadlines = [(v.last + APART_MS, key) for key, live in self._live.items() for v in live.packed.visits]
        heapify(self._deadlines)

    def process(self, batch: RecordBatch) -> Effects:
        """Take all events in; what they changed is made durable together."""
        clock, begin, deadlines = self._clock, self._clock.offset, self._deadlines
        for record in batch.records:
            if record.offset <= begin:
                continue
            try:
                event = _read(record.value or b"")
            except msgspec.DecodeError:
                continue
            passed = event.time - EPOCH
            at = (passed.days * 86_400 + passed.seconds) * 1_000 + passed.microseconds // 1_000
            live = self._live.get(event.data.session_id) or self._new(event.data.session_id)
            if live.packed.offset < record.offset:
                live.packed.offset = record.offset
                self._take(live, event, at)
            if at > clock.top:
                clock.top = at
                if deadlines and deadlines[0][0] < at - GRACE_MS:
                    self._close(at - GRACE_MS)
        clock.offset = max(begin, batch.last)
        return Effects(outputs=list(self._outputs(batch.partition)), changes=list(self._changes()))

    def _new(self, key: str) -> Live:
        live = self._live[key] = Live(key, Session(visits=[]))
        return live

    def _take(self, live: Live, event: Event, at: int) -> None:
        name = f"{len(event.source)}:{event.source}{event.id}"
        if name in live.known:
            return
        live.known.add(name)
        visits = live.packed.visits
        if len(visits) == 1 and (visit := visits[0]).first - APART_MS <= at <= visit.last + APART_MS:
            if at > visit.last:
                visit.last = at
            elif at < visit.first:
                visit.first = at
        else:
            visit = self._visit(live, at)
        visit.events += 1
        visit.names.append(name)
        if event.type == CHECKOUT:
            visit.checkout = True
        elif event.type == ORDER:
            visit.order = True
        self._changed[live.key] = live

    def _visit(self, live: Live, at: int) -> Visit:
        """The visit that an event belongs to: a new one, or all those that it joins."""
        visits = live.packed.visits
        near = [visit for visit in visits if visit.first - APART_MS <= at <= visit.last + APART_MS]
        if not near:
            visits.append(made := Visit(at, at, names=[], pages=[]))
            heappush(self._deadlines, (at + APART_MS, live.key))
            return made
        kept, *others = near
        for other in others:
            kept.events += other.events
            kept.checkout |= other.checkout
            kept.order |= other.order
            kept.names += other.names
            kept.pages += other.pages
            visits.remove(other)
        kept.first = min(at, *(visit.first for visit in near))
        kept.last = max(at, *(visit.last for visit in near))
        return kept

    def _close(self, mark: int) -> None:
        """End the visits whose deadline the watermark has passed."""
        deadlines = self._deadlines
        while deadlines and deadlines[0][0] < mark:
            key = deadlines[0][1]
            visits = self._live[key].packed.visits if key in self._live else ()
            if len(visits) == 1 and visits[0].last + APART_MS >= mark:
                heapreplace(deadlines, (visits[0].last + APART_MS, key))
            else:
                heappop(deadlines)
                self._end_visits(key, mark)

    def _end_visits(self, key: str, mark: int) -> None:
        live = self._live.get(key)
        if live is None:
            return
        over = [visit for visit in live.packed.visits if visit.last + APART_MS < mark]
        for visit in over:
            self._end(live, visit)
        if live.packed.visits:
            heappush(self._deadlines, (min(visit.last for visit in live.packed.visits) + APART_MS, key))
        elif over:
            self._leaving[key] = live

    def _end(self, live: Live, visit: Visit) -> None:
        live.packed.visits.remove(visit)
        live.known.difference_update(visit.names)
        self._pages_leaving += [Change(page_key(live.key, page), None) for page in visit.pages]
        if visit.checkout and not visit.order:
            self._over.append(Abandoned(live.key, visit.last, visit.events))

    def _outputs(self, partition: int) -> Iterator[Output]:
        for over in self._over:
            yield Output(self._output, partition, _write(over), (), over.session_id.encode())
        self._over = []

    def _changes(self) -> Iterator[Change]:
        """Pages of names before the cells that name them, and the clock behind everything."""
        yield from self._removed()
        for live in self._changed.values():
            for visit in live.packed.visits:
                if len(visit.names) > NAMES:
                    visit.pages.append(live.packed.next_page)
                    yield Change(page_key(live.key, live.packed.next_page), _pack(visit.names))
                    live.packed.next_page += 1
                    visit.names = []
            yield Change(b"s" + live.key.encode(), _pack(live.packed))
        yield Change(CLOCK, _pack(self._clock))
        self._changed = {}

    def _removed(self) -> Iterator[Change]:
        """What was over in the group before: names, and sessions that have no new visit."""
        yield from self._pages_left
        self._pages_left, self._pages_leaving = self._pages_leaving, []
        for key in self._left:
            if not self._live[key].packed.visits and key not in self._changed:
                del self._live[key]
                yield Change(b"s" + key.encode(), None)
        self._left = [key for key in self._leaving if not self._live[key].packed.visits]
        self._leaving = {}

    def _restore(self, cells: CellStore) -> None:
        for key, value in cells.items():
            if key == CLOCK:
                self._clock = _read_clock(value)
            elif key.startswith(b"s"):
                name = key[1:].decode()
                live = self._live[name] = Live(name, _read_session(value))
                for visit in live.packed.visits:
                    live.known.update(visit.names)
                if not live.packed.visits:
                    self._left.append(name)
        for name, live in self._live.items():
            for page in (page for visit in live.packed.visits for page in visit.pages):
                live.known.update(_read_page(cells.get(page_key(name, page)) or b"\x90"))


def page_key(session: str, page: int) -> bytes:
    """The table key of names of a session's events that were put away."""
    return b"p" + page.to_bytes(4, "big") + session.encode()


_read = msgspec.json.Decoder(Event).decode
_write = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_read_session = msgspec.msgpack.Decoder(Session).decode
_read_page = msgspec.msgpack.Decoder(list[Name]).decode
_read_clock = msgspec.msgpack.Decoder(Clock).decode
