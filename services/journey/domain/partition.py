"""One journey partition: state and outputs as a function of its log.

Differences are taken at message boundaries, so that a replay after a crash repeats the same outputs. Nothing here
knows what time it is or where messages come from.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Protocol

import msgspec

from schemas import aliases, wire
from schemas.aliases import cell_key, kind_of, name_of, partition_of, split_cell_key
from schemas.rows import AnyRow, ClockRow, PainPointRow
from schemas.shops import DEFAULT_SHOP
from schemas.wire import LIVE_CLOCK, EventItem, HeardItem, Kind, Tick
from services.journey.domain.assessment import Assessment, assess
from services.journey.domain.cell import (
    CLOCKS_KEY,
    LAYOUT,
    MOST_UNITS,
    Cell,
    Head,
    Unit,
    absorbs,
    parents_of,
    propose,
    table_key,
    unit_key,
)
from services.journey.domain.clocks import ROUNDS, Clocks
from services.journey.domain.entity import Entity, forget, forget_touches, join, last_activity
from services.journey.domain.instants import SECOND
from services.journey.domain.letters import (
    AnyLetter,
    Handover,
    Mention,
    Path,
    Release,
    Report,
    Silence,
    read_letters,
)
from services.journey.domain.person import Person, assemble
from services.journey.domain.publication import Edition, adopt, forget_published, give_up, publish
from services.journey.domain.reading import Account, Link, read
from services.journey.domain.retraction import News
from services.journey.domain.rules import Rules
from services.journey.domain.settling import LASTING, settled

FEED_SILENT = "feed_silent"
JOURNEY_TOPIC = "journey.events.v1"
CLOCK_ROW_EVERY = 10 * SECOND
"""How far the live clock moves between two of its rows."""


class Table(Protocol):
    """This partition's packed cells, as they were when last confirmed."""

    def get(self, key: bytes) -> bytes | None:
        """The packed value of a key, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Which partition this is, of how many, and in which run (a rebuild raises it)."""

    number: int
    partitions: int
    run: int = 0


@dataclass(slots=True)
class Outbox:
    """What the messages since the last drain have brought about, in the order in which it must become durable."""

    letters: dict[int, list[bytes]] = field(default_factory=dict)  # packed letters by partition
    rows: list[bytes] = field(default_factory=list)
    pains: list[bytes] = field(default_factory=list)
    tick: dict[int, dict[str, int]] = field(default_factory=dict)  # round -> clock -> ms, behind all of the above
    cells: dict[bytes, bytes | None] = field(default_factory=dict)
    clocks: bytes | None = None  # behind all cells


@dataclass(slots=True)
class Counts:
    """What a partition has done since it was made, for metrics."""

    events: int = 0
    news: int = 0
    letters: int = 0
    rows: int = 0
    skipped: int = 0
    diagnoses: int = 0
    cut: int = 0  # facts, touches and units that were too many


class UnknownLayoutError(Exception):
    """A cell was written by another version of this service."""


class _Live:
    """A cell in memory with those of its units that were needed."""

    __slots__ = ("cell", "dirty", "loaded")

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.loaded: dict[str, Unit] = {}
        self.dirty: set[str] = set()  # units to be written


