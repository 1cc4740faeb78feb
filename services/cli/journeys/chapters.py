"""A story in chapters: each journey with what belongs to it, in event time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.cli.journeys.story import STAGES, Event, Journey, PainPoint, Promise, Retraction, Story


class What(StrEnum):
    """What an entry tells; of one instant, in this order: what happened comes before what it means."""

    STAGE = "stage"
    EVENT = "event"
    PROMISE = "promise"
    PROMISED = "promised"
    RELIEF = "relief"
    PAIN_POINT = "pain_point"
    RETRACTED = "retracted"


_ORDER = {what: place for place, what in enumerate(What)}


@dataclass(frozen=True, slots=True)
class Entry:
    """Something at an instant; `about` has the stage that was reached, or the record."""

    at: datetime
    what: What
    about: str | Event | Promise | PainPoint | Retraction


@dataclass(frozen=True, slots=True)
class Chapter:
    """A journey, or what belongs to none."""

    journey: Journey | None
    entries: Sequence[Entry]


def chapters(story: Story, *, retracted: bool = False) -> list[Chapter]:
    """The journeys in their order, then what belongs to none of them, if there is anything."""
    found: dict[UUID | None, list[Entry]] = {journey.journey_id: [] for journey in story.journeys}
    shelf = _Shelf(story)
    for place, entry in _entries(story, shelf, retracted=retracted):
        found.setdefault(place, []).append(entry)
    journeys = {journey.journey_id: journey for journey in story.journeys}
    return [
        Chapter(journeys[name] if name else None, sorted(entries, key=lambda entry: (entry.at, _ORDER[entry.what])))
        for name, entries in found.items()
    ]


def _entries(story: Story, shelf: _Shelf, *, retracted: bool) -> Iterator[tuple[UUID | None, Entry]]:
    for journey in story.journeys:
        for stage in sorted(journey.reached, key=STAGES.index):
            yield journey.journey_id, Entry(journey.reached[stage], What.STAGE, stage)
    for event in story.events:
        yield shelf.of_event(event), Entry(event.occurred_at, What.EVENT, event)
    for promise in story.promises:
        place = shelf.of(promise.order_id, promise.made_at)
        yield place, Entry(promise.made_at, What.PROMISE, promise)
        yield place, Entry(promise.promised_by, What.PROMISED, promise)
    for pain in story.pain_points:
        place = shelf.known(pain.journey_id) or shelf.of(pain.order_id, pain.happened_at)
        yield place, Entry(pain.happened_at, What.PAIN_POINT, pain)
        if pain.ended_at:
            yield place, Entry(pain.ended_at, What.RELIEF, pain)
    for gone in story.retracted if retracted else ():
        yield shelf.of(gone.order_id, gone.happened_at), Entry(gone.happened_at, What.RETRACTED, gone)


class _Shelf:
    """Knows which journey something belongs to: that of its order, else the latest that had begun by then."""

    def __init__(self, story: Story) -> None:
        self._journeys = sorted(story.journeys, key=lambda journey: journey.started_at)
        self._names = {journey.journey_id for journey in story.journeys}
        self._by_order = {journey.order_id: journey.journey_id for journey in story.journeys if journey.order_id}
        self._parcels = story.parcels
        self._tickets = _tickets(story.events)

    def known(self, name: UUID | None) -> UUID | None:
        """The name, if there is a journey of it."""
        return name if name in self._names else None

    def of(self, order_id: str, at: datetime) -> UUID | None:
        """The journey of an order, else of an instant; None when there is no journey at all."""
        if order_id in self._by_order:
            return self._by_order[order_id]
        begun = [journey.journey_id for journey in self._journeys if journey.started_at <= at]
        return begun[-1] if begun else self._journeys[0].journey_id if self._journeys else None

    def of_event(self, event: Event) -> UUID | None:
        """The journey of an event."""
        parcel = event.alias.removeprefix("parcel:")
        ticket = str(event.data.get("ticket_id") or "")
        order = event.order_id or self._parcels.get(parcel, "") or self._tickets.get(ticket, "")
        return self.of(order, event.occurred_at)


def _tickets(events: Sequence[Event]) -> Mapping[str, str]:
    """The order that each ticket is about, by the ticket's id."""
    return {
        str(event.data["ticket_id"]): event.order_id for event in events if event.order_id and "ticket_id" in event.data
    }
