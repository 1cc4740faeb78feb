"""What there is to say about a person at an instant: rows, pain points, and when to look again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

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
from services.journey.domain.entities.parcel import Parcel, shows_life
from services.journey.domain.entities.survey import Survey
from services.journey.domain.ids import pain_point_id, promise_id
from services.journey.domain.instants import earliest
from services.journey.domain.pain import RULES
from services.journey.domain.pain.spell import Rule, Spell, Subject
from services.journey.domain.person import Person
from services.journey.domain.rules import ENABLED, Rules


@dataclass(slots=True)
class Found:
    """A spell that exists now, with its names."""

    unit: str
    rule: Rule
    spell: Spell
    id: UUID
    order_id: str

    @property
    def place(self) -> int:
        return self.rule.place

    @property
    def happened_at(self) -> int:
        return self.spell.happened_at

    @property
    def ended_at(self) -> int | None:
        """Never before it began: what would have prevented it may be older than the fact that opened it."""
        ended = self.spell.ended_at
        return None if ended is None else max(ended, self.spell.happened_at)


@dataclass(slots=True)
class Assessment:
    """Rows by key and pain points by id, under the unit that owns them; versions are not set yet."""

    rows: dict[str, dict[str, AnyRow]] = field(default_factory=dict)
    pains: dict[str, dict[UUID, PainPointRow]] = field(default_factory=dict)
    due: int | None = None  # ms: the first instant at which more could be said without a new fact

    def say(self, unit: str, key: str, row: AnyRow) -> None:
        self.rows.setdefault(unit, {})[key] = row


def assess(person: Person, rules: Rules, now: int | None) -> Assessment:
    """Everything that holds of a person at `now` (ms; None while the shop's clock does not exist)."""
    told = Assessment()
    found = []
    for item in _spells(person, rules):
        if _exists(item.spell, now):
            found.append(item)
        elif not item.spell.over_in_time():
            told.due = earliest(told.due, item.spell.happened_at + 1)
    journeys = js.journeys(person)
    _tell_pains(told, person, found, journeys, now)
    _tell_journeys(told, person, found, journeys, now)
    for unit, entity in person.entities:
        told.say(unit, f"person:{unit}", PersonRow(shop=person.shop, alias=unit, person_id=person.root))
        for taken in entity.of(f.ActionTaken):
            _tell_action(told, person, unit, taken)
        for survey in person.surveys(unit):
            _tell_survey(told, person, unit, survey)
    late = {item.order_id for item in found if item.rule.kind == "delivery_late"}
    for order in person.orders:
        _tell_order(told, person, order, order.id in late)
    return told


def _exists(spell: Spell, now: int | None) -> bool:
    if spell.over_in_time():
        return False
    return not spell.timed or (now is not None and now > spell.happened_at)


def _spells(person: Person, rules: Rules) -> Iterator[Found]:
    for rule in RULES.values():
        for unit, subject, order_id, about in _subjects(rule.subject, person):
            limits = rules.limits(rule.kind, person.shop, about)
            for spell in rule.find(subject, person, limits) if limits[ENABLED] else ():
                name = pain_point_id(person.shop, rule.kind, spell.entity, spell.anchor)
                yield Found(unit, rule, spell, name, spell.order_id or order_id)


_About = Mapping[str, str]


def _subjects(subject: Subject, person: Person) -> Iterator[tuple[str, object, str, _About]]:
    """(owning unit, subject, its order's id, what overrides may depend on) for each subject of a kind."""
    match subject:
        case Subject.ORDER:
            yield from ((order.alias, order, order.id, _lane(order.parcels)) for order in person.orders)
        case Subject.PARCEL:
            for order in person.orders:
                yield from ((order.alias, parcel, order.id, _lane([parcel])) for parcel in order.parcels)
        case Subject.CART:
            yield from ((cart.alias, cart, "", {}) for cart in person.carts)
        case Subject.CHECKOUT:
            yield from ((checkout.alias, checkout, "", {}) for checkout in person.checkouts)
        case Subject.SESSION:
            yield from ((v.alias, v, "", {}) for v in person.visits if v.alias.startswith("session:"))
        case Subject.SURVEY:
            for unit, _ in person.entities:
                yield from ((unit, survey, survey.order_id, {}) for survey in person.surveys(unit))
        case Subject.PERSON:
            yield person.root, person, "", {}


def _lane(parcels: list[Parcel]) -> _About:
    if not parcels:
        return {}
    parcel = parcels[0]
    return {
        "carrier": parcel.carrier,
        "service_level": parcel.word("service_level"),
        "destination": parcel.word("destination"),
    }


def _tell_pains(
    told: Assessment, person: Person, found: list[Found], journeys: list[js.Journey], now: int | None
) -> None:
    root_of = roots(found)
    for item in found:
        spell, rule = item.spell, item.rule
        order = person.order(item.order_id)
        journey = js.Journey(order.alias, order.alias) if order else js.at(journeys, spell.anchor)
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
            evidence=tuple(event_id(fact.source, fact.id) for fact in spell.evidence),
            playbook=rule.playbook,
            act_before=None if rule.act_within is None else spell.happened_at + rule.act_within,
            journey_id=journey.id(person.shop) if journey else None,
            order_id=item.order_id,
            person_id=person.root,
            factors=spell.factors,
        )


def _tell_journeys(
    told: Assessment, person: Person, found: list[Found], journeys: list[js.Journey], now: int | None
) -> None:
    kinds: dict[UUID, list[str]] = {}
    for pains in told.pains.values():
        for pain in pains.values():
            if pain.journey_id:
                kinds.setdefault(pain.journey_id, []).append(pain.kind)
    losses = {(item.spell.entity, item.spell.anchor) for item in found if item.rule.kind == "parcel_lost"}

    def lost(parcel: Parcel) -> bool:
        last = max((move.time for move in parcel.moves if shows_life(move)), default=0)
        return any(entity == parcel.alias and anchor >= last for entity, anchor in losses)

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
