"""The cells of one partition in memory: opened from the table when needed, packed when changed."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from services.journey.domain.cell import (
    LAYOUT,
    MOST_UNITS,
    SHELVED_FROM,
    SHELVES,
    Cell,
    Unit,
    shelf_key,
    shelf_of,
    table_key,
    unit_key,
)
from services.journey.domain.entity import Entity, last_activity
from services.journey.domain.portrait import Portrait


class Table(Protocol):
    """This partition's packed cells, as they were when last confirmed."""

    def get(self, key: bytes) -> bytes | None:
        """The packed value of a key, or None."""
        ...

    def heads(self) -> Iterable[tuple[bytes, bytes]]:
        """All keys, in no particular order, each with at least the beginning of its value."""
        ...


@dataclass(slots=True, eq=False)
class LiveCell:
    """A cell in memory, with those of its units that were needed."""

    cell: Cell
    alias: str  # the cell's, at hand: an event asks for it more than a dozen times
    loaded: dict[str, Unit] = field(default_factory=dict)
    dirty: set[str] = field(default_factory=set)  # units kept apart that are to be written
    dirty_shelves: set[int] = field(default_factory=set)  # lists of units that are to be written, if kept apart
    portrait: Portrait | None = None  # of a root: what held at its last diagnosis
    left: set[str] = field(default_factory=set)  # units put away since then
    restated: set[str] = field(default_factory=set)  # units of which others published something that is continued here

    def changed(self, unit: str) -> None:
        """Note that a unit is to be written; the cell's own unit is written with it."""
        if unit != self.alias:
            self.dirty.add(unit)


class Cells:
    """Opens cells, and knows which were changed since they were last packed."""

    def __init__(self, table: Table, cache: int) -> None:
        self._table, self._cache = table, cache
        self._live: OrderedDict[str, LiveCell] = OrderedDict()
        self._changed: dict[str, None] = {}
        self._removed: dict[bytes, None] = {}

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[LiveCell]:
        return iter(self._live.values())

    def all_keys(self) -> set[str]:
        """The keys of all cells."""
        stored = (key for key, _ in self._table.heads())
        return {*self._live, *(key[1:].decode() for key in stored if key.startswith(table_key("")))}

    def open(self, key: str) -> LiveCell:
        """The cell of a key; a new one when there is none."""
        live = self._live.get(key)
        if live is not None:
            self._live.move_to_end(key)
            return live
        packed = self._table.get(table_key(key))
        cell = _read_cell(packed) if packed is not None else Cell(LAYOUT, None, key, -1)
        if cell.shelved:
            cell.others = self._shelved(key)
        live = self._live[key] = LiveCell(cell, cell.alias)
        cell.own.members.setdefault(live.alias, Entity())
        return live

    def changed(self, live: LiveCell) -> None:
        """Note that a cell is to be written."""
        self._changed[live.cell.key] = None

    def unit(self, live: LiveCell, alias: str) -> Unit | None:
        """One of a cell's units; None when it has no such unit."""
        if alias == live.alias:
            return live.cell.own
        if alias not in live.cell.others:
            return None
        unit = live.loaded.get(alias)
        if unit is None:
            packed = self._table.get(unit_key(live.cell.key, alias))
            unit = live.loaded[alias] = _read_unit(packed) if packed is not None else Unit()
        return unit

    def make_unit(self, live: LiveCell, alias: str) -> Unit:
        """The same, made when there is none."""
        unit = self.unit(live, alias)
        if unit is None:
            unit = live.loaded[alias] = Unit(version=live.cell.floor)
            live.cell.others[alias] = None
            live.dirty_shelves.add(shelf_of(alias))
        return unit

    def units(self, live: LiveCell) -> Iterator[tuple[str, Unit]]:
        """All units of a cell, its own first."""
        for alias in (live.alias, *sorted(live.cell.others)):
            unit = self.unit(live, alias)
            if unit is not None:
                yield alias, unit

    def put_away(self, live: LiveCell, alias: str) -> None:
        """Forget a unit; what was published of it stays as it is, unless it was handed over."""
        if unit := self.unit(live, alias):
            live.cell.floor = max(live.cell.floor, unit.version)
        del live.cell.others[alias]
        live.loaded.pop(alias, None)
        live.dirty.discard(alias)
        live.left.add(alias)
        live.dirty_shelves.add(shelf_of(alias))
        self._removed[unit_key(live.cell.key, alias)] = None

    def surplus(self, live: LiveCell) -> list[str]:
        """A tenth of too many units: the quiet before the busy, oldest first."""
        if len(live.cell.others) <= MOST_UNITS:
            return []
        busy = live.portrait.busy if live.portrait else set()
        last = {alias: _last(unit) for alias, unit in self.units(live) if alias != live.alias}
        oldest = sorted(last, key=lambda alias: (alias in busy, last[alias], alias))
        return oldest[: len(last) - MOST_UNITS * 9 // 10]

    def cut(self, live: LiveCell, alias: str) -> None:
        """Put away a unit that is one too many: nothing as old as it is taken in again."""
        if unit := self.unit(live, alias):
            live.cell.horizon = max(live.cell.horizon, _last(unit))
        self.put_away(live, alias)

    def pack(self) -> dict[bytes, bytes | None]:
        """What was changed since the last time: removed units, changed units, and behind them the cells."""
        packed: dict[bytes, bytes | None] = dict.fromkeys(self._removed)
        cells: dict[bytes, bytes | None] = {}
        for key in self._changed:
            live = self._live[key]
            packed |= {unit_key(key, alias): _pack(live.loaded[alias]) for alias in sorted(live.dirty)}
            live.dirty.clear()
            packed |= self._shelves(live)
            cells[table_key(key)] = _pack(_without_others(live.cell) if live.cell.shelved else live.cell)
        self._changed, self._removed = {}, {}
        while len(self._live) > self._cache:
            self._live.popitem(last=False)
        return packed | cells

    def _shelves(self, live: LiveCell) -> dict[bytes, bytes | None]:
        """The lists of units that changed, of a cell that keeps them apart."""
        cell, dirty = live.cell, live.dirty_shelves
        if not cell.shelved and len(cell.others) > SHELVED_FROM:
            cell.shelved, dirty = True, {*map(shelf_of, cell.others)}
        if not dirty:
            return {}
        live.dirty_shelves = set()
        if not cell.shelved:
            return {}
        listed: dict[int, list[str]] = {shelf: [] for shelf in sorted(dirty)}
        for alias in cell.others:
            if (shelf := shelf_of(alias)) in listed:
                listed[shelf].append(alias)
        return {shelf_key(cell.key, shelf): _pack(aliases) for shelf, aliases in listed.items()}

    def _shelved(self, key: str) -> dict[str, None]:
        found = (self._table.get(shelf_key(key, shelf)) for shelf in range(SHELVES))
        return dict.fromkeys(alias for packed in found if packed is not None for alias in _read_shelf(packed))


def _last(unit: Unit) -> int:
    """The last instant (ms) that a unit tells of, -1 for none."""
    return max(map(last_activity, unit.members.values()), default=-1)


def _without_others(cell: Cell) -> Cell:
    return msgspec.structs.replace(cell, others={})


_read_shelf = msgspec.msgpack.Decoder(list[str]).decode
_pack = msgspec.msgpack.Encoder().encode
_read_cell = msgspec.msgpack.Decoder(Cell).decode
_read_unit = msgspec.msgpack.Decoder(Unit).decode
