"""What rules find in a person at an instant: pain points with their names, and when to look again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from schemas.aliases import Kind, kind_of
from services.journey.domain import facts as f
from services.journey.domain.entities.feed import Feed
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.entities.visit import Cart, Checkout, Visit
from services.journey.domain.ids import pain_point_id
from services.journey.domain.instants import earliest
from services.journey.domain.pain import RULES
from services.journey.domain.pain.spell import Find, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person
from services.journey.domain.rules import ENABLED, Rules


class Found(msgspec.Struct, frozen=True):
    """A spell with its names, as it stands at the instant of the assessment."""

    unit: str
    rule: Rule
    spell: Spell
    id: UUID
    order_id: str
    ended_at: int | None

    @property
    def place(self) -> int:
        """Where its kind stands in the chain of consequences."""
        return self.rule.place

    @property
    def happened_at(self) -> int:
        """When the condition became true."""
        return self.spell.happened_at

    @property
    def severity(self) -> Severity:
        """How much it hurts."""
        return self.spell.severity

    @property
    def evidence(self) -> tuple[f.Fact, ...]:
        """What shows it."""
        return self.spell.evidence

    @property
    def behind(self) -> UUID | None:
        """The pain point that it is about, if it is about one."""
        return self.spell.behind


@dataclass(slots=True)
class Look:
    """Asks rules about a person at `now` (ms; None while the shop's clock does not exist)."""

    person: Person
    rules: Rules
    now: int | None
    due: int | None = None  # ms: the first instant at which more could be said without a new fact
    waiting: set[str] = field(default_factory=set)  # the units for which that is so

    def at(self, unit: str) -> Iterator[Found]:
        """What hurts in a unit."""
        for subject, about in _subjects(self.person, unit):
            for rule, find in _QUESTIONS[subject]:
                yield from self._ask(rule, find, about)

    def all_over(self) -> Iterator[Found]:
        """What hurts a person as a whole."""
        for rule, find in _QUESTIONS[Subject.PERSON]:
            yield from self._ask(rule, find, _About(self.person.root, self.person))

    def back(self, order_id: str, history: Sequence[Found]) -> Iterator[Found]:
        """What follows from all that hurt on one order, given in order of time."""
        units = {item.id: item.unit for item in history}
        order = self.person.order(order_id)
        about = _About(self.person.root, history, order_id, order.lane if order else {})
        for rule, find in _QUESTIONS[Subject.HISTORY]:
            for item in self._ask(rule, find, about):
                yield msgspec.structs.replace(item, unit=units[item.behind]) if item.behind else item

    def _ask(self, rule: Rule, find: Find, about: "_About") -> Iterator[Found]:
        limits = self.rules.limits(rule.kind, self.person.shop, about.lane)
        for spell in find(about.subject, self.person, limits) if limits[ENABLED] else ():
            unit = spell.entity if spell.entity in self.person.members else about.unit
            if self.person.forgot(unit, spell.anchor):
                continue  # what followed it is not known any more
            if self._exists(spell, unit):
                name = pain_point_id(self.person.shop, rule.kind, spell.entity, spell.anchor)
                yield Found(unit, rule, spell, name, spell.order_id or about.order_id, self._ended_at(spell, unit))

    def _exists(self, spell: Spell, unit: str) -> bool:
        if spell.over_in_time():
            return False
        return not spell.timed or self._past(spell.happened_at, unit)

    def _ended_at(self, spell: Spell, unit: str) -> int | None:
        """Never before it began: what would have prevented it may be older than the fact that opened it."""
        lapsed = spell.ended_at is None and spell.lapses_at is not None and self._past(spell.lapses_at, unit)
        ended = spell.lapses_at if lapsed else spell.ended_at
        return None if ended is None else max(ended, spell.happened_at)

    def _past(self, instant: int, unit: str) -> bool:
        """Whether the clock is past an instant; if not, there is a reason to look again when it is."""
        if self.now is not None and self.now > instant:
            return True
        self.waiting.add(unit)
        self.due = earliest(self.due, instant + 1)
        return False


class _About(msgspec.Struct, frozen=True):
    """What a rule is asked about: the subject, the unit that it is kept in, its order, what limits may depend on."""

    unit: str
    subject: object
    order_id: str = ""
    lane: Mapping[str, str] = {}


def _subjects(person: Person, unit: str) -> Iterator[tuple[Subject, _About]]:
    """What a unit holds for rules to look at; it keeps the pain points whose entity is no unit of its own."""
    match view := person.view(unit):
        case Order():
            yield from _of_order(person.lend_promises(view))
        case Visit() if view.entity.facts and kind_of(unit) is Kind.SESSION:
            yield Subject.SESSION, _About(unit, view)
        case Cart():
            yield Subject.CART, _About(unit, view)
        case Checkout():
            yield Subject.CHECKOUT, _About(unit, view)
        case Ticket():
            yield Subject.TICKET, _About(unit, view, view.order_id)
        case Feed():
            yield Subject.FEED, _About(unit, view, lane={"feed": view.name})
    for survey in person.surveys(unit):
        yield Subject.SURVEY, _About(unit, survey, survey.order_id)


def _of_order(order: Order) -> Iterator[tuple[Subject, _About]]:
    yield Subject.ORDER, _About(order.alias, order, order.id, order.lane)
    for parcel in order.parcels:
        yield Subject.PARCEL, _About(order.alias, parcel, order.id, parcel.lane)
    for back in order.returns:
        yield Subject.RETURN, _About(order.alias, (order, back), order.id, order.lane)


def _questions() -> Mapping[Subject, Sequence[tuple[Rule, Find]]]:
    found: dict[Subject, list[tuple[Rule, Find]]] = {subject: [] for subject in Subject}
    for rule in RULES.values():
        for subject, find in ((rule.subject, rule.find), *rule.also.items()):
            found[subject].append((rule, find))
    return found


_QUESTIONS = _questions()
"""What to ask about each kind of subject."""
