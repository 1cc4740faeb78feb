"""What there is to say about a person at an instant: rows, pain points, and when to look again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from schemas.aliases import Kind, kind_of
from schemas.ids import event_id
from schemas.rows import (
    ActionRow,
    AnyRow,
    OrderRow,
    PainPointRow,
    ParcelRow,
    PersonRow,
    PromiseRow,
    SurveyRow,
)
from services.journey.domain import facts as f
from services.journey.domain import journeys as js
from services.journey.domain.chain import roots
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.entities.survey import Survey
from services.journey.domain.ids import pain_point_id, promise_id
from services.journey.domain.instants import earliest
from services.journey.domain.pain import RULES
from services.journey.domain.pain.spell import Find, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person
from services.journey.domain.rules import ENABLED, Rules

NOTHING: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Found:
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
class Assessment:
    """Rows by key and pain points by id, under the unit that owns them; versions are not set yet."""

    rows: dict[str, dict[str, AnyRow]] = field(default_factory=dict)
    pains: dict[str, dict[UUID, PainPointRow]] = field(default_factory=dict)
    due: int | None = None  # ms: the first instant at which more could be said without a new fact
    waiting: set[str] = field(default_factory=set)  # the units for which that is so
    journeys: list[js.Journey] = field(default_factory=list)

    @property
    def open_kinds(self) -> set[str]:
        """The kinds of pain points that are open."""
        return {pain.kind for pains in self.pains.values() for pain in pains.values() if pain.status == "open"}

    @property
    def busy(self) -> set[str]:
        """The units where something is open."""
        return {unit for unit, pains in self.pains.items() if any(pain.status == "open" for pain in pains.values())}

    @property
    def held_back_for(self) -> list[str]:
        """The carriers for whose silence something is held back."""
        found = (pain for pains in self.pains.values() for pain in pains.values() if pain.held_back)
        return sorted({pain.factors["carrier"] for pain in found})

    def say(self, unit: str, key: str, row: AnyRow) -> None:
        """Note a row of a unit."""
        self.rows.setdefault(unit, {})[key] = row


def assess(person: Person, rules: Rules, now: int | None, silent: Mapping[str, int] = NOTHING) -> Assessment:
    """Everything that holds of a person at `now` (ms; None while the shop's clock does not exist).

    `silent` has the carriers that are not heard, with the instant since which (ms).
    """
    told = Assessment()
    look = _Look(person, rules, now, told)
    around = list(look.around())
    found = [*around, *look.back(around)]
    journeys = told.journeys = js.journeys(person)
    _tell_pains(told, person, found, journeys, now, silent)
    _tell_journeys(told, person, found, journeys, now)
    for unit, entity in person.entities.items():
        if kind_of(unit) is Kind.FEED:
            continue
        told.say(unit, f"person:{unit}", PersonRow(shop=person.shop, alias=unit, person_id=person.root))
        for taken in entity.of(f.ActionTaken):
            _tell_action(told, person, unit, taken)
        for survey in person.surveys(unit):
            _tell_survey(told, person, unit, survey)
    late = {item.order_id for item in found if item.rule.kind == "delivery_late"}
    for order in person.orders:
        _tell_order(told, person, order, order.id in late)
    return told


@dataclass(frozen=True, slots=True)
class _About:
    """What a rule is asked about: the subject, the unit that it is kept in, its order, what limits may depend on."""

    unit: str
    subject: object
    order_id: str = ""
    lane: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Look:
    """Asks every rule about its subjects, and notes in `told` when to look again."""

    person: Person
    rules: Rules
    now: int | None
    told: Assessment

    def around(self) -> Iterator[Found]:
        """What hurts, of every kind but those that ask what hurt before."""
        for rule, subject, find in _QUESTIONS:
            for about in _SUBJECTS[subject](self.person):
                yield from self._ask(rule, find, about)

    def back(self, found: Iterable[Found]) -> Iterator[Found]:
        """What follows from all that hurt on one order, asked of each order's pain points in their order of time."""
        histories: dict[str, list[Found]] = {}
        for item in found:
            if item.order_id:
                histories.setdefault(item.order_id, []).append(item)
        units = {item.id: item.unit for item in found}
        for order_id, history in sorted(histories.items()):
            history.sort(key=lambda item: (item.happened_at, item.place, item.id))
            order = self.person.order(order_id)
            about = _About(self.person.root, history, order_id, order.lane if order else {})
            for rule, find in _LAST_QUESTIONS:
                for item in self._ask(rule, find, about):
                    yield replace(item, unit=units[item.behind]) if item.behind else item

    def _ask(self, rule: Rule, find: Find, about: _About) -> Iterator[Found]:
        limits = self.rules.limits(rule.kind, self.person.shop, about.lane)
        for spell in find(about.subject, self.person, limits) if limits[ENABLED] else ():
            unit = spell.entity if spell.entity in self.person.entities else about.unit
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
        self.told.waiting.add(unit)
        self.told.due = earliest(self.told.due, instant + 1)
        return False


_QUESTIONS = [
    (rule, subject, find)
    for rule in RULES.values()
    for subject, find in ((rule.subject, rule.find), *rule.also.items())
    if subject is not Subject.HISTORY
]
_LAST_QUESTIONS = [(rule, rule.find) for rule in RULES.values() if rule.subject is Subject.HISTORY]


def _parcels(person: Person) -> Iterator[_About]:
    for order in person.orders:
        yield from (_About(order.alias, parcel, order.id, parcel.lane) for parcel in order.parcels)


def _returns(person: Person) -> Iterator[_About]:
    for order in person.orders:
        yield from (_About(order.alias, (order, back), order.id, order.lane) for back in order.returns)


def _surveys(person: Person) -> Iterator[_About]:
    for unit in person.entities:
        yield from (_About(unit, survey, survey.order_id) for survey in person.surveys(unit))


_SUBJECTS: Mapping[Subject, Callable[[Person], Iterable[_About]]] = {
    Subject.ORDER: lambda person: (_About(order.alias, order, order.id, order.lane) for order in person.orders),
    Subject.PARCEL: _parcels,
    Subject.RETURN: _returns,
    Subject.CART: lambda person: (_About(cart.alias, cart) for cart in person.carts),
    Subject.CHECKOUT: lambda person: (_About(checkout.alias, checkout) for checkout in person.checkouts),
    Subject.SESSION: lambda person: (_About(session.alias, session) for session in person.sessions),
    Subject.TICKET: lambda person: (_About(ticket.alias, ticket, ticket.order_id) for ticket in person.tickets),
    Subject.SURVEY: _surveys,
    Subject.PERSON: lambda person: [_About(person.root, person)],
    Subject.FEED: lambda person: (_About(feed.alias, feed, lane={"feed": feed.name}) for feed in person.feeds),
}
"""Where to find the subjects of each kind; `unit` keeps those pain points whose entity is no unit of its own."""


def _tell_pains(
    told: Assessment,
    person: Person,
    found: list[Found],
    journeys: list[js.Journey],
    now: int | None,
    silent: Mapping[str, int],
) -> None:
    root_of = roots(found)
    for item in found:
        spell, rule = item.spell, item.rule
        order = person.order(item.order_id)
        journey = js.of_entity(journeys, spell.entity, item.order_id, spell.anchor)
        told.pains.setdefault(item.unit, {})[item.id] = PainPointRow(
            shop=person.shop,
            pain_point_id=item.id,
            kind=rule.kind,
            entity=spell.entity,
            stage=rule.stage,
            severity=spell.severity.value,
            status="open" if item.ended_at is None else "resolved",
            happened_at=spell.happened_at,
            detected_at=max(spell.happened_at, now or 0),
            ended_at=item.ended_at,
            cause=spell.cause,
            root_id=root_of[item.id],
            value_at_risk=spell.value if spell.value is not None else order.total if order else None,
            currency=spell.currency or (order.currency if order else ""),
            evidence=tuple(dict.fromkeys(event_id(fact.source, fact.id) for fact in spell.evidence)),
            playbook=rule.playbook,
            act_before=None if rule.act_within is None else spell.happened_at + rule.act_within,
            journey_id=journey.id(person.shop) if journey else None,
            order_id=item.order_id,
            person_id="" if person.feeds else person.root,
            held_back=_is_held_back(item, silent),
            factors=spell.factors,
        )


def _is_held_back(item: Found, silent: Mapping[str, int]) -> bool:
    """Whether it says no more than that nothing was heard, of a carrier that is not heard at all since before."""
    since = silent.get(item.spell.factors.get("carrier", ""))
    return item.rule.hears and item.ended_at is None and since is not None and item.happened_at > since


def _tell_journeys(
    told: Assessment, person: Person, found: list[Found], journeys: list[js.Journey], now: int | None
) -> None:
    kinds: dict[UUID, list[str]] = {}
    for pains in told.pains.values():
        for pain in pains.values():
            if pain.journey_id:
                kinds.setdefault(pain.journey_id, []).append(pain.kind)
    losses: dict[str, int] = {}
    for item in found:
        if item.rule.kind == "parcel_lost":
            losses[item.spell.entity] = max(item.spell.anchor, losses.get(item.spell.entity, 0))

    def lost(parcel: Parcel) -> bool:
        last = parcel.signs_of_life[-1].time if parcel.signs_of_life else 0
        return losses.get(parcel.alias, -1) >= last

    for journey in journeys:
        name = journey.id(person.shop)
        told.say(journey.unit, f"journey:{name}", js.row(journey, person, kinds.get(name, ()), lost, now))
        if (instant := js.due(journey)) is not None and (now is None or now < instant):
            told.due = earliest(told.due, instant)


def _tell_order(told: Assessment, person: Person, order: Order, late: bool) -> None:
    for parcel in order.parcels:
        _tell_parcel(told, person, order, parcel)
    if order.placed is None:
        return
    row = OrderRow(
        shop=person.shop,
        order_id=order.id,
        person_id=person.root,
        placed_at=order.placed.time,
        approved_at=order.approved_at,
        handed_over_at=order.handed_over_at,
        first_attempt_at=order.attempted_at,
        delivered_at=order.delivered_at,
        cancelled_at=order.cancelled_at,
        first_promise=order.first_promise,
        current_promise=order.current_promise,
        ship_by=order.ship_by,
        total=order.total,
        currency=order.currency,
        payment_method=order.payment_method,
        status=order.status,
        late=late,
    )
    told.say(order.alias, f"order:{order.id}", row)
    _tell_promises(told, person, order)


def _tell_promises(told: Assessment, person: Person, order: Order) -> None:
    """Each promise; one that moved the date later is a slip of the shop before the hand-over, else of the carrier."""
    before: int | None = None
    for promise in order.promises:
        slipped = before is not None and promise.promised_by > before
        handed_over = order.handed_over_at is not None and promise.made_at >= order.handed_over_at
        name = promise_id(person.shop, order.id, promise.source, promise.id)
        row = PromiseRow(
            shop=person.shop,
            promise_id=name,
            order_id=order.id,
            promised_by=promise.promised_by,
            made_at=promise.made_at,
            source=promise.source,
            slip_owner=("carrier" if handed_over else "shop") if slipped else "",
        )
        told.say(order.alias, f"promise:{name}", row)
        before = promise.promised_by


def _tell_parcel(told: Assessment, person: Person, order: Order, parcel: Parcel) -> None:
    alias = PersonRow(shop=person.shop, alias=parcel.alias, person_id=person.root)
    told.say(order.alias, f"person:{parcel.alias}", alias)
    name = parcel.alias.partition(":")[2]
    row = ParcelRow(
        shop=person.shop,
        parcel_id=name,
        order_id=order.id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        service_level=parcel.word("service_level"),
        origin=parcel.word("origin"),
        destination=parcel.word("destination"),
        registered_at=parcel.registered_at,
        handed_over_at=parcel.handed_over_at,
        first_scan_at=next((scan.time for scan in parcel.scans), None),
        last_scan_at=next((scan.time for scan in reversed(parcel.scans)), None),
        delivered_at=parcel.delivered_at,
        status=parcel.status,
    )
    told.say(order.alias, f"parcel:{name}", row)


def _tell_survey(told: Assessment, person: Person, unit: str, survey: Survey) -> None:
    answer = survey.fact
    if not isinstance(answer, f.SurveyAnswered):
        return
    name = event_id(answer.source, answer.id)
    row = SurveyRow(
        shop=person.shop,
        survey_id=name,
        survey=answer.survey,
        score=answer.score,
        scale=answer.scale,
        person_id=person.root,
        order_id=survey.order_id,
        ticket_id=answer.ticket_id,
        answered_at=answer.time,
    )
    told.say(unit, f"survey:{name}", row)


def _tell_action(told: Assessment, person: Person, unit: str, taken: f.ActionTaken) -> None:
    name = event_id(taken.source, taken.id)
    row = ActionRow(
        shop=person.shop,
        action_id=name,
        action=taken.action,
        pain_point_id=taken.pain_point_id,
        plan=taken.plan,
        by=taken.by,
        note=taken.note,
        person_id=person.root,
        order_id=taken.order_id,
        taken_at=taken.time,
    )
    told.say(unit, f"action:{name}", row)
