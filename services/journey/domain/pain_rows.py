"""What is published of a pain point."""

from uuid import UUID

from schemas.ids import event_id
from schemas.rows import PainPointRow
from services.journey.domain import journeys
from services.journey.domain.assessment import Found
from services.journey.domain.person import Person
from services.journey.domain.runs import Run


def pain_row(
    item: Found, person: Person, run: Run | None, root: UUID, now: int | None, *, held_back: bool
) -> PainPointRow:
    """The row of what was found, without a version: it belongs to the journey of `run`, its chain begins at `root`."""
    spell, rule = item.spell, item.rule
    order = person.order(item.order_id)
    return PainPointRow(
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
        root_id=root,
        value_at_risk=spell.value if spell.value is not None else order.total if order else None,
        currency=spell.currency or (order.currency if order else ""),
        evidence=tuple(dict.fromkeys(event_id(fact.source, fact.id) for fact in spell.evidence)),
        playbook=rule.playbook,
        act_before=None if rule.act_within is None else spell.happened_at + rule.act_within,
        journey_id=journeys.name(run, person.shop) if run else None,
        order_id=item.order_id,
        person_id="" if person.feed else person.root,
        held_back=held_back,
        factors=spell.factors,
    )
