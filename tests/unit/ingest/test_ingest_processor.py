"""Ingest's unit of work: a batch of public records becomes effects, and numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from support.contract_events import RECEIVED_MS, event, text

from schemas import wire
from schemas.shops import Clock, Shop, Shops, Source
from schemas.topics import PUBLIC
from schemas.wire import TICK_HEADER, Position, PositionItem, Tick
from services.ingest.domain.refusals import WINDOW
from services.ingest.metrics import IngestMetrics
from services.ingest.processor import Ingest
from services.runtime.records import Effects, Record, RecordBatch

SHOPS = Shops([Shop("main", Clock.LIVE, sources=(Source("/known"),)), Shop("olist", Clock.REPLAY)])
TICK = ((TICK_HEADER, b"1"),)
READ: dict[str, Callable[[bytes], list[Any]]] = {
    "events": wire.read_events,
    "rejected": wire.read_rejected,
    "positions": wire.read_positions,
}
read_any = msgspec.msgpack.Decoder(list[Any]).decode
Given = tuple[int, bytes, tuple[tuple[str, bytes], ...]]


class Edge:
    """Ingest with metrics of its own."""

    def __init__(self, partitions: int = 4) -> None:
        self.registry = CollectorRegistry()
        self.ingest = Ingest(SHOPS, partitions, IngestMetrics(self.registry))

    def process(self, records: Sequence[Given], start: int = 0) -> Effects:
        found = [Record(offset, RECEIVED_MS, None, value, headers) for offset, value, headers in records]
        return self.ingest.process(RecordBatch(PUBLIC[0].name, 1, start, found))

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"waypost_ingest_{name}", labels) or 0.0


def kinds(effects: Effects) -> list[str]:
    return [wire.kind(output.headers) for output in (*effects.outputs, *effects.last_outputs)]


def told(effects: Effects) -> list[tuple[str, int | None, str, list[Any]]]:
    """What each message says."""
    outputs = (*effects.outputs, *effects.last_outputs)
    said = [(READ.get(wire.kind(output.headers), read_any), output) for output in outputs]
    return [(o.topic, o.partition, wire.kind(o.headers), read(o.value or b"")) for read, o in said]


def positions(effects: Effects) -> list[PositionItem]:
    found = [o for o in effects.outputs if wire.kind(o.headers) == "positions"]
    return [item for output in found for item in wire.read_positions(output.value or b"")]


def test_holes_between_start_and_the_last_record_are_answered_and_nothing_else() -> None:
    effects = Edge().process(
        [(12, text(event(id="a")), ()), (13, text(event(id="b")), ()), (20, b"{}", TICK)], start=10
    )
    assert positions(effects) == [
        PositionItem(Position(PUBLIC[0].name, 1, 10, 0, 1, RECEIVED_MS), "gap", 2),
        PositionItem(Position(PUBLIC[0].name, 1, 14, 0, 1, RECEIVED_MS), "gap", 6),
        PositionItem(Position(PUBLIC[0].name, 1, 20, 0, 1, RECEIVED_MS), "tick"),
    ]


def test_every_offset_from_start_to_the_last_record_is_answered_exactly_once() -> None:
    records = [(3, text(event(id="a")), ()), (5, b"?", ()), (6, b"{}", TICK), (9, b"[" + text(event()) + b",1]", ())]
    effects = Edge().process(records, start=2)
    answered: list[tuple[int, int, int]] = []
    for output in (o for o in effects.outputs if wire.kind(o.headers) in READ):
        for item in READ[wire.kind(output.headers)](output.value or b""):
            position, offsets = item.position, getattr(item, "offsets", 1)
            answered += [
                (offset, position.index, position.of) for offset in range(position.offset, position.offset + offsets)
            ]
    assert sorted(answered) == [
        (2, 0, 1), (3, 0, 1), (4, 0, 1), (5, 0, 1), (6, 0, 1), (7, 0, 1), (8, 0, 1), (9, 0, 2), (9, 1, 2),
    ]  # fmt: skip


def test_ticks_are_behind_everything_else_and_go_to_every_journey_partition() -> None:
    effects = Edge(partitions=3).process([(0, b"{}", TICK), (1, text(event()), ()), (2, b"?", ())])
    assert kinds(effects) == ["events", "rejected", "positions", "heard", "ticks", "ticks", "ticks"]
    assert [output.partition for output in effects.last_outputs] == [0, 1, 2]
    tick = Tick(0, f"{PUBLIC[0].name}/1", {t.name: 3 for t in PUBLIC}, {"": RECEIVED_MS})
    assert [wire.read_ticks(output.value or b"") for output in effects.last_outputs] == [[tick]] * 3


def test_ingest_keeps_no_cells() -> None:
    effects = Edge().process([(0, text(event()), ())])
    assert (effects.changes, effects.last_changes) == ((), ())


def test_a_batch_read_again_has_the_same_effects() -> None:
    records = [(0, text(event()), ()), (1, b"?", ()), (5, b"{}", TICK)]
    edge = Edge()
    assert edge.process(records) == edge.process(records) == Edge().process(records)


@pytest.mark.parametrize("run_bytes", [1, 400, 1_000])
def test_how_a_batch_is_cut_into_runs_changes_no_effect(run_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    olist, earlier = (text({"shop": "olist", "time_ms": time_ms}) for time_ms in (7_000, 5_000))
    values = [text(event(id="a")), b"?", b"[" + text(event(id="b")) + b"," + text(event(id="c")) + b"]", text(event())]
    records: list[Given] = [(2 * n, value, ()) for n, value in enumerate(values)]
    records += [(20, olist, TICK), (21, text(event(id="d")), ()), (23, earlier, TICK), (25, b"", ())]
    whole = Edge().process(records)
    monkeypatch.setattr("services.ingest.processor.RUN_BYTES", run_bytes)
    assert told(Edge().process(records)) == told(whole)
    assert wire.read_ticks(whole.last_outputs[0].value or b"")[0].clocks == {"olist": 7_000}


def test_each_answer_is_counted() -> None:
    edge = Edge()
    old = text(event(id="old", time="2023-05-02T10:15:00Z"))
    edge.process([(0, text(event()), ()), (1, old, ()), (2, b"?", ()), (6, b"{}", TICK)])
    answers = {
        answer: edge.counted("answers_total", answer=answer)
        for answer in ("accepted", "late", "rejected", "tick", "gap")
    }
    assert answers == {"accepted": 1, "late": 1, "rejected": 1, "tick": 1, "gap": 3}


def test_refusals_are_counted_by_declared_source_and_reason() -> None:
    edge = Edge()
    unknown = [text(event(type="x.y", source=source, id=str(n))) for n, source in enumerate(["/known", "/b", "/c"])]
    edge.process(list(zip(range(3), unknown, [()] * 3, strict=True)))
    assert edge.counted("rejected_total", source="/known", reason="unknown_type") == 1
    assert edge.counted("rejected_total", source="other", reason="unknown_type") == 2


def test_a_source_of_which_most_events_are_refused_is_counted() -> None:
    edge = Edge()
    edge.process([(n, text(event(type="x.y", source="/known")), ()) for n in range(WINDOW)])
    assert edge.counted("refused_windows_total", source="/known") == 1


def test_events_are_judged_in_the_order_in_which_they_came() -> None:
    edge = Edge()
    fine, bad = text(event(source="/known")), text(event(type="x.y", source="/known"))
    edge.process([(n, b"[" + fine + b"," + bad + b"]", ()) for n in range(WINDOW)])
    assert edge.counted("refused_windows_total", source="/known") == 0
