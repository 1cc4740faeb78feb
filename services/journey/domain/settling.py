"""What of a person is over for good: it may leave the state, and its rows stay as they are."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from schemas.aliases import Kind, kind_of
from services.journey.domain.instants import DAY
from services.journey.domain.journeys import Journey
from services.journey.domain.person import Person

QUIET = 120 * DAY
"""How long after its last activity an ended entity leaves."""

FORSAKEN = 400 * DAY
"""How long after its last activity any entity leaves, even where something is open."""

LASTING = (Kind.CUSTOMER, Kind.ANONYMOUS)
"""Visitors whose touches go on from journey to journey: their touches leave, they stay."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The journeys, from a person's first one on, that are over."""

    units: frozenset[str]  # aliases of what belonged to them alone
    rows: frozenset[str]  # keys of their rows
    touches_until: int  # ms: touches up to then were theirs
    active_until: int  # ms: the last that any of it did


def settled(person: Person, journeys: Sequence[Journey], alive: Container[str], now: int) -> Settled | None:
    """What can leave at `now`: whole journeys, oldest first, up to the first that still matters.

    A journey leaves when all that belongs to it was quiet for `QUIET` and nothing of it is `alive` (open, or waiting
    for the clock), or was quiet for `FORSAKEN`; and only with all its touches before those of the journeys that stay.
    None when there is nothing to put away.
    """
    over = 0
    for journey in journeys:
        last = _active_until(journey, person)
        ended = last < now - QUIET and not any(unit in alive for unit in _units(journey, person))
        if not ended and not last < now - FORSAKEN:
            break
        over += 1
    while over and over < len(journeys) and _touched_until(journeys[over - 1]) >= journeys[over].started_at:
        over -= 1
    gone = journeys[:over]
    if not gone:
        return None
    return Settled(
        units=frozenset(unit for journey in gone for unit in _units(journey, person)),
        rows=frozenset(f"journey:{journey.id(person.shop)}" for journey in gone),
        touches_until=max(map(_touched_until, gone)),
        active_until=max(_active_until(journey, person) for journey in gone),
    )


def _units(journey: Journey, person: Person) -> Iterator[str]:
    """The units that belong to a journey, but for visitors that go on."""
    begin, end = journey.started_at, journey.reaches_to
    yield from (u for u in (cart.alias for cart in person.carts) if begin <= person.active_until[u] <= end)
    yield from (u for u in (checkout.alias for checkout in person.checkouts) if begin <= person.active_until[u] <= end)
    visits = (visit.alias for _, visit in (*journey.touches, *journey.cares))
    for unit in dict.fromkeys((journey.unit, *visits, *(ticket.alias for ticket in journey.tickets))):
        if kind_of(unit) not in LASTING:
            yield unit


def _active_until(journey: Journey, person: Person) -> int:
    return max([_touched_until(journey), *(person.active_until[unit] for unit in _units(journey, person))])


def _touched_until(journey: Journey) -> int:
    touches = (*journey.touches, *journey.cares)
    return max([journey.started_at, *(instant for instant, _ in touches), *journey.words])
