"""A parcel is lost: the carrier says so, or nothing else explains its silence."""

from collections.abc import Iterator
from typing import NamedTuple

from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import Parcel, waits_for_pickup
from services.journey.domain.instants import DAY, at_or_after, earliest
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(parcel: Parcel, person: Person, limits: Limits) -> Iterator[Spell]:
    """One spell for each silence: from the carrier's word, or from when the limits after the last move passed.

    A move ends it, and so does the delivery, a refund, or an order that replaces the parcel's. Coming back to the
    shop does not: the customer still has nothing; but a parcel that is back is not thought lost from then on.
    """
    order = person.order(parcel.order_id)
    moves = parcel.signs_of_life
    for move, until in zip([None, *moves], [*(m.time for m in moves), parcel.delivered_at], strict=True):
        words = [loss for loss in parcel.losses if _within(loss, move, until)]
        opened = _opening(move, words, order, limits)
        if opened is None or _came_back(parcel, opened.happened_at):
            continue
        yield Spell(
            entity=parcel.alias,
            anchor=opened.anchor,
            happened_at=opened.happened_at,
            ended_at=earliest(until, _made_good(order, opened)),
            timed=not isinstance(opened.witness, f.ParcelLost),
            severity=Severity.CRITICAL,
            evidence=(opened.witness,),
            factors=parcel.factors,
        )


class _Opening(NamedTuple):
    anchor: int
    happened_at: int
    witness: f.Fact


def _opening(move: f.Fact | None, words: list[f.ParcelLost], order: Order | None, limits: Limits) -> _Opening | None:
    """What opened the loss in one silence: the carrier's word or the limits, whichever came first."""
    said = _Opening(words[0].time, words[0].time, words[0]) if words else None
    if move is None or waits_for_pickup(move):
        return said
    promise = order.first_promise if order else None
    inferred = max(move.time + limits["after"], move.time if promise is None else promise + limits["after_promise"])
    return said if said and said.happened_at <= inferred else _Opening(move.time, inferred, move)


def _made_good(order: Order | None, opened: _Opening) -> int | None:
    """Whenever that was, if it spares the limits their alarm; the carrier's word needs an answer of its own."""
    since = opened.anchor if isinstance(opened.witness, f.ParcelLost) else 0
    return at_or_after(order.amends, since) if order else None


def _within(loss: f.ParcelLost, move: f.Fact | None, until: int | None) -> bool:
    return (move is None or loss.time >= move.time) and (until is None or loss.time < until)


def _came_back(parcel: Parcel, instant: int) -> bool:
    return parcel.returned is not None and parcel.returned.time <= instant


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
