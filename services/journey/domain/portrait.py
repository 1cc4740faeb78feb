"""What holds of a person, kept up to date: only what could be answered otherwise is asked again.

One thing follows from another in this order: what rules find in a unit and in the person, what that means for an
order's chain, which journey a ticket belongs to, pain points, journeys. Each is a question (`reads.py`) whose answer
stands until something that it looked at is different, or the clock passes its next due moment.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import cast
from uuid import UUID

from schemas.aliases import Kind, kind_of
from schemas.rows import AnyRow, PainPointRow
from services.journey.domain import entity_rows, journeys
from services.journey.domain.assessment import Found, Look
from services.journey.domain.belonging import JOURNEY, PAIN, Belonging
from services.journey.domain.chain import roots
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.entities.ticket import Ticket
from services.journey.domain.entity import Entity
from services.journey.domain.pain_rows import pain_row
from services.journey.domain.person import Person
from services.journey.domain.publication import Changed, Told
from services.journey.domain.reads import Question
from services.journey.domain.rules import Rules
from services.journey.domain.runs import Run
from services.journey.domain.timers import Timers
from services.journey.domain.units import Members

UNIT, CONTACTS, ORDER, TICKET = "unit", "contacts", "order", "ticket"
"""What can be asked besides what a pain point and a journey are."""

LATE, LOST = "delivery_late", "parcel_lost"
"""Kinds that an order's and a journey's row speak of."""


SilentSince = Callable[[str], int | None]
"""Since when (ms) a carrier is not heard by the person's shop; None if it is."""


