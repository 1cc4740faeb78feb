"""A simulated shop's stream made beforehand, so that sending it costs next to nothing: records in files, step by step.

A step is what the shop says in some time, packed as it is sent, and the tick behind it. The shop goes on from file to
file, with late and repeated events as any shop has them: nobody's journey breaks off because a measurement ends.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from schemas.topics import PUBLIC
from schemas.wire import PublicTick
from services.cli.kafka.records import records
from services.cli.kafka.sender import ARRAY_EVENTS
from services.cli.replays.disturbance import Disturbance
from services.cli.replays.portions import Portion
from services.cli.simulator.session import Simulation, Stage

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
PER_HOUR = 20.0
"""Customers an hour. At 1,500 events/s five hours pass in a second: ten days, as long as parcels take, in 50 s, and
120, after which most customers leave the state, in ten minutes. With fewer customers silent feeds would be the rule,
with more the state would not stop growing in half an hour."""
EVENTS_A_CUSTOMER = 15.2
STEP_S = 1.0
"""A tick a second, as live shops have."""
DISTURBANCE = Disturbance(disorder=timedelta(minutes=5), duplicates=0.01)

_LENGTH = struct.Struct(">I")


class Step(msgspec.Struct, frozen=True, array_like=True):
    """What a shop says up to a moment, and its clock at that moment."""

    events: int
    tick_ms: int
    tick: bytes
    records: list[tuple[str, int, bytes]]
    """Topic, partition and value of each, in the order of sending."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file of steps."""

    path: Path
    events: int


class MadeShop:
    """A shop that goes on for ever; what it says next is written when it is asked for."""

    def __init__(self, shop: str, folder: Path, partitions: int, per_hour: float = PER_HOUR) -> None:
        """The fewer customers come an hour of the shop's, the faster its clock goes at the same rate of events."""
        self._folder = folder
        self._events_an_hour = per_hour * EVENTS_A_CUSTOMER
        self._files = 0
        self._hours = self._step = 0.0
        simulation = Simulation(
            shop, "made", START, 1, per_hour=per_hour, speed=timedelta(hours=1), disturbance=DISTURBANCE
        )
        cut = Stage(simulation).portions(self._passed)
        self._steps = steps(shop, cut, {topic.name: partitions for topic in PUBLIC})

    def make(self, events: float, rate: float) -> Made:
        """The next so many events or a few more, in a file of their own; at this rate a step is sent in a second."""
        self._files, self._step = self._files + 1, STEP_S * rate / self._events_an_hour
        path, count = self._folder / f"shop-{self._files}.steps", 0
        with path.open("wb") as file:
            while count < events:
                step = next(self._steps)
                packed = zlib.compress(msgspec.msgpack.encode(step), 1)
                file.write(_LENGTH.pack(len(packed)) + packed)
                count += step.events
        return Made(path, count)

    def _passed(self) -> float:
        """The shop's time at the end of the next step, in hours."""
        self._hours += self._step
        return self._hours


def steps(shop: str, cut: Iterable[Portion], partitions: Mapping[str, int]) -> Iterator[Step]:
    """Portions as they are sent."""
    for portion in cut:
        sent = [(each.topic, each.partition, each.value) for each in records(portion.events, partitions, ARRAY_EVENTS)]
        tick = msgspec.json.encode(PublicTick(shop, portion.tick_ms))
        yield Step(len(portion.events), portion.tick_ms, tick, sent)


def read(path: Path) -> Iterator[Step]:
    """The steps of a file, one at a time."""
    decoder = msgspec.msgpack.Decoder(Step)
    with path.open("rb") as file:
        while length := file.read(_LENGTH.size):
            yield decoder.decode(zlib.decompress(file.read(*_LENGTH.unpack(length))))
