"""A parcel is lost: the carrier says so, or nothing else explains its silence."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import Parcel, waits_for_pickup
from services.journey.domain.instants import DAY
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject, runs
from services.journey.domain.person import Person


def find(parcel: Parcel, person: Person, limits: Limits) -> Iterator[Spell]:
    """In each silence: from the carrier's word, or from when the limits after the last move passed.

    A move ends it, and so does the delivery, a refund, or an order that replaces the parcel's; the carrier's word
    after that opens another. Coming back to the shop ends nothing: the customer still has nothing; but a parcel that
    is back is not thought lost from then on.
    """
    order = person.order(parcel.order_id)
    amends = order.amends if order else []
    moves = parcel.signs_of_life
    for move, until in zip([None, *moves], [*(m.time for m in moves), parcel.delivered_at], strict=True):
        words = [_Opening(loss.time, loss.time, loss) for loss in parcel.losses if _within(loss, move, until)]
        ends = sorted([*amends, *([] if until is None else [until])])
        inferred = None if move is None or waits_for_pickup(move) else _inferred(move, order, limits)
        if inferred is not None and not _spared(inferred, parcel, [*ends, *(word.time for word in words)]):
            words = sorted([*words, inferred], key=lambda word: word.time)
        for run, ended_at in runs(words, ends):
            yield _spell(parcel, run[0], ended_at)


class _Opening(NamedTuple):
    """What opens a loss: at `time`, counted from `anchor`."""

    time: int
    anchor: int
    witness: f.Fact


def _inferred(move: f.Fact, order: Order | None, limits: Limits) -> _Opening:
    """When a parcel that did not move again is given up."""
    promise = order.first_promise if order else None
    by_promise = move.time if promise is None else promise + limits["after_promise"]
    return _Opening(max(move.time + limits["after"], by_promise), move.time, move)


def _spared(inferred: _Opening, parcel: Parcel, events: Iterable[int]) -> bool:
    """Whether anything by then leaves nothing to infer: a sign of it, the carrier's word, a refund, whenever it was."""
    back = [parcel.returned.time] if parcel.returned else []
    return any(instant <= inferred.time for instant in (*events, *back))


def _spell(parcel: Parcel, opened: _Opening, ended_at: int | None) -> Spell:
    return Spell(
        entity=parcel.alias,
        anchor=opened.anchor,
        happened_at=opened.time,
        ended_at=ended_at,
        timed=not isinstance(opened.witness, f.ParcelLost),
        severity=Severity.CRITICAL,
        evidence=(opened.witness,),
        factors=parcel.factors,
    )


def _within(loss: f.ParcelLost, move: f.Fact | None, until: int | None) -> bool:
    return (move is None or loss.time >= move.time) and (until is None or loss.time < until)


RULE = Rule(
    kind="parcel_lost",
    subject=Subject.PARCEL,
    stage="transit",
    place=5,
    playbook="Send a replacement or the money back now; claim from the carrier afterwards.",
    act_within=DAY,
    limits=frozenset({"after", "after_promise"}),
    find=find,
)
