"""What of a person is over for good: it may leave the state, and its rows stay as they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.aliases import Kind, kind_of
from services.journey.domain.entity import time_of
from services.journey.domain.instants import DAY
from services.journey.domain.journeys import name
from services.journey.domain.portrait import Portrait
from services.journey.domain.runs import Run, Touch

QUIET = 120 * DAY
"""How long after its last activity an ended entity leaves."""

FORSAKEN = 400 * DAY
"""How long after its last activity any entity leaves, even where something is open."""

LASTING = (Kind.CUSTOMER, Kind.ANONYMOUS)
"""Visitors whose touches go on from journey to journey: their touches leave, they stay."""

BASKETS = (Kind.CART, Kind.CHECKOUT)
"""What belongs to the journey in which it was last active."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The journeys, from a person's first one on, that are over."""

    units: frozenset[str]  # aliases of what belonged to them alone
    rows: frozenset[str]  # keys of their rows
    touches_until: int  # ms: touches up to then were theirs
    active_until: int  # ms: the last that any of it did


def may_settle(portrait: Portrait, now: int) -> bool:
    """Whether it is worth looking: the first journey had its last touch or word so long ago."""
    first = next(_journeys(portrait), None)
    return first is not None and max(first.started_at, first.last or 0) < now - QUIET


def settled(portrait: Portrait, now: int) -> Settled | None:
    """What can leave at `now`: whole journeys, oldest first, up to the first that still matters.

    A journey leaves when all that belongs to it was quiet for `QUIET` and nothing of it is alive (open, or waiting
    for the clock), or was quiet for `FORSAKEN`; and only with all its touches before those of the journeys that stay.
    None when there is nothing to put away.
    """
    alive = portrait.busy | portrait.timers.waiting
    journeys = list(_journeys(portrait))
    over = 0
    for journey in journeys:
        last = _active_until(journey, portrait)
        ended = last < now - QUIET and not any(unit in alive for unit in _units(journey, portrait))
        if not ended and not last < now - FORSAKEN:
            break
        over += 1
    while over and over < len(journeys) and _touched_until(journeys[over - 1], portrait) >= journeys[over].started_at:
        over -= 1
    gone = journeys[:over]
    if not gone:
        return None
    return Settled(
        units=frozenset(unit for journey in gone for unit in _units(journey, portrait)),
        rows=frozenset(f"journey:{name(journey, portrait.person.shop)}" for journey in gone),
        touches_until=max(_touched_until(journey, portrait) for journey in gone),
        active_until=max(_active_until(journey, portrait) for journey in gone),
    )


def _journeys(portrait: Portrait) -> Iterator[Run]:
    """In order of time: those of care lie before all others."""
    yield from portrait.person.words.runs
    yield from portrait.person.timeline.runs


def _units(run: Run, portrait: Portrait) -> Iterator[str]:
    """The units that belong to a journey, but for visitors that go on."""
    begin, end, person = run.started_at, run.reaches_to, portrait.person
    for unit in person.members:
        if kind_of(unit) in BASKETS and begin <= person.active_until(unit) <= end:
            yield unit
    visitors = (*run.visits, *(visitor for _, visitor in _cares(run, portrait)))
    for unit in dict.fromkeys((run.unit, *visitors, *sorted(portrait.tickets_at(run)))):
        if kind_of(unit) not in LASTING:
            yield unit


def _active_until(run: Run, portrait: Portrait) -> int:
    units = (portrait.person.active_until(unit) for unit in _units(run, portrait))
    return max([_touched_until(run, portrait), *units])


def _touched_until(run: Run, portrait: Portrait) -> int:
    cares = (time_of(stamp) for stamp, _ in _cares(run, portrait))
    return max([run.started_at, run.last or 0, *cares])


def _cares(run: Run, portrait: Portrait) -> Sequence[Touch]:
    return portrait.person.timeline.cares(run.order) if run.order else ()
