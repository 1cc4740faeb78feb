"""The forest at work: children report to parents, move between them, and what was published changes hands."""

from collections.abc import Callable, Iterable

import msgspec

from schemas.aliases import Kind, cell_key, kind_of
from services.journey.domain.cell import Cell, Unit, absorbs, parents_of, propose
from services.journey.domain.cells import Cells, LiveCell
from services.journey.domain.entity import Entity, forget, forget_touches, join, last_activity
from services.journey.domain.letters import AnyLetter, Farewell, Handover, Mention, Path, Release, Report
from services.journey.domain.outbox import Counts
from services.journey.domain.publication import adopt
from services.journey.domain.reading import Account, Link

Write = Callable[[AnyLetter], None]


class Kinship:
    """What cells tell one another within a message, and what they owe to others at its end.

    `news` has what each unit learnt in the message at hand: cell -> unit -> alias -> the facts that were new.
    """

    def __init__(self, cells: Cells, counts: Counts, write: Write) -> None:
        self._cells, self._counts, self._write = cells, counts, write
        self.touched: dict[str, LiveCell] = {}
        self.news: dict[str, dict[str, dict[str, Entity]]] = {}
        self._mentions: dict[str, Account] = {}
        self._related: set[str] = set()  # cell keys: whose parents may be others now

    def touch(self, live: LiveCell) -> None:
        """Note a cell that is to be concluded at the end of the message."""
        self.touched[live.cell.key] = live

    def learn(self, live: LiveCell, account: Account) -> bool:
        """Join an account into the cell's own unit; whether anything was new."""
        cell = live.cell
        fresh = not cell.own.members[live.alias] and cell.offset < 0
        new = self._join(live, cell.own.members[live.alias], account.entity)
        links = propose(cell.links, account.links)
        if not (new or links or new.channels or new.devices or fresh):
            return False
        if links or kind_of(live.alias) is Kind.PARCEL:
            self._related.add(cell.key)
        self.touch(live)
        self._remember(live, live.alias, live.alias, new)
        return True

    def mention(self, live: LiveCell, key: str, account: Account) -> None:
        """Pass on to another cell what an event says of it; proposals only if they were not passed on already.

        The account is given away: it may grow.
        """
        account.links = [link for link in account.links if self._unproposed(live, key, link)]
        if not account.links and not account.entity:
            return
        told = self._mentions.setdefault(key, account)
        if told is not account:
            join(told.entity, account.entity)
            told.links += account.links

    def report(self, live: LiveCell, report: Report) -> None:
        """A child's facts; of a unit that was released or put away only what is news."""
        cell = live.cell
        released = cell.gone.get(report.unit)
        if released is not None:
            if report.path <= released[0]:
                return
            del cell.gone[report.unit]
        alias = live.alias if absorbs(cell, report.unit) else report.unit
        if alias != live.alias and alias not in cell.others and _over(cell, report):
            self._counts.cut += 1
            return
        unit = self._cells.make_unit(live, alias)
        if alias != live.alias:
            unit.path = max(unit.path, report.path)
        for name, told in report.members.items():
            self._remember(live, alias, name, self._join(live, unit.members.setdefault(name, Entity()), told))
        live.changed(alias)
        self.touch(live)

    def release(self, live: LiveCell, release: Release) -> None:
        """A child leaves for another parent: give what was published of it to the heir, unless a newer claim holds."""
        cell = live.cell
        unit = self._cells.unit(live, release.unit)
        if release.heir == cell.key or (unit is not None and unit.path >= release.path):
            return
        known = cell.gone.get(release.unit)
        if known is None or known[0] < release.path:
            cell.gone[release.unit] = (release.path, release.heir)
        for parent in cell.parents:
            self._write(Release(parent, release.unit, release.path, release.heir))
        if unit is not None:
            self._hand_over(unit, release.unit, release.heir, release.path)
            self.put_away(live, release.unit)
        self.touch(live)

    def handover(self, live: LiveCell, handover: Handover) -> None:
        """Continue what another root published, or pass it on to whoever does."""
        cell = live.cell
        released = cell.gone.get(handover.unit)
        heir = released[1] if released else cell.parents[0] if cell.parents else None
        if heir is not None:
            self._write(msgspec.structs.replace(handover, to=heir))
            return
        unit = self._cells.make_unit(live, handover.unit)
        adopt(unit, handover.version, handover.rows, {str(p.pain_point_id): p for p in handover.pains})
        live.restated.add(handover.unit)
        live.changed(handover.unit)
        self.touch(live)

    def farewell(self, live: LiveCell, letter: Farewell) -> None:
        """Let go what is over for good, here and above; a parcel goes with its order, unless it lives on."""
        cell = live.cell
        unit = self._cells.unit(live, letter.unit)
        if unit is None or max(map(last_activity, unit.members.values()), default=-1) > letter.until:
            return
        for parent in cell.parents:
            self._write(Farewell(parent, letter.unit, letter.until))
        if letter.unit == live.alias:
            for name, entity in unit.members.items():
                if name != live.alias:
                    self._write(Farewell(cell_key("", name), name, letter.until))
                forget(entity, letter.until)
                forget_touches(entity, letter.until)
            live.portrait = None
        elif cell.parents:
            self.put_away(live, letter.unit)
        self.touch(live)

    def put_away(self, live: LiveCell, alias: str) -> None:
        """Forget a unit, and what was new of it."""
        self._cells.put_away(live, alias)
        if self.news.get(live.cell.key, {}).pop(alias, None) is not None:
            live.portrait = None  # it does not know what to forget

    def send_mentions(self) -> None:
        """What the message's events say of other cells."""
        for key, account in self._mentions.items():
            self._write(Mention(key, account.entity, account.links))

    def pass_on(self, live: LiveCell) -> None:
        """Tell a cell's parents what is new; report everything to new ones, and leave those that are no longer."""
        cell = live.cell
        related = cell.key in self._related
        before = cell.parents
        parents = parents_of(cell) if related else before
        for parent in (p for p in before if p in parents):
            for alias, members in sorted(self.news.get(cell.key, {}).items()):
                self._write(Report(parent, alias, self._path(live, alias), members))
        if parents != before:
            self._move(live, before, parents)
        if related:
            self._introduce(live)

    def begin_message(self) -> None:
        """Forget the message at hand: all that it brought about is told."""
        self.touched, self.news, self._mentions, self._related = {}, {}, {}, set()

    def _join(self, live: LiveCell, known: Entity, told: Entity) -> Entity:
        before = known.cut
        new = join(known, told)
        if known.cut > before:
            self._counts.cut += known.cut - before
            live.portrait = None  # it only knows how to learn
        return new

    def _remember(self, live: LiveCell, unit: str, alias: str, new: Entity) -> None:
        members = self.news.setdefault(live.cell.key, {}).setdefault(unit, {})
        if alias in members:
            join(members[alias], new)
        else:
            members[alias] = new

    def _unproposed(self, live: LiveCell, key: str, link: Link) -> bool:
        name = f"{key}>{link.parent}"
        known = live.cell.proposed.get(name)
        if known is not None and (known.time, known.source, known.id) <= (link.time, link.source, link.id):
            return False
        live.cell.proposed[name] = link
        return True

    def _introduce(self, live: LiveCell) -> None:
        """Tell those that were proposed as parents and not taken that they exist: they were named, too."""
        cell = live.cell
        for link in cell.links.values():
            key = cell_key(cell.shop, link.parent)
            if key not in cell.parents and key not in cell.proposed:
                cell.proposed[key] = link
                self._write(Mention(key, Entity(), []))

    def _move(self, live: LiveCell, before: Iterable[str], parents: list[str]) -> None:
        cell = live.cell
        was_root = cell.root
        cell.epoch += 1
        cell.parents = parents
        cell.due = None
        added = [p for p in parents if p not in before]
        for alias, unit in self._cells.units(live):
            path = self._path(live, alias)
            for parent in added:
                self._write(Report(parent, alias, path, unit.members))
            for parent in (p for p in before if p not in parents):
                self._write(Release(parent, alias, path, added[0]))
            if was_root and unit.published:
                self._hand_over(unit, alias, added[0], path)
                live.changed(alias)

    def _hand_over(self, unit: Unit, alias: str, heir: str, path: Path) -> None:
        """Give what was published of a unit to the cell that continues it, and forget it here."""
        if unit.published:
            self._write(Handover(heir, alias, path, unit.version, unit.rows, list(unit.pains.values())))
        unit.rows, unit.pains = {}, {}

    def _path(self, live: LiveCell, alias: str) -> Path:
        unit = self._cells.unit(live, alias)
        mine = (live.cell.epoch,)
        return mine if unit is None or alias == live.alias else (*unit.path, *mine)


def _over(cell: Cell, report: Report) -> bool:
    """Whether a report tells of nothing later than what the cell has put away."""
    return 0 <= max(map(last_activity, report.members.values()), default=-1) <= cell.horizon
