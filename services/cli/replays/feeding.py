"""Feeds portions to Kafka: events first, then the clock that they moved."""

from collections.abc import Callable, Iterable
from typing import Protocol

from services.cli.replays.event import SentEvent
from services.cli.replays.portions import Portion

Moved = Callable[[int, int], None]
"""Told after every portion: how many events it had, and where the clock is."""


class Emitter(Protocol):
    """What a replay or a simulation needs of Kafka."""

    def send(self, events: Iterable[SentEvent]) -> None:
        """Send events in order and return once all are confirmed."""

    def tick(self, shop: str, time_ms: int) -> None:
        """Move a shop's clock: write its tick to every partition of every public topic."""

    def confirm(self) -> None:
        """Return once all that was sent is confirmed."""


def feed(emitter: Emitter, shop: str, portions: Iterable[Portion], moved: Moved) -> None:
    """Send every portion. What the emitter raises ends it: running it again resumes, since repeats change nothing."""
    for portion in portions:
        emitter.send(portion.events)
        emitter.tick(shop, portion.tick_ms)
        moved(len(portion.events), portion.tick_ms)
    emitter.confirm()
