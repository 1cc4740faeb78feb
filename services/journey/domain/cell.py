"""Cells: the state of one alias, as it is kept in the table.

A cell holds units. Its own unit has the facts of its alias (for an order, its parcels' too); the others came from
its children. A root publishes its units, any other cell passes them on. Units of persons are kept under keys of
their own, so that an event rewrites what it touched and not the person.
"""

from collections.abc import Iterable
from uuid import UUID
from zlib import crc32

import msgspec

from schemas.aliases import Kind, cell_key, kind_of
from schemas.rows import PainPointRow
from services.journey.domain import facts as f
from services.journey.domain.entity import Entity
from services.journey.domain.letters import Path
from services.journey.domain.reading import Link

MOST_UNITS = 1_000
"""How many units of its children a cell holds; beyond that, those that were quiet for longest are put away."""

SHELVED_FROM = 64
"""A cell with more units than these keeps their list apart, on `SHELVES` shelves: so that little is written anew."""

SHELVES = 32

LAYOUT = 3
"""The number of this layout; a cell of another one stops the service."""


class Unit(msgspec.Struct, array_like=True):
    """One entity with what is absorbed in it, and what was published of it."""

    path: Path = ()
    members: dict[str, Entity] = {}
    version: int = 0  # of its last publication, by whoever published it
    rows: dict[str, bytes] = {}  # row key -> digest of what was published
    pains: dict[str, PainPointRow] = {}  # pain point id -> as published

    @property
    def published(self) -> bool:
        """Whether anything was published of it from here."""
        return bool(self.rows or self.pains)


class Head(msgspec.Struct, array_like=True):
    """The beginning of a packed cell: what a restart reads of each."""

    layout: int
    due: int | None


class Cell(msgspec.Struct, array_like=True):
    """One alias; `key` is its cell key."""

    layout: int
    due: int | None  # ms: when to look at this root again
    key: str
    offset: int  # of the last message applied; messages up to it are skipped
    now: int | None = None  # ms: the shop's clock when last diagnosed; never goes back
    own: Unit = msgspec.field(default_factory=Unit)
    others: dict[str, None] = {}  # aliases of the other units; packed apart when `shelved`
    horizon: int = -1  # ms: units last active up to then were put away: over, or too many
    floor: int = 0  # the highest version of those
    links: dict[str, Link] = {}  # parent's alias -> the first proposal
    parents: list[str] = []  # cell keys that have all facts of this one
    epoch: int = 0  # how often `parents` changed
    proposed: dict[str, Link] = {}  # "child>parent" -> the first proposal passed on
    gone: dict[str, tuple[Path, str]] = {}  # released unit -> (by what claim, to which cell)
    silent_since: int | None = None  # of a feed: what was told to all partitions
    looked_over: int = -1  # ms: when it was last looked for journeys that are over for good
    shelved: bool = False

    @property
    def alias(self) -> str:
        """What the cell is of."""
        return self.key[self.key.index("/") + 1 :]

    @property
    def shop(self) -> str:
        """The shop it belongs to, "" for a parcel."""
        return self.key[: self.key.index("/")]

    @property
    def root(self) -> bool:
        """Whether it publishes: it has told nobody else."""
        return not self.parents


_CLASSES = (Kind.CUSTOMER, Kind.ANONYMOUS, Kind.ORDER)
"""Parents, the strongest first."""


def parents_of(cell: Cell) -> list[str]:
    """The cells that this one should report to now: a parcel to its orders, any other alias to one parent or none.

    The strongest class wins, then the first proposal by `(time, source, id)`.
    """
    if kind_of(cell.alias) is Kind.PARCEL:
        return list(dict.fromkeys((*cell.parents, *_orders_of(cell.own.members.get(cell.alias, Entity())))))
    best = min(cell.links.values(), key=_strength, default=None)
    return [] if best is None else [cell_key(cell.shop, best.parent)]


def propose(links: dict[str, Link], proposals: Iterable[Link]) -> list[Link]:
    """Keep the first proposal of each parent, in place; returns those that were news."""
    news = []
    for link in proposals:
        known = links.get(link.parent)
        if known is None or _order(link) < _order(known):
            links[link.parent] = link
            news.append(link)
    return news


def absorbs(cell: Cell, unit: str) -> bool:
    """Whether a child's unit becomes part of the cell's own: an order's parcels do."""
    return kind_of(cell.alias) is Kind.ORDER and kind_of(unit) is Kind.PARCEL


CLOCKS_KEY = b"k"
"""The table key of a partition's clocks."""


def table_key(cell: str) -> bytes:
    """The table key of a cell."""
    return b"c" + cell.encode()


def unit_key(cell: str, unit: str) -> bytes:
    """The table key of a unit that is kept apart from its cell; the length keeps any two pairs apart."""
    return f"u{len(cell)}:{cell}{unit}".encode()


def shelf_of(alias: str) -> int:
    """The shelf that a unit is listed on."""
    return crc32(alias.encode()) % SHELVES


def shelf_key(cell: str, shelf: int) -> bytes:
    """The table key of a shelf; no alias begins like this."""
    return unit_key(cell, f"#{shelf}")


def pain_key(id_: UUID) -> str:
    """How a unit names a pain point."""
    return str(id_)


def _orders_of(parcel: Entity) -> list[str]:
    found = (cell_key(r.shop, f"order:{r.order_id}") for r in parcel.of(f.ParcelRegistered))
    return list(dict.fromkeys(found))


def _strength(link: Link) -> tuple[int, int, str, str]:
    return _CLASSES.index(kind_of(link.parent)), link.time, link.source, link.id


def _order(link: Link) -> tuple[int, str, str]:
    return link.time, link.source, link.id
