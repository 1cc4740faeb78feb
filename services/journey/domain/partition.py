"""One journey partition: state and outputs as a function of its log.

Differences are taken at message boundaries, so that a replay after a crash repeats the same outputs. Nothing here
knows what time it is or where messages come from.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

import msgspec

from schemas import wire
from schemas.rows import ClockRow
from schemas.wire import EventItem, HeardItem, Kind, Tick
from services.journey.domain.cell import CLOCKS_KEY, LAYOUT, Head
from services.journey.domain.cells import Cells, LiveCell, Table
from services.journey.domain.clocks import ROUNDS, Clocks
from services.journey.domain.diagnosis import Diagnosis
from services.journey.domain.entity import Entity
from services.journey.domain.kinship import Kinship
from services.journey.domain.letters import (
    AnyLetter,
    Farewell,
    Handover,
    Mention,
    Recall,
    Release,
    Report,
    Silence,
    Wake,
    read_letters,
)
from services.journey.domain.outbox import Counts, Outbox, Place
from services.journey.domain.reading import Account, read
from services.journey.domain.rulebook import RULES_KEY, Rulebook
from services.journey.domain.rules import Rules
from services.journey.domain.silences import SILENT, Silences
from services.journey.domain.unheard import UNHEARD, Unheard
from services.journey.domain.waking import LOOKS_DUE, Waking

T = TypeVar("T")


class UnknownLayoutError(Exception):
    """A cell was written by another version of this service."""


class Partition:
    """f(state, message): feed messages in the order of their offsets, then drain."""

    def __init__(
        self,
        place: Place,
        table: Table,
        rules: Rules,
        clock_of: Callable[[str], str],
        cache: int = 20_000,
        looks_due: int = LOOKS_DUE,
    ):
        self.place, self.clock_of = place, clock_of
        self.clocks = Clocks()
        self.counts = Counts()
        self.cells = Cells(table, cache)
        self._kinship = Kinship(self.cells, self.counts, self._write)
        self._diagnosis = Diagnosis(self.cells, self._kinship, rules, place, self.counts)
        self.silences = Silences()
        self._unheard = Unheard()
        self._waking = Waking(self._look, self._write_to_itself, looks_due)
        self._outbox = Outbox()
        self._rulebook = Rulebook(rules)
        self._takers: dict[str, Callable[[bytes], None]] = {
            Kind.EVENTS: lambda value: _each(self._event, wire.read_events(value)),
            Kind.HEARD: lambda value: _each(self._heard, wire.read_heard(value)),
            Kind.LETTERS: lambda value: _each(self._letter, read_letters(value)),
            Kind.TICKS: lambda value: _each(self._tick, wire.read_ticks(value)),
            Kind.RULES: lambda value: _each(self._enact, map(bytes, read_announcements(value))),
        }
        self._clocks_changed = False
        self._clock_rows: dict[str, ClockRow] = {}
        self._offset = -1

    def restore(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Take up where the table was left: clocks and due moments; cells are read when they are needed."""
        self._waking.restore(self._restored(entries))

    def _restored(self, entries: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, int, str]]:
        """Yields the clock, moment and key of each cell that waits for one."""
        for key, value in entries:
            if key == CLOCKS_KEY:
                self.clocks = _read_clocks(value)
                self._take_over_silences()
            elif key == RULES_KEY:
                self._diagnosis.rules = self._rulebook.restore(value)
            elif key.startswith(SILENT):
                self.silences.restore(key, value)
            elif key.startswith(UNHEARD):
                self._unheard.restore(key)
            elif key.startswith(b"c"):
                head = _read_head(value)
                if head.layout != LAYOUT:
                    raise UnknownLayoutError(
                        f"cell {key!r} has layout {head.layout}, this version reads {LAYOUT}: run the version that "
                        "wrote it, or begin anew without its data (on one machine: `make clean`)"
                    )
                if head.due is not None:
                    name = key[1:].decode()
                    yield self._clock(name), head.due, name

    def _take_over_silences(self) -> None:
        if self.clocks.silent:
            self.silences.take_over(self.clocks.silent)
            self.clocks.silent, self._clocks_changed = {}, True

    def apply(self, offset: int, kind: str, value: bytes) -> None:
        """Take one message in and bring everything it changed to its conclusion."""
        take = self._takers.get(kind)
        if take is None:
            return
        self._offset = offset
        take(value)
        self._rulebook.open()
        self._look_again()
        self._settle()

    def drain(self) -> Outbox:
        """What is to be made durable since the last drain; afterwards the table must answer with it."""
        outbox, self._outbox = self._outbox, Outbox()
        noted, struck_out = self._unheard.pack()
        outbox.cells = noted | self.cells.pack() | struck_out
        outbox.silences = self.silences.pack()
        if self._clocks_changed:
            outbox.clocks = _pack(self.clocks)
        self._clocks_changed = False
        if book := self._rulebook.pack():
            outbox.cells[RULES_KEY] = book
        outbox.rules = self._rulebook.announcement()
        return outbox

    @property
    def unseen(self) -> int:
        """How many cells are still to be looked at under new rules."""
        return self._rulebook.unseen

    def _event(self, item: EventItem) -> None:
        self.counts.events += 1
        live = None if item.late else self._open(item.cell)
        if live is None:
            return
        reading = read(item)
        home = reading.accounts.pop(reading.home)
        nothing_of_home = not home.entity and not home.links
        if self._kinship.learn(live, home) or nothing_of_home:
            self.counts.news += 1
            for key, account in reading.accounts.items():
                self._kinship.mention(live, key, account)

    def _heard(self, item: HeardItem) -> None:
        if live := self._open(item.cell):
            self._kinship.learn(live, Account(Entity(heard=dict(item.hours))))

    def _letter(self, letter: AnyLetter) -> None:
        self.counts.letters += 1
        if isinstance(letter, Silence):
            self._silence(letter)
            return
        if isinstance(letter, Recall):
            self._waking.recall(self._unheard, letter.to, letter.after)
            return
        if isinstance(letter, Wake):
            self._waking.awake(letter.to)
            self._advance(letter.to)
            return
        live = self._open(letter.to)
        if live is None:
            return
        match letter:
            case Mention(entity=entity, links=links):
                self._kinship.learn(live, Account(entity, links))
            case Report():
                self._kinship.report(live, letter)
            case Release():
                self._kinship.release(live, letter)
            case Handover():
                self._kinship.handover(live, letter)
            case Farewell():
                self._kinship.farewell(live, letter)

    def _tick(self, tick: Tick) -> None:
        self._clocks_changed = True
        for clock, instant in self.clocks.hear(tick):
            if tick.round < ROUNDS:
                self._outbox.tick.setdefault(tick.round + 1, {})[clock] = instant
            else:
                self._advance(clock)

    def _advance(self, clock: str) -> None:
        """Look again at those for whom time alone may have changed something; the clock's row comes behind the last."""
        now = self.clocks.now(clock) or 0
        if self._waking.advance(clock, now) and self.clocks.show(clock, now):
            self._clock_rows[clock] = ClockRow(shop=clock, version=now, partition=self.place.number, now=now)

    def _enact(self, packed: bytes) -> None:
        rules = self._rulebook.enact(packed, self._offset)
        if rules is None:
            return
        self._diagnosis.rules = rules
        for live in self.cells:
            live.portrait = None

    def _look_again(self) -> None:
        """New rules concern everyone: some more with each message."""
        for key in self._rulebook.look_again(self.cells.all_keys, self._offset):
            self._look(key)

    def _look(self, key: str, due: int | None = None) -> bool:
        """Look at a person again, if `due` is what they wait for; False when they have seen this message already."""
        live = self._open(key)
        if live is None:
            return False
        if live.cell.root and live.cell.shop and due in (None, live.cell.due):
            self._kinship.touch(live)
        return True

    def _silence(self, letter: Silence) -> None:
        """A feed fell silent, or is heard again: what waits for its word is to be held back from now on, or shown."""
        self.silences.hear(letter)
        self._waking.recall(self._unheard, letter.to)

    def _open(self, key: str) -> LiveCell | None:
        """The cell; None when it has seen this message already."""
        live = self.cells.open(key)
        if live.cell.offset >= self._offset:
            self.counts.skipped += 1
            return None
        return live

    def _settle(self) -> None:
        """The boundary of a message: what was learnt is passed on, or published by those who have nobody above."""
        self._kinship.send_mentions()
        for live in self._kinship.touched.values():
            self._kinship.pass_on(live)
            if live.cell.root and live.cell.shop:
                self._diagnose(live)
            else:
                live.portrait = None
                self._unheard.note(live.cell.key, ())
            self._bound(live)
            live.cell.offset = self._offset
            self.cells.changed(live)
        self._outbox.publish(self._clock_rows.values(), ())
        self._clock_rows = {}
        self._kinship.begin_message()

    def _bound(self, live: LiveCell) -> None:
        """Let go of units that are too many."""
        for alias in self.cells.surplus(live):
            self._outbox.publish((), self._diagnosis.last_words(live, alias, self._offset))
            self.cells.cut(live, alias)
            self.counts.cut += 1

    def _diagnose(self, live: LiveCell) -> None:
        """Publish what is different about a person."""
        cell = live.cell
        before = cell.due
        now = self.clocks.now(self._clock(cell.key))
        found = self._diagnosis.of(live, partial(self.silences.since, cell.shop), now, self._offset)
        self._outbox.publish(found.rows, found.pains)
        for letter in found.letters:
            self._write(letter)
        for silence in found.letters_to_all:
            self._outbox.write_to_all(silence, self.place.partitions)
        self._unheard.note(cell.key, found.unheard)
        if cell.due is not None and cell.due != before:
            self._waking.wait(self._clock(cell.key), cell.due, cell.key)

    def _write(self, letter: AnyLetter) -> None:
        self._outbox.write(letter, self.place.partitions)

    def _write_to_itself(self, letter: AnyLetter) -> None:
        self._outbox.write_in(self.place.number, letter)

    def _clock(self, key: str) -> str:
        return self.clock_of(key.partition("/")[0])


def _each(take: Callable[[T], None], items: Iterable[T]) -> None:
    for item in items:
        take(item)


_pack = msgspec.msgpack.Encoder().encode
read_announcements = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_read_head = msgspec.msgpack.Decoder(Head).decode
_read_clocks = msgspec.msgpack.Decoder(Clocks).decode
