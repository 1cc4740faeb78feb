"""Messages of events as ingest writes them, made of the events that they hold."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from schemas.batches import PagePile
from schemas.wire import EventItem, EventPage


def paging(items: Sequence[EventItem]) -> Callable[[Sequence[int]], EventPage]:
    """What makes a page of those of some events that have these numbers."""
    return lambda numbers: EventPage.holding([items[number] for number in numbers])


def event_messages(items: Iterable[EventItem]) -> list[bytes]:
    """The values of messages that hold events in their order, a page for each run of one partition's."""
    pile = PagePile()
    for _, run in groupby(items, lambda item: (item.position.topic, item.position.partition)):
        events = [*run]
        pile.add(range(len(events)), paging(events))
    return pile.values()


def event_message(*items: EventItem) -> bytes:
    """The only message that holds events."""
    (value,) = event_messages(items)
    return value