class Partition:
    """f(state, message): feed messages in the order of their offsets, then drain."""

    def __init__(self, place: Place, table: Table, rules: Rules, clock_of: Callable[[str], str], cache: int = 20_000):
        self.place, self.table, self.rules, self.clock_of = place, table, rules, clock_of
        self.clocks = Clocks()
        self.counts = Counts()
        self._cache_size = cache
        self._live: OrderedDict[str, _Live] = OrderedDict()
        self._dirty: dict[str, None] = {}  # cells changed since the last drain
        self._removed: dict[bytes, None] = {}
        self._clocks_changed = False
        self._due: dict[str, list[tuple[int, str]]] = {}  # clock -> heap of (ms, cell key)
        self._outbox = Outbox()
        self._offset = -1
        # of the message at hand:
        self._touched: dict[str, None] = {}
        self._deltas: dict[tuple[str, str], dict[str, Entity]] = {}  # (cell, unit) -> alias -> what was new
        self._mentions: dict[str, Account] = {}
        self._pending_clock_rows: dict[str, ClockRow] = {}

    def restore(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Take up where the table was left: clocks and due moments; cells are read when they are needed."""
        for key, value in entries:
            if key == CLOCKS_KEY:
                self.clocks = _read_clocks(value)
            elif key.startswith(b"c"):
                head = _read_head(value)
                if head.layout != LAYOUT:
                    raise UnknownLayoutError(
                        f"cell {key!r} has layout {head.layout}, not {LAYOUT}: run `waypost rebuild`"
                    )
                if head.due is not None:
                    name = key[1:].decode()
                    self._due.setdefault(self._clock(name), []).append((head.due, name))
        for heap in self._due.values():
            heapify(heap)

    def apply(self, offset: int, kind: str, value: bytes) -> None:
        """Take one message in and bring everything it changed to its conclusion."""
        self._offset = offset
        match kind:
            case Kind.EVENTS:
                for item in wire.read_events(value):
                    self._event(item)
            case Kind.HEARD:
                for heard in wire.read_heard(value):
                    self._heard(heard)
            case Kind.LETTERS:
                for letter in read_letters(value):
                    self._letter(letter)
            case Kind.TICKS:
                for tick in wire.read_ticks(value):
                    self._tick(tick)
            case _:
                return
        self._settle()

    def drain(self) -> Outbox:
        """What is to be made durable since the last drain; afterwards the table must answer with it."""
        outbox, self._outbox = self._outbox, Outbox()
        for removed in self._removed:
            outbox.cells[removed] = None
        mains: dict[bytes, bytes | None] = {}
        for key in self._dirty:
            live = self._live[key]
            for unit in sorted(live.dirty):
                outbox.cells[unit_key(key, unit)] = _pack(live.loaded[unit])
            live.dirty.clear()
            mains[table_key(key)] = _pack(live.cell)
        outbox.cells.update(mains)
        if self._clocks_changed:
            outbox.clocks = _pack(self.clocks)
        self._dirty, self._removed, self._clocks_changed = {}, {}, False
        while len(self._live) > self._cache_size:
            self._live.popitem(last=False)
        return outbox

    # -- messages

    def _event(self, item: EventItem) -> None:
        self.counts.events += 1
        live = None if item.late else self._open(item.cell)
        if live is None:
            return
        reading = read(item)
        home = reading.accounts.pop(reading.home)
        empty = not home.entity and not home.links
        news = self._learn(live, home) or empty
        for key, account in reading.accounts.items():
            links = self._unproposed(live, key, account.links)
            if news and (links or account.entity):
                self._mention(key, account.entity, links)
        self.counts.news += news

    def _heard(self, item: HeardItem) -> None:
        if live := self._open(item.cell):
            self._learn(live, Account(Entity(heard=dict(item.hours))))

    def _unproposed(self, live: _Live, key: str, links: Iterable[Link]) -> list[Link]:
        """Of an event's proposals for another cell, those that this cell has not passed on already."""
        fresh = []
        for link in links:
            name = f"{key}>{link.parent}"
            known = live.cell.proposed.get(name)
            if known is None or (link.time, link.source, link.id) < (known.time, known.source, known.id):
                live.cell.proposed[name] = link
                fresh.append(link)
        return fresh

    def _mention(self, key: str, entity: Entity, links: list[Link]) -> None:
        account = self._mentions.setdefault(key, Account())
        join(account.entity, entity)
        account.links += links

    def _letter(self, letter: AnyLetter) -> None:
        self.counts.letters += 1
        if isinstance(letter, Silence):
            self._silence(letter)
            return
        live = self._open(letter.to)
        if live is None:
            return
        match letter:
            case Mention(entity=entity, links=links):
                self._learn(live, Account(entity, links))
            case Report():
                self._report(live, letter)
            case Release():
                self._release(live, letter)
            case Handover():
                self._handover(live, letter)

    def _tick(self, tick: Tick) -> None:
        for clock, instant in self.clocks.hear(tick):
            self._clocks_changed = True
            if tick.round < ROUNDS:
                self._outbox.tick.setdefault(tick.round + 1, {})[clock] = instant
            else:
                self._advance(clock, instant)
        self._clocks_changed = True

    def _advance(self, clock: str, now: int) -> None:
        """Look again at every person for whom time alone may have changed something."""
        heap = self._due.get(clock, [])
        while heap and heap[0][0] <= now:
            due, key = heappop(heap)
            live = self._open(key)
            if live is not None and live.cell.due == due:
                self._touched[key] = None
        if clock != LIVE_CLOCK or now - self.clocks.shown.get(clock, 0) >= CLOCK_ROW_EVERY:
            self.clocks.shown[clock] = now
            row = ClockRow(shop=clock, version=now, partition=self.place.number, now=now)
            self._pending_clock_rows[clock] = row

    # -- cells

    def _open(self, key: str) -> _Live | None:
        """The cell, in memory; None when it has seen this message already."""
        live = self._live.get(key)
        if live is None:
            packed = self.table.get(table_key(key))
            cell = _read_cell(packed) if packed is not None else Cell(LAYOUT, None, key, -1)
            live = self._live[key] = _Live(cell)
            cell.own.members.setdefault(cell.alias, Entity())
        else:
            self._live.move_to_end(key)
        if live.cell.offset >= self._offset:
            self.counts.skipped += 1
            return None
        return live

    def _touch(self, live: _Live) -> None:
        self._touched[live.cell.key] = None

    def _unit(self, live: _Live, alias: str) -> Unit | None:
        """One of the cell's units; None when it has no such unit."""
        if alias == live.cell.alias:
            return live.cell.own
        if alias not in live.cell.others:
            return None
        unit = live.loaded.get(alias)
        if unit is None:
            packed = self.table.get(unit_key(live.cell.key, alias))
            unit = live.loaded[alias] = _read_unit(packed) if packed is not None else Unit()
        return unit

    def _make_unit(self, live: _Live, alias: str) -> Unit:
        unit = self._unit(live, alias)
        if unit is None:
            unit = live.loaded[alias] = Unit(version=live.cell.floor)
            live.cell.others[alias] = -1
        return unit

    def _units(self, live: _Live) -> Iterable[tuple[str, Unit]]:
        for alias in (live.cell.alias, *sorted(live.cell.others)):
            unit = self._unit(live, alias)
            if unit is not None:
                yield alias, unit

    def _learn(self, live: _Live, account: Account) -> bool:
        """Join an account into the cell's own unit; whether anything was new."""
        cell = live.cell
        fresh = not cell.own.members[cell.alias] and cell.offset < 0
        new = self._join(cell.own.members[cell.alias], account.entity)
        links = propose(cell.links, account.links)
        if not (new or links or new.channels or new.devices or fresh):
            return False
        self._touch(live)
        self._delta(live, cell.alias, cell.alias, new)
        return True

    def _join(self, known: Entity, told: Entity) -> Entity:
        before = known.cut
        new = join(known, told)
        self.counts.cut += known.cut - before
        return new

    def _put_away(self, live: _Live, alias: str) -> None:
        """Forget a unit; what was published of it stays as it is, unless it was handed over."""
        if unit := self._unit(live, alias):
            live.cell.floor = max(live.cell.floor, unit.version)
        del live.cell.others[alias]
        live.loaded.pop(alias, None)
        live.dirty.discard(alias)
        self._removed[unit_key(live.cell.key, alias)] = None
        self._deltas.pop((live.cell.key, alias), None)

    def _bound(self, live: _Live, busy: set[str]) -> None:
        """Put units away while there are too many: the quiet before those where something is open, oldest first."""
        others = live.cell.others
        while len(others) > MOST_UNITS:
            alias = min(others, key=lambda name: (name in busy, others[name], name))
            live.cell.horizon = max(live.cell.horizon, others[alias])
            self._put_away(live, alias)
            self.counts.cut += 1

    def _delta(self, live: _Live, unit: str, alias: str, new: Entity) -> None:
        members = self._deltas.setdefault((live.cell.key, unit), {})
        join(members.setdefault(alias, Entity()), new)

    # -- letters

    def _report(self, live: _Live, report: Report) -> None:
        cell = live.cell
        released = cell.gone.get(report.unit)
        if released is not None:
            if report.path <= released[0]:
                return
            del cell.gone[report.unit]
        alias = cell.alias if absorbs(cell, report.unit) else report.unit
        last = max(map(last_activity, report.members.values()), default=-1)
        if alias not in (cell.alias, *cell.others) and 0 <= last <= cell.horizon:
            self.counts.cut += 1
            return
        unit = self._make_unit(live, alias)
        if alias != cell.alias:
            cell.others[alias] = max(last, cell.others[alias])
        if alias == report.unit:
            unit.path = max(unit.path, report.path)
        for name, told in report.members.items():
            self._delta(live, alias, name, self._join(unit.members.setdefault(name, Entity()), told))
        live.dirty.update({alias} - {cell.alias})
        self._touch(live)

    def _release(self, live: _Live, release: Release) -> None:
        cell = live.cell
        unit = self._unit(live, release.unit)
        if release.heir == cell.key or (unit is not None and unit.path >= release.path):
            return
        known = cell.gone.get(release.unit)
        if known is None or known[0] < release.path:
            cell.gone[release.unit] = (release.path, release.heir)
        for parent in cell.parents:
            self._write(parent, Release(parent, release.unit, release.path, release.heir))
        if unit is not None:
            self._hand_over(unit, release.unit, release.heir, release.path)
            self._put_away(live, release.unit)
        self._touch(live)

    def _handover(self, live: _Live, handover: Handover) -> None:
        cell = live.cell
        released = cell.gone.get(handover.unit)
        heir = released[1] if released else cell.parents[0] if cell.parents else None
        if heir is not None:
            self._write(heir, msgspec.structs.replace(handover, to=heir))
            return
        unit = self._make_unit(live, handover.unit)
        adopt(unit, handover.version, handover.rows, {str(p.pain_point_id): p for p in handover.pains})
        live.dirty.update({handover.unit} - {cell.alias})
        self._touch(live)

    def _hand_over(self, unit: Unit, alias: str, heir: str, path: Path) -> None:
        """Give what was published of a unit to the cell that continues it, and forget it here."""
        if unit.published:
            self._write(heir, Handover(heir, alias, path, unit.version, unit.rows, list(unit.pains.values())))
        unit.rows, unit.pains = {}, {}

    def _write(self, to: str, letter: AnyLetter) -> None:
        partition = partition_of(to, self.place.partitions)
        self._outbox.letters.setdefault(partition, []).append(wire.pack_item(letter))

    def _silence(self, letter: Silence) -> None:
        """A feed fell silent, or is heard again: then what was held back for its sake is looked at once more."""
        self._clocks_changed = True
        if letter.since is not None:
            self.clocks.silent[letter.to] = letter.since
            return
        self.clocks.silent.pop(letter.to, None)
        for key in self.clocks.held.pop(letter.to, ()):
            if live := self._open(key):
                self._touch(live)

    # -- the boundary of a message

    def _settle(self) -> None:
        for key, account in self._mentions.items():
            self._write(key, Mention(key, account.entity, account.links))
        for key in self._touched:
            self._conclude(self._live[key])
        for row in self._pending_clock_rows.values():
            self._outbox.rows.append(wire.pack_item(row))
        self._touched, self._deltas, self._mentions, self._pending_clock_rows = {}, {}, {}, {}

    def _conclude(self, live: _Live) -> None:
        """Tell the cell's parents, or publish if it has none; it has seen this message now."""
        cell = live.cell
        parents = parents_of(cell)
        before = cell.parents
        for parent in (p for p in before if p in parents):
            for alias, _ in self._units(live):
                if members := self._deltas.get((cell.key, alias)):
                    self._write(parent, Report(parent, alias, self._path(live, alias), members))
        if parents != before:
            self._move(live, before, parents)
        self._introduce(cell)
        self._bound(live, self._diagnose(live) if cell.root else set())
        cell.offset = self._offset
        self._dirty[cell.key] = None

    def _introduce(self, cell: Cell) -> None:
        """Tell those that were proposed as parents and not taken that they exist: they were named, too."""
        for link in cell.links.values():
            key = cell_key(cell.shop, link.parent)
            if key not in cell.parents and key not in cell.proposed:
                cell.proposed[key] = link
                self._write(key, Mention(key, Entity(), []))

    def _move(self, live: _Live, before: list[str], parents: list[str]) -> None:
        """Report everything to new parents, and leave those that are no longer."""
        cell = live.cell
        cell.epoch += 1
        cell.parents = parents
        cell.due = None
        added = [p for p in parents if p not in before]
        for alias, unit in self._units(live):
            path = self._path(live, alias)
            for parent in added:
                self._write(parent, Report(parent, alias, path, unit.members))
            for parent in (p for p in before if p not in parents):
                self._write(parent, Release(parent, alias, path, added[0]))
            if not before and unit.published:
                self._hand_over(unit, alias, added[0], path)
                live.dirty.update({alias} - {cell.alias})

    def _path(self, live: _Live, alias: str) -> Path:
        unit = self._unit(live, alias)
        mine = (live.cell.epoch,)
        return mine if unit is None or alias == live.cell.alias else (*unit.path, *mine)

    def _diagnose(self, live: _Live) -> set[str]:
        """Publish what differs from what was published of this root's units; returns where something is open."""
        cell = live.cell
        if not cell.shop:
            return set()
        self.counts.diagnoses += 1
        cell.now = _later(cell.now, self.clocks.now(self.clock_of(cell.shop)))
        units = {alias: unit for alias, unit in self._units(live) if unit.members}
        person = assemble(cell.shop, cell.alias, ((alias, unit.members) for alias, unit in units.items()))
        told = assess(person, self.rules, cell.now, self._silent(cell.shop))
        self._remember_held(cell, told)
        self._yield(live, person, units)
        edition = Edition(self.place.run, self.place.number, self._offset)
        news = News(cell.alias, {alias: new for alias in units if (new := self._deltas.get((cell.key, alias)))})
        for alias, unit in units.items():
            rows, pains = publish(unit, cell.shop, told.rows.get(alias, {}), told.pains.get(alias, {}), edition, news)
            self._publish(rows, pains)
            if (rows or pains) and alias != cell.alias:
                live.dirty.add(alias)
        for feed in person.feeds:
            self._announce(cell, feed.last_heard if told.open_kinds & {FEED_SILENT} else None)
        if told.due is not None and told.due != cell.due:
            heappush(self._due.setdefault(self._clock(cell.key), []), (told.due, cell.key))
        cell.due = told.due
        self._settle_journeys(live, person, told)
        return told.busy

    def _settle_journeys(self, live: _Live, person: Person, told: Assessment) -> None:
        """Let journeys leave that are over for good; their rows stay as they are."""
        cell = live.cell
        alive = told.busy | told.waiting
        over = None if cell.now is None else settled(person, told.journeys, alive, cell.now)
        if over is None:
            return
        cell.horizon = max(cell.horizon, over.active_until)
        for alias in over.units & set(cell.others):
            self._put_away(live, alias)
        if cell.alias in over.units:
            self._empty(cell.own, over.active_until)
        for alias, unit in self._units(live):
            if kind_of(alias) in LASTING and alias in unit.members:
                forget_touches(unit.members[alias], over.touches_until)
                forget_published(unit, over.rows)
                live.dirty.update({alias} - {cell.alias})

    def _empty(self, own: Unit, until: int) -> None:
        """Leave nothing of a root's own unit but the marker that tells repeats."""
        for entity in own.members.values():
            forget(entity, until)
            forget_touches(entity, until)
        own.rows, own.pains = {}, {}

    def _silent(self, shop: str) -> Mapping[str, int]:
        """The carriers that are not heard, and since when: the shop's own feeds, and the default shop's."""
        feeds = ((*split_cell_key(key), since) for key, since in self.clocks.silent.items())
        return {name_of(feed): since for owner, feed, since in feeds if owner in (shop, DEFAULT_SHOP)}

    def _remember_held(self, cell: Cell, told: Assessment) -> None:
        """Note whom to look at again when a silent carrier is heard."""
        for carrier in told.held_back_for:
            for shop in dict.fromkeys((cell.shop, DEFAULT_SHOP)):
                feed = cell_key(shop, aliases.alias(aliases.Kind.FEED, carrier))
                roots = self.clocks.held.setdefault(feed, []) if feed in self.clocks.silent else [cell.key]
                if cell.key not in roots:
                    roots.append(cell.key)
                    self._clocks_changed = True

    def _announce(self, cell: Cell, silent_since: int | None) -> None:
        """Tell every partition when a feed falls silent, and when it is heard again."""
        if silent_since == cell.silent_since:
            return
        cell.silent_since = silent_since
        for partition in range(self.place.partitions):
            letter = wire.pack_item(Silence(cell.key, silent_since))
            self._outbox.letters.setdefault(partition, []).append(letter)

    def _yield(self, live: _Live, person: Person, units: Mapping[str, Unit]) -> None:
        """Hand over what was published of parcels that are other orders' as is known now."""
        for order in person.orders:
            unit = units[order.alias]
            for heir, given in give_up(unit, order.foreign).items():
                to = cell_key(live.cell.shop, heir)
                self._write(to, Handover(to, heir, (), unit.version, given.rows, given.pains))
                live.dirty.update({order.alias} - {live.cell.alias})

    def _publish(self, rows: Iterable[AnyRow], pains: Iterable[PainPointRow]) -> None:
        for row in rows:
            self.counts.rows += 1
            self._outbox.rows.append(wire.pack_item(row))
        for pain in pains:
            self._outbox.pains.append(wire.pack_item(pain))

    def _clock(self, key: str) -> str:
        return self.clock_of(key.partition("/")[0])


def ticks(outbox: Outbox, place: Place) -> list[Tick]:
    """The ticks that an outbox passes on to every journey partition, by round."""
    origin = f"{JOURNEY_TOPIC}/{place.number}"
    origins: Mapping[str, int] = {JOURNEY_TOPIC: place.partitions}
    return [Tick(round_, origin, origins, clocks) for round_, clocks in sorted(outbox.tick.items())]


def _later(a: int | None, b: int | None) -> int | None:
    return max((at for at in (a, b) if at is not None), default=None)


_pack = msgspec.msgpack.Encoder().encode
_read_cell = msgspec.msgpack.Decoder(Cell).decode
_read_head = msgspec.msgpack.Decoder(Head).decode
_read_unit = msgspec.msgpack.Decoder(Unit).decode
_read_clocks = msgspec.msgpack.Decoder(Clocks).decode