class Portrait:
    """A person with everything that there is to say; versions are not set yet."""

    def __init__(self, person: Person, rules: Rules) -> None:
        self.person = person
        self.rows: dict[str, dict[str, AnyRow]] = {}  # by unit and key
        self.pains: dict[str, dict[UUID, PainPointRow]] = {}  # by unit and id
        self.changed: dict[str, Changed] = {}  # by unit, since it was last emptied
        self.timers = Timers()  # when more could be said without a new fact
        self._rules = rules
        self._now: int | None = None
        self._silent_since: SilentSince = lambda _: None
        self._found: dict[Question, dict[UUID, Found]] = {}
        self._items: dict[UUID, Found] = {}
        self._on_order: dict[str, set[UUID]] = {}
        self._root_of: dict[UUID, UUID] = {}
        self._belonging = Belonging(person)
        self._unheard: dict[UUID, tuple[str, int | None]] = {}  # open pain point -> its carrier, silent since (ms)
        self._journey_rows: dict[str, tuple[str, str]] = {}  # anchor of a journey -> (unit, key) of its row
        person.reads.stale.add((CONTACTS, person.root))

    def know(self, unit: str, members: Members, news: Mapping[str, Entity] | None = None) -> None:
        """Take in what a unit holds now; `news` has what is new of it, unless all of it is."""
        if unit not in self.person.members:
            news = None
            self.restate(unit)
        self.person.know(unit, members, news)

    def forget(self, unit: str) -> None:
        """A unit is not the person's any more; what was published of it is nobody's business here."""
        self.person.forget(unit)
        self._keep((UNIT, unit), ())
        self._set_rows(unit, self._rows_of(unit), {})
        if kind_of(unit) is Kind.TICKET:
            self._belonging.of_ticket(unit, [])
        for question in ((UNIT, unit), (TICKET, unit)):
            self.timers.wait(question, None, set())
            self.person.reads.forget(question)

    def restate(self, unit: str) -> None:
        """Nobody knows what was published of a unit."""
        self.changed.setdefault(unit, Changed()).all = True

    def update(self, now: int | None, silent_since: SilentSince) -> None:
        """Bring everything up to date with what is known, at `now` (ms; None while there is no clock)."""
        person, stale = self.person, self.person.reads.stale
        self._now = now
        person.settle()
        for at in (person.timeline, person.words):
            stale |= {(JOURNEY, anchor) for anchor in at.changed}
            at.changed.clear()
        if now is not None:
            stale.update(self.timers.passed(now))
        self._hear(silent_since)
        answers = {
            UNIT: self._unit,
            CONTACTS: self._contacts,
            ORDER: self._order,
            TICKET: self._ticket,
            PAIN: self._pain,
            JOURNEY: self._journey,
        }
        for sort, answer in answers.items():
            for question in [question for question in stale if question[0] == sort]:
                person.reads.asking(question)
                answer(question)
                person.reads.answered()

    def _hear(self, silent_since: SilentSince) -> None:
        """Ask again what waits for a carrier that fell silent or is heard again: only of these is anything kept."""
        self._silent_since = silent_since
        for carrier, since in {*self._unheard.values()}:
            if silent_since(carrier) != since:
                self.person.reads.changed(("silent", carrier))

    @property
    def busy(self) -> set[str]:
        """The units where something is open."""
        return {unit for unit, pains in self.pains.items() if any(pain.status == "open" for pain in pains.values())}

    @property
    def open_kinds(self) -> set[str]:
        """The kinds of pain points that are open."""
        return {pain.kind for pains in self.pains.values() for pain in pains.values() if pain.status == "open"}

    def told(self, unit: str) -> Told:
        """What there is to say of a unit."""
        return Told(self.rows.get(unit, {}), self.pains.get(unit, {}))

    @property
    def unheard(self) -> set[str]:
        """The carriers for whose silence something that is open would be held back."""
        return {carrier for carrier, _ in self._unheard.values()}

    def tickets_at(self, run: Run) -> set[str]:
        """The tickets that belong to a run, by alias."""
        return self._belonging.tickets_at(run.anchor)

    def _unit(self, question: Question) -> None:
        unit = str(question[1])
        look = Look(self.person, self._rules, self._now)
        found = list(look.at(unit))
        late = any(item.rule.kind == LATE for item in found)
        self._set_rows(unit, self._rows_of(unit), dict(entity_rows.rows(self.person, unit, late=late)))
        self._keep(question, found)
        self.timers.wait(question, look.due, look.waiting)
        if kind_of(unit) is Kind.TICKET:
            self.person.reads.stale.add((TICKET, unit))

    def _rows_of(self, unit: str) -> Mapping[str, AnyRow]:
        """The rows of a unit that are no journeys."""
        return {key: row for key, row in self.rows.get(unit, {}).items() if not key.startswith("journey:")}

    def _contacts(self, question: Question) -> None:
        look = Look(self.person, self._rules, self._now)
        self._keep(question, list(look.all_over()))
        self.timers.wait(question, look.due, look.waiting)

    def _order(self, question: Question) -> None:
        """What follows from what hurt on an order, and what each pain point follows from."""
        order_id = str(question[1])
        history = [self._items[id_] for id_ in self._on_order.get(order_id, ())]
        history.sort(key=lambda item: (item.happened_at, item.place, item.id))
        look = Look(self.person, self._rules, self._now)
        found = list(look.back(order_id, history)) if history else []
        self._keep(question, found)
        self.timers.wait(question, look.due, look.waiting)
        for id_, root in roots([*history, *found]).items():
            if self._root_of.get(id_) != root:
                self._root_of[id_] = root
                self.person.reads.stale.add((PAIN, id_))

    def _keep(self, question: Question, found: Iterable[Found]) -> None:
        """Remember what was found; whatever is different about it is looked at further."""
        known = self._found.get(question, {})
        new = {item.id: item for item in found}
        if known == new:
            return
        self._found[question] = new
        for id_ in {**known, **new}:
            before, after = known.get(id_), new.get(id_)
            if before != after:
                self._move(question, id_, before, after)

    def _move(self, question: Question, id_: UUID, before: Found | None, after: Found | None) -> None:
        stale = self.person.reads.stale
        stale.add((PAIN, id_))
        if before is not None and (after is None or after.unit != before.unit):
            self._drop(before)
        if after is not None:
            self._items[id_] = after
        for item in filter(None, (before, after)):
            if item.rule.kind == LOST:
                self.person.reads.changed(("losses", item.unit))
            if item.order_id and question[0] != ORDER:
                on_order = self._on_order.setdefault(item.order_id, set())
                on_order.add(id_) if item is after else on_order.discard(id_)
                stale.add((ORDER, item.order_id))
        if after is not None and not after.order_id:
            self._root_of[id_] = id_

    def _drop(self, item: Found) -> None:
        """Forget what is not found where it was; it may have been found elsewhere meanwhile."""
        known = self._items.get(item.id)
        if known == item:
            del self._items[item.id]
            self._root_of.pop(item.id, None)
            self._unheard.pop(item.id, None)
            self._belonging.of_pain(item.id, "")
        elif known is not None and known.unit == item.unit:
            return
        if self.pains.get(item.unit, {}).pop(item.id, None) is not None:
            self.changed.setdefault(item.unit, Changed()).pains.add(item.id)

    def _ticket(self, question: Question) -> None:
        ticket = str(question[1])
        self._belonging.of_ticket(ticket, self._belonging.find_journeys(ticket))

    def _pain(self, question: Question) -> None:
        item = self._items.get(cast(UUID, question[1]))
        if item is None:
            self.person.reads.forget(question)
            return
        run = self._belonging.run_of(item)
        row = pain_row(item, self.person, run, self._root_of[item.id], self._now, held_back=self._is_held_back(item))
        self.pains.setdefault(item.unit, {})[item.id] = row
        self.changed.setdefault(item.unit, Changed()).pains.add(item.id)
        self._belonging.of_pain(item.id, run.anchor if run else "")

    def _is_held_back(self, item: Found) -> bool:
        """Whether it says no more than that nothing was heard, of a carrier that is not heard at all since before."""
        if not item.rule.hears or item.ended_at is not None:
            self._unheard.pop(item.id, None)
            return False
        carrier = item.spell.factors.get("carrier", "")
        self.person.reads.note(("silent", carrier))
        since = self._silent_since(carrier)
        self._unheard[item.id] = carrier, since
        return since is not None and item.happened_at > since

    def _journey(self, question: Question) -> None:
        anchor = str(question[1])
        run = self._belonging.run(anchor)
        if run is None:
            self.person.reads.forget(question)
            self.timers.wait(question, None, set())
            self._remove_journey(anchor)
            return
        order = self.person.order(run.order.partition(":")[2])
        tickets = [self.person.view(ticket) for ticket in self._belonging.tickets_at(anchor)]
        journey = journeys.Journey(
            run,
            order,
            [ticket for ticket in tickets if isinstance(ticket, Ticket)],
            [self._items[id_].rule.kind for id_ in self._belonging.pains_at(anchor)],
        )
        row = journeys.row(journey, self.person, self._lost(run.order), self._now)
        key = f"journey:{row.journey_id}"
        self._journey_rows[anchor] = run.unit, key
        self._set_rows(run.unit, {}, {key: row})
        due = journeys.due(run)
        waits = due is not None and (self._now is None or self._now < due)
        self.timers.wait(question, due if waits else None, set())

    def _remove_journey(self, anchor: str) -> None:
        if anchor in self._journey_rows:
            unit, key = self._journey_rows.pop(anchor)
            self._set_rows(unit, {key: self.rows[unit][key]}, {})

    def _lost(self, order: str) -> Callable[[Parcel], bool]:
        """Whether a parcel of an order is lost: since its last sign of life."""
        self.person.reads.note(("losses", order))
        losses: dict[str, int] = {}
        for item in self._found.get((UNIT, order), {}).values():
            if item.rule.kind == LOST:
                losses[item.spell.entity] = max(item.spell.anchor, losses.get(item.spell.entity, 0))

        def lost(parcel: Parcel) -> bool:
            last = parcel.signs_of_life[-1].time if parcel.signs_of_life else 0
            return losses.get(parcel.alias, -1) >= last

        return lost

    def _set_rows(self, unit: str, before: Mapping[str, AnyRow], after: Mapping[str, AnyRow]) -> None:
        rows = self.rows.setdefault(unit, {})
        changed = {key for key in before if key not in after}
        for key in changed:
            del rows[key]
        for key, row in after.items():
            if rows.get(key) != row:
                rows[key] = row
                changed.add(key)
        if changed:
            self.changed.setdefault(unit, Changed()).rows |= changed
