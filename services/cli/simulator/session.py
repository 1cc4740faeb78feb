"""One run of the simulated shop: told, sent at its pace, and scored if asked."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from random import Random
from typing import cast

from services.cli.clickhouse.clocks import shop_clock
from services.cli.clickhouse.views import Views, ViewsError
from services.cli.replays.disturbance import Disturbance, disturbed
from services.cli.replays.event import SentEvent, epoch_ms, from_epoch_ms
from services.cli.replays.feeding import Emitter, Moved
from services.cli.replays.portions import Portion, portions
from services.cli.simulator.delay import held_up
from services.cli.simulator.pace import BURST_SECONDS, Pace, bursts
from services.cli.simulator.score import Found, PainPointColumns, found_of, of_run
from services.cli.simulator.shop import merged, stories
from services.cli.simulator.story import Story, Truth

AFTERWARDS = timedelta(hours=1)
"""How far a bounded run's clock goes past the moment at which all is decided."""

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is to be simulated."""

    shop: str
    run: str
    start: datetime
    seed: int = 0
    journeys: int | None = None
    """How many, or None for no end."""
    per_hour: float = 12.0
    speed: timedelta = timedelta(0)
    """Shop time per second; zero sends as fast as Kafka takes it."""
    until: datetime | None = None
    disturbance: Disturbance = field(default_factory=Disturbance)


@dataclass(slots=True)
class Stage:
    """A simulation in the making: the truth of a bounded one, and the portions to send.

    The stories of a bounded one are told twice, once for their truth and once for their events, so that no more of them
    are held at a time than go on at a time.
    """

    simulation: Simulation
    told: list[Truth] = field(default_factory=list)

    def portions(self, elapsed: Callable[[], float]) -> Iterator[Portion]:
        """What to send, step by step, with the clock behind it; paced ones look at `elapsed` at each step."""
        s = self.simulation
        if s.journeys is not None:
            self.told = [story.truth for story in self._stories()]
        delays: dict[str, timedelta] = {}
        end_ms = self._end_ms()
        events = _until(merged(_noted(self._stories(), delays)), end_ms)
        releases = held_up(disturbed(events, s.disturbance, Random(s.seed + 1)), delays)
        if not s.speed:
            return portions((release.event for release in releases), end_ms)
        return bursts(releases, Pace(epoch_ms(s.start), s.speed, end_ms), elapsed)

    def _stories(self) -> Iterator[Story]:
        s = self.simulation
        return islice(stories(s.shop, s.run, s.start, s.per_hour, Random(s.seed)), s.journeys)

    def _end_ms(self) -> int | None:
        if self.simulation.until:
            return epoch_ms(self.simulation.until)
        if self.told:
            return epoch_ms(max(truth.decided_at for truth in self.told) + AFTERWARDS)
        return None


def send(emitter: Emitter, stage: Stage, moved: Moved, stopped: Callable[[float], bool]) -> None:
    """Send all of a simulation, paced if it is; `stopped` waits so many seconds and says whether to end early."""
    begin = time.monotonic()
    for portion in stage.portions(lambda: time.monotonic() - begin):
        step = time.monotonic()
        emitter.send(portion.events)
        emitter.tick(stage.simulation.shop, portion.tick_ms)
        moved(len(portion.events), portion.tick_ms)
        rest = BURST_SECONDS - (time.monotonic() - step) if stage.simulation.speed else 0.0
        if stopped(max(0.0, rest)):
            break
    emitter.confirm()


def next_start(views: Views, shop: str, otherwise: datetime) -> tuple[datetime, str]:
    """Where a shop's time goes on: behind its clock, else at `otherwise`; and a notice, "" when all is well."""
    try:
        clock = shop_clock(views, shop)
    except ViewsError as error:
        return (
            otherwise,
            f"the clock of shop {shop} is unknown ({error}); it may already be later than this run's start",
        )
    return (from_epoch_ms(clock) + timedelta(seconds=1), "") if clock is not None else (otherwise, "")


def _noted(told: Iterator[Story], delays: dict[str, timedelta]) -> Iterator[Story]:
    """Stories as they are told; what each says of delays is known once it is reached."""
    for story in told:
        delays.update(story.delays)
        yield story


def _until(events: Iterator[SentEvent], end_ms: int | None) -> Iterator[SentEvent]:
    """The part of an ordered stream that is not after the end; without looking further, for it may have none."""
    return takewhile(lambda event: end_ms is None or event.time_ms <= end_ms, events)


def new_run(now: datetime) -> str:
    """A name for a run that no earlier one had: the second of its start."""
    number, digits = int(now.astimezone(UTC).timestamp()), ""
    while number:
        number, digit = divmod(number, 36)
        digits = _ALPHABET[digit] + digits
    return digits


def found_by_waypost(views: Views, shop: str, run: str, told: Sequence[Truth]) -> Found:
    """What the views say hurts in this run's journeys. Raises `ViewsError`."""
    rows = views.rows(
        "SELECT kind, entity, pain_point_id, toString(status), cause, root_id, toString(severity), happened_at, "
        "detected_at, held_back FROM waypost.pain_points "
        "WHERE shop = %(shop)s AND match(entity, concat('^(event|pain_point):|', %(run)s, '-'))",
        {"shop": shop, "run": run},
    )
    return of_run(dict(found_of(cast(PainPointColumns, row), run) for row in rows), run, told)
