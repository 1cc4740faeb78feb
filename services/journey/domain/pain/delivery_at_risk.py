"""An order is expected after its first promise, while there is still time to do something about it."""

from collections.abc import Iterator
from typing import NamedTuple

from services.journey.domain import facts as f
from services.journey.domain.entities.order import Order
from services.journey.domain.entities.parcel import Parcel
from services.journey.domain.instants import DAY, earliest
from services.journey.domain.pain.spell import Limits, Rule, Severity, Spell, Subject
from services.journey.domain.person import Person


def find(order: Order, person: Person, limits: Limits) -> Iterator[Spell]:
    """One spell for each time that a parcel on its way was expected after the promise, until that passed.

    An attempt at every parcel ends it, as it keeps the promise; so does a cancellation or a refund. From the promise on
    the order is late, and no longer at risk.
    """
    promise = order.first_promise
    if order.placed is None or promise is None:
        return
    end = earliest(order.attempted_at, order.delivered_at, order.cancelled_at, order.refunded_at)
    until = promise if end is None else min(promise, end)
    opened: _Outlook | None = None
    for instant, worst in _worst(order, limits):
        if instant >= until:
            break
        late = worst is not None and worst.expected > promise
        if late and opened is None:
            opened = worst
        elif not late and opened is not None:
            yield _spell(order, opened, instant, promise)
            opened = None
    if opened is not None:
        yield _spell(order, opened, end if until == end else None, promise)


class _Outlook(NamedTuple):
    """When a parcel is expected, from its witness on."""

    expected: int  # ms
    parcel: Parcel
    witness: f.Fact


def lane_name(carrier: str, service_level: str, origin: str, destination: str) -> str:
    """The name of the limit that says how long four of five parcels on a lane take at most."""
    return "\x1f".join((carrier, service_level, origin, destination))


def _worst(order: Order, limits: Limits) -> Iterator[tuple[int, _Outlook | None]]:
    """What is expected last of an order's parcels, from each instant on at which that may have changed."""
    changes: dict[int, dict[str, _Outlook | None]] = {}
    for parcel in order.parcels:
        for instant, outlook in _outlooks(parcel, limits).items():
            changes.setdefault(instant, {})[parcel.alias] = outlook
    known: dict[str, _Outlook | None] = {}
    for instant, changed in sorted(changes.items()):
        known |= changed
        awaited = (outlook for outlook in known.values() if outlook is not None)
        yield instant, max(awaited, key=lambda outlook: (outlook.expected, outlook.parcel.alias), default=None)


def _outlooks(parcel: Parcel, limits: Limits) -> dict[int, _Outlook | None]:
    """When it is expected, from each instant on; None from the first attempt or delivery on.

    The lane's usual time counts from the hand-over; the carrier's own estimates count more, the last one most.
    """
    found: dict[int, _Outlook | None] = {}
    usual = limits.get(lane_name(parcel.carrier, *map(parcel.word, ("service_level", "origin", "destination"))))
    seen = min((*parcel.moves, *parcel.losses), key=f.rank, default=None)
    if usual is not None and seen is not None:
        found[seen.time] = _Outlook(seen.time + usual, parcel, seen)
    for scan in parcel.moves:
        if isinstance(scan, f.ParcelScanned) and scan.estimated_delivery is not None:
            found[scan.time] = _Outlook(scan.estimated_delivery, parcel, scan)
    tried = parcel.attempted_at
    if tried is None:
        return found
    return {**{instant: outlook for instant, outlook in found.items() if instant < tried}, tried: None}


def _spell(order: Order, opened: _Outlook, ended_at: int | None, promise: int) -> Spell:
    return Spell(
        entity=order.alias,
        anchor=opened.witness.time,
        happened_at=opened.witness.time,
        ended_at=ended_at,
        lapses_at=promise,
        timed=False,
        severity=Severity.MEDIUM,
        evidence=(opened.witness,),
        factors=opened.parcel.factors,
    )


RULE = Rule(
    kind="delivery_at_risk",
    subject=Subject.ORDER,
    stage="transit",
    place=0,
    playbook="Press the carrier or reroute it now; else tell the customer the new date before the old one passes.",
    act_within=DAY,
    limits=frozenset(),
    find=find,
)
