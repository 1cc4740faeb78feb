"""What is said of a root at a message's end: the difference to what was published, and what may leave."""

from dataclasses import dataclass, field

from schemas.aliases import cell_key, kind_of
from schemas.rows import AnyRow, PainPointRow
from services.journey.domain.cell import Cell, Unit, pain_key
from services.journey.domain.cells import Cells, LiveCell
from services.journey.domain.entities.feed import Feed
from services.journey.domain.entities.order import Order
from services.journey.domain.entity import forget, forget_heard, forget_touches
from services.journey.domain.ids import pain_point_id
from services.journey.domain.instants import DAY
from services.journey.domain.kinship import Kinship
from services.journey.domain.letters import Farewell, Handover, Silence
from services.journey.domain.outbox import Counts, Place
from services.journey.domain.person import Person
from services.journey.domain.portrait import Portrait, SilentSince
from services.journey.domain.publication import Edition, forget_published, give_up, publish, show_held_back
from services.journey.domain.retraction import News
from services.journey.domain.rules import Rules
from services.journey.domain.settling import LASTING, may_settle, settled

FEED_SILENT = "feed_silent"


@dataclass(slots=True)
class Diagnosed:
    """What a diagnosis has to say to others."""

    rows: list[AnyRow] = field(default_factory=list)
    pains: list[PainPointRow] = field(default_factory=list)
    letters: list[Handover | Farewell] = field(default_factory=list)
    letters_to_all: list[Silence] = field(default_factory=list)
    unheard: set[str] = field(default_factory=set)  # carriers for whose silence something would be held back


class Diagnosis:
    """Looks at roots, in place: cells remember what was published and when to look again."""

    def __init__(self, cells: Cells, kinship: Kinship, rules: Rules, place: Place, counts: Counts) -> None:
        self._cells, self._kinship, self._place, self._counts = cells, kinship, place, counts
        self.rules = rules

    def of(self, live: LiveCell, silent_since: SilentSince, now: int | None, offset: int) -> Diagnosed:
        """Diagnose a root at its shop's clock (ms, None while there is none), in the message at `offset`.

        `silent_since` says since when a carrier is not heard.
        """
        cell = live.cell
        self._counts.diagnoses += 1
        cell.now = max((at for at in (cell.now, now) if at is not None), default=None)
        portrait = live.portrait = self._portrait(live)
        portrait.update(cell.now, silent_since)
        found = Diagnosed()
        self._publish(live, portrait, self._edition(offset), found)
        found.unheard = portrait.unheard
        cell.due = portrait.timers.due
        if feed := portrait.person.feed:
            _announce(cell, portrait, found)
            _forget_silences(live, feed)
        self._let_go(live, portrait, offset, found)
        return found

    def last_words(self, live: LiveCell, alias: str, offset: int) -> list[PainPointRow]:
        """What is to be said of a unit before it is put away: nothing is held back for ever."""
        unit = self._cells.unit(live, alias)
        return show_held_back(unit, self._edition(offset)) if unit else []

    def _edition(self, offset: int) -> Edition:
        return Edition(self._place.run, self._place.number, offset)

    def _portrait(self, live: LiveCell) -> Portrait:
        """The person as known now: what this message told is added to what was known, if that is at hand."""
        cell = live.cell
        news = self._kinship.news.get(cell.key, {})
        portrait = live.portrait
        if portrait is None:
            portrait = Portrait(Person(cell.shop, live.alias), self.rules)
            for alias, unit in self._cells.units(live):
                if unit.members:
                    portrait.know(alias, unit.members)
            return portrait
        for alias in sorted(live.left & portrait.person.members.keys()):
            portrait.forget(alias)
        for alias in sorted(news):
            if known := self._cells.unit(live, alias):
                portrait.know(alias, known.members, news[alias])
        for alias in live.restated & portrait.person.members.keys():
            portrait.restate(alias)
        return portrait

    def _publish(self, live: LiveCell, portrait: Portrait, edition: Edition, found: Diagnosed) -> None:
        """Say what is different: first of the root's own unit, then of the others by alias."""
        cell = live.cell
        live.left, live.restated = set(), set()
        news = News(live.alias, self._kinship.news.get(cell.key, {}))
        changed, portrait.changed = portrait.changed, {}
        for alias in sorted(changed, key=lambda alias: (alias != live.alias, alias)):
            unit = self._cells.unit(live, alias)
            if unit is None:
                continue
            self._give_up(live, portrait.person, alias, unit, found)
            rows, pains = publish(unit, cell.shop, portrait.told(alias), changed[alias], edition, news)
            found.rows += rows
            found.pains += pains
            self._counts.rows += len(rows)
            if rows or pains:
                live.changed(alias)

    def _give_up(self, live: LiveCell, person: Person, alias: str, unit: Unit, found: Diagnosed) -> None:
        """Hand over what was published of parcels that are other orders', as is known now."""
        order = person.views.get(alias)
        if isinstance(order, Order) and order.foreign:
            for heir, given in give_up(unit, order.foreign).items():
                to = cell_key(live.cell.shop, heir)
                found.letters.append(Handover(to, heir, (), unit.version, given.rows, given.pains))
                live.changed(alias)

    def _let_go(self, live: LiveCell, portrait: Portrait, offset: int, found: Diagnosed) -> None:
        """Let journeys leave that are over for good; their rows stay as they are."""
        cell = live.cell
        if cell.now is None or not may_settle(portrait, cell.now) or cell.now < cell.looked_over + DAY:
            return
        cell.looked_over = cell.now
        over = settled(portrait, cell.now)
        if over is None:
            return
        live.portrait = None
        cell.horizon = max(cell.horizon, over.active_until)
        for alias in sorted(over.units):
            found.pains += self.last_words(live, alias, offset)
        for alias in sorted(over.units & set(cell.others)):
            found.letters.append(Farewell(cell_key(cell.shop, alias), alias, portrait.person.active_until(alias)))
            self._kinship.put_away(live, alias)
        if live.alias in over.units:
            _empty(cell.own, over.active_until)
        for alias, unit in self._cells.units(live):
            if kind_of(alias) in LASTING and alias in unit.members:
                forget_touches(unit.members[alias], over.touches_until)
                forget_published(unit, over.rows)
                live.changed(alias)


def _empty(own: Unit, until: int) -> None:
    """Leave nothing of a root's own unit but the marker that tells repeats."""
    for entity in own.members.values():
        forget(entity, until)
        forget_touches(entity, until)
    own.rows, own.pains = {}, {}


def _forget_silences(live: LiveCell, feed: Feed) -> None:
    """Forget when a feed was heard long ago; what was published of its silences then stays as it is."""
    cell = live.cell
    hour = None if cell.now is None else feed.outdated(cell.now)
    if hour is None:
        return
    forget_heard(feed.entity, hour)
    known = Feed(feed.alias, feed.entity)
    begins = (begin for _, begin in known.spans if begin >= known.known_from)
    names = {pain_key(pain_point_id(cell.shop, FEED_SILENT, feed.alias, begin)) for begin in begins}
    cell.own.pains = {name: pain for name, pain in cell.own.pains.items() if name in names}
    live.portrait = None


def _announce(cell: Cell, portrait: Portrait, found: Diagnosed) -> None:
    """Tell every partition when a feed falls silent, and when it is heard again."""
    feed = portrait.person.feed
    since = feed.last_heard if feed and FEED_SILENT in portrait.open_kinds else None
    if since != cell.silent_since:
        cell.silent_since = since
        found.letters_to_all.append(Silence(cell.key, since))
