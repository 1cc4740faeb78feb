"""What flows through the line: whole shops, once as fast as it goes, and once as slowly as the blows take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from chaos.line import Line

from services.cli.clickhouse.stored import Awaited
from services.cli.kafka.sender import KafkaSender, SendError
from services.cli.replays import olist
from services.cli.replays.disturbance import Disturbance, disturbed
from services.cli.replays.event import SentEvent, epoch_ms
from services.cli.replays.portions import Portion, portions, up_to
from services.cli.simulator.session import Simulation, Stage

DISORDER = Disturbance(timedelta(hours=6), 0.05)
ATTEMPTS = 20
"""How often a portion is sent again when the broker did not confirm it for a minute."""
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop's history, cut into portions."""

    name: str
    portions: Sequence[Portion]
    events: int
    """How many there are of it, each counted once."""

    @property
    def end_ms(self) -> int:
        """Where its clock is at last."""
        return self.portions[-1].tick_ms


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a shop's history goes.

    An alert is not sent once its shop's clock is 120 days past the find, and a history of years passes in minutes here:
    a shorter one than that tells what was lost from what came too late.
    """

    begin: datetime
    end: datetime


def recorded(name: str, folder: Path, span: Span, how: Disturbance, seed: int) -> Shop:
    """The orders of a marketplace, under the name of a shop."""
    begin_ms, end_ms = epoch_ms(span.begin), epoch_ms(span.end)
    events = [event for event in up_to(olist.events(folder, name), end_ms) if event.time_ms >= begin_ms]
    return _shop(name, events, end_ms, how, seed)


def simulated(name: str, journeys: int, days: int, how: Disturbance, seed: int) -> Shop:
    """The simulator's mix; names and hashes of names aside, the same for every name of the shop and of one seed."""
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    until = start + timedelta(days=days)
    stage = Stage(Simulation(name, name, start, seed, journeys, until=until, disturbance=how))
    cut = list(stage.portions(lambda: 0.0))
    return Shop(name, cut, len({event.id for portion in cut for event in portion.events}))


def _shop(name: str, events: Sequence[SentEvent], end_ms: int, how: Disturbance, seed: int) -> Shop:
    releases = disturbed(events, how, Random(seed))
    return Shop(name, list(portions((release.event for release in releases), end_ms)), len(events))


@dataclass(slots=True)
class Feeder:
    """Sends a shop, portion by portion, as time goes by; what is not confirmed is sent again."""

    line: Line
    shop: Shop
    sent: int = 0
    resent: int = 0
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    failure: BaseException | None = None
    _sender: KafkaSender | None = None

    def run(self, done: Callable[[], float] = lambda: 1.0) -> None:
        """Send all of it; `done` says which share may have been sent by now."""
        rest = threading.Event()
        for number, portion in enumerate(self.shop.portions):
            while done() < number / len(self.shop.portions):
                rest.wait(LOOK_S)
            self._send(portion)
        self._remember()

    def awaited(self) -> Awaited:
        """What must show in the views."""
        return Awaited(self.shop.name, self.shop.end_ms, self.line.settings.partitions, self.offsets)

    def _send(self, portion: Portion) -> None:
        for attempt in range(ATTEMPTS):
            try:
                self._sender = self._sender or KafkaSender(self.line.kafka)
                self._sender.send(portion.events)
                self._sender.tick(self.shop.name, portion.tick_ms)
                self._sender.confirm()
            except SendError:
                self._remember()
                self._sender = None
                if attempt == ATTEMPTS - 1:
                    raise
                self.resent += len(portion.events)
            else:
                break
        self.sent += len(portion.events)

    def _remember(self) -> None:
        for place, offset in self._sender.sent.offsets.items() if self._sender else ():
            self.offsets[place] = max(offset, self.offsets.get(place, -1))


@contextmanager
def flowing(feeders: Sequence[Feeder], done: Callable[[], float]) -> Iterator[None]:
    """Meanwhile the shops are sent; at the end all of it is. What failed there fails here."""
    threads = [threading.Thread(target=_fed, args=(feeder, done), daemon=True) for feeder in feeders]
    for thread in threads:
        thread.start()
    yield
    for thread, feeder in zip(threads, feeders, strict=True):
        thread.join(300)
        if feeder.failure:
            raise feeder.failure
        assert not thread.is_alive(), f"shop {feeder.shop.name} could not be sent to its end"


def _fed(feeder: Feeder, done: Callable[[], float]) -> None:
    try:
        feeder.run(done)
    except BaseException as failure:  # noqa: BLE001 (it is raised again where the load is waited for)
        feeder.failure = failure
