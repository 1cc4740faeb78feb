"""A small world: ingest and journey partitions in memory, joined by logs, with everything but Kafka real."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import msgspec

from schemas import wire
from schemas.rows import AnyRow, PainPointRow, read_pain_points, read_rows
from schemas.topics import JOURNEY_CHANGES, JOURNEY_EVENTS, PAIN_POINTS_CHANGES, PUBLIC
from schemas.wire import Kind, PositionItem, PublicTick
from services.ingest.adapters.outputs import Packing, Routes, ticks
from services.ingest.domain.edge import Taken, take
from services.ingest.domain.feeds import heard
from services.journey.adapters.effects import effects
from services.journey.adapters.rules_file import load_rules
from services.journey.app import clock_of
from services.journey.domain.outbox import Place
from services.journey.domain.partition import Partition
from services.journey.domain.rules import Rules
from services.journey.domain.waking import LOOKS_DUE
from services.runtime.cells import MemoryCells
from services.runtime.config import load_shops
from services.runtime.records import Effects, Output, Record

CONFIG = Path(__file__).parents[2] / "config"
SHOPS = load_shops(CONFIG)
RULES = load_rules(SHOPS, CONFIG)


@dataclass(slots=True)
class Worker:
    """One journey partition, its table and how far it has read its log."""

    place: Place
    rules: Rules = RULES
    table: MemoryCells = field(default_factory=MemoryCells)
    read: int = 0
    partition: Partition | None = None
    looks_due: int = LOOKS_DUE

    def alive(self) -> Partition:
        """The partition, restored from its table when it was dead."""
        if self.partition is None:
            self.partition = Partition(self.place, self.table, self.rules, clock_of(SHOPS), looks_due=self.looks_due)
            self.partition.restore(self.table.items())
        return self.partition


class World:
    """Feed it public messages; `run` until nothing is left; then ask what was published."""

    def __init__(
        self, partitions: int = 2, received_ms: int = 0, rules: Rules = RULES, looks_due: int = LOOKS_DUE
    ) -> None:
        self.partitions = partitions
        self.received_ms = received_ms
        self.logs: list[list[Output]] = [[] for _ in range(partitions)]
        self.workers = [Worker(Place(n, partitions), rules, looks_due=looks_due) for n in range(partitions)]
        self.offsets: dict[tuple[str, int], int] = {}
        self.rows: list[AnyRow] = []
        self.pains: list[PainPointRow] = []
        self.positions: list[PositionItem] = []

    def send(self, events: Iterable[bytes], topic: str = PUBLIC[0].name, partition: int = 0) -> Taken:
        """Events, each a message of its own, through the edge and into the journey's logs."""
        return self._read(topic, partition, events, ())

    def tick(self, shop: str, time_ms: int) -> None:
        """A shop's tick in every public partition."""
        for topic in PUBLIC:
            for partition in range(self.partitions):
                self.tick_in(topic.name, partition, PublicTick(shop, time_ms))

    def tick_in(self, topic: str, partition: int, tick: PublicTick) -> None:
        """A tick in one public partition."""
        self._read(topic, partition, [msgspec.json.encode(tick)], ((wire.TICK_HEADER, b"1"),))

    def run(self, group: int = 10, rng: random.Random | None = None) -> None:
        """Let the journey partitions read until their logs are at an end; `group` messages to a group commit."""
        while behind := [w for w in self.workers if w.read < len(self.logs[w.place.number])]:
            worker = rng.choice(behind) if rng else behind[0]
            self.step(worker, rng.randint(1, group) if rng else group)

    def step(self, worker: Worker, messages: int, *, crash_before: str = "") -> None:
        """One group commit; a crash before "cells" or "ack" leaves the worker dead with that much confirmed."""
        log = self.logs[worker.place.number]
        end = min(len(log), worker.read + messages)
        partition = worker.alive()
        for offset in range(worker.read, end):
            message = log[offset]
            partition.apply(offset, wire.kind(message.headers), message.value or b"")
        done = effects(partition.drain(), worker.place)
        self._confirm(done, worker, crash_before)
        if crash_before:
            worker.partition = None
        else:
            worker.read = end

    def current(self) -> dict[str, AnyRow]:
        """The rows that stand, by table and key: what the warehouse would show."""
        return {name: row for name, row in _latest((_name(row), row) for row in self.rows).items() if not row.deleted}

    def pain_points(self, *, retracted: bool = False) -> dict[UUID, PainPointRow]:
        """The pain points that stand, by id."""
        latest = _latest((str(pain.pain_point_id), pain) for pain in self.pains)
        return {UUID(name): pain for name, pain in latest.items() if retracted or pain.status != "retracted"}

    def truth(self) -> dict[str, object]:
        """All that the law speaks of: rows and pain points that stand, but for what tells how they came to be."""
        rows = {name: msgspec.structs.replace(row, version=0) for name, row in self.current().items()}
        pains = {str(k): msgspec.structs.replace(p, version=0, detected_at=0) for k, p in self.pain_points().items()}
        return {name: row for name, row in {**rows, **pains}.items() if not name.startswith("ClockRow")}

    def _read(self, topic: str, partition: int, values: Iterable[bytes], headers: Sequence[tuple[str, bytes]]) -> Taken:
        start = self.offsets.get((topic, partition), 0)
        records = [Record(n, self.received_ms, None, value, headers) for n, value in enumerate(values, start)]
        self.offsets[topic, partition] = start + len(records)
        taken = take(topic, partition, start, records, SHOPS)
        packing = Packing(Routes(self.partitions))
        packing.add(taken)
        packing.hear(heard(taken.minutes))
        self._produce(packing.outputs())
        origins = {public.name: self.partitions for public in PUBLIC}
        self._produce(ticks(taken.clocks, f"{topic}/{partition}", origins, self.partitions))
        self.positions += taken.positions
        return taken

    def _confirm(self, done: Effects, worker: Worker, crash_before: str) -> None:
        self._produce((*done.outputs, *done.last_outputs))
        if crash_before != "cells":
            worker.table.apply(done.changes)
            worker.table.apply(done.last_changes)

    def _produce(self, produced: Iterable[Output]) -> None:
        for output in produced:
            kind = wire.kind(output.headers)
            if output.topic == JOURNEY_EVENTS.name and kind != Kind.POSITIONS:
                self.logs[output.partition].append(output)
            elif output.topic == JOURNEY_CHANGES.name:
                self.rows += read_rows(output.value or b"")
            elif output.topic == PAIN_POINTS_CHANGES.name:
                self.pains += read_pain_points(output.value or b"")


def _latest(named: Iterable[tuple[str, msgspec.Struct]]) -> dict:
    found: dict = {}
    for name, row in named:
        if name not in found or found[name].version <= row.version:
            found[name] = row
    return found


_KEYS = {
    "PersonRow": "alias",
    "OrderRow": "order_id",
    "ParcelRow": "parcel_id",
    "PromiseRow": "promise_id",
    "SurveyRow": "survey_id",
    "ActionRow": "action_id",
    "JourneyRow": "journey_id",
    "ClockRow": "partition",
}


def _name(row: AnyRow) -> str:
    table = type(row).__name__
    return f"{table}/{row.shop}/{getattr(row, _KEYS[table])}"


def of(rows: dict[str, AnyRow], table: str) -> Iterator[AnyRow]:
    """The rows of one table."""
    return (row for name, row in rows.items() if name.startswith(table + "/"))
