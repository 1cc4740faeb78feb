"""The loop, on fakes of Kafka and the engine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic, time

import pytest
from prometheus_client import CollectorRegistry
from support.event_messages import event_message
from support.warehouse_items import AT, event, pain_point, position
from support.warehouse_messages import SOURCE, FakeMessages, message

from schemas.batches import batches
from schemas.wire import Kind, pack_item
from services.runtime.clickhouse.insert import UnavailableError
from services.warehouse.domain.batch import Message
from services.warehouse.domain.tables import TableRows
from services.warehouse.loop import Warehouse
from services.warehouse.metrics import WarehouseMetrics
from services.warehouse.rhythm import EARLY_SECONDS
from services.warehouse.settings import WarehouseSettings

PAIN_POINTS = ("pain_points.changes.v1", 0)


@dataclass
class FakeStore:
    down: int = 0
    stored: list[Sequence[TableRows]] = field(default_factory=list)
    tries: int = 0
    on_try: object = None

    def store(self, tables: Sequence[TableRows]) -> None:
        self.tries += 1
        if callable(self.on_try):
            self.on_try()
        if self.tries <= self.down:
            raise UnavailableError("ClickHouse does not answer")
        self.stored.append(tables)


def warehouse(messages: FakeMessages, store: FakeStore, **settings: object) -> Warehouse:
    quick = {"warehouse_backoff_seconds": 0.001, "warehouse_batch_seconds": 60.0, "warehouse_batch_items": 2}
    built = Warehouse(
        messages,
        store,  # type: ignore[arg-type]
        WarehouseMetrics(CollectorRegistry()),
        WarehouseSettings(**{**quick, **settings}),  # type: ignore[arg-type]
    )
    messages.loop = built
    return built


def sample(of: Warehouse, name: str, **labels: str) -> float | None:
    return of.metrics.registry.get_sample_value(f"waypost_warehouse_{name}", labels)


def test_offsets_are_committed_behind_what_was_stored_batch_by_batch() -> None:
    messages, store = FakeMessages([message(offset) for offset in range(5)]), FakeStore()
    built = warehouse(messages, store)
    built.run()
    assert messages.committed_offsets == [{SOURCE: 2}, {SOURCE: 4}, {SOURCE: 5}]
    assert [len(table.rows) for batch in store.stored for table in batch] == [2, 2, 1]
    assert sample(built, "records_total", topic=SOURCE[0], partition="0") == 5


def test_while_clickhouse_is_gone_nothing_is_committed_and_the_group_is_kept() -> None:
    messages, store = FakeMessages([message(0), message(1)]), FakeStore(down=3)
    seen: list[tuple[int, int]] = []
    store.on_try = lambda: seen.append((len(messages.committed_offsets), messages.idled))
    built = warehouse(messages, store)
    built.run()
    assert [committed for committed, _ in seen] == [0, 0, 0, 0]
    assert [idled for _, idled in seen] == sorted({idled for _, idled in seen})
    assert messages.committed_offsets == [{SOURCE: 2}]
    assert sample(built, "insert_retries_total") == 3
    assert sample(built, "clickhouse_unavailable") == 0


def test_a_commit_that_kafka_did_not_take_is_tried_again_and_nothing_stored_twice() -> None:
    messages, store = FakeMessages([message(0), message(1)], commits_lost=1), FakeStore()
    warehouse(messages, store).run()
    assert (messages.committed_offsets, store.tries) == ([{SOURCE: 2}], 1)


def test_what_comes_to_an_idle_writer_is_stored_long_before_a_batch_must_be() -> None:
    messages, store = FakeMessages([message(0)]), FakeStore()
    built = warehouse(messages, store)
    messages.loop, store.on_try = None, built.stop  # nothing but a stored batch ends it
    began = monotonic()
    built.run()
    assert messages.committed_offsets == [{SOURCE: 1}]
    assert monotonic() - began < built.settings.warehouse_batch_seconds / 4


def test_lag_is_what_is_written_and_not_committed() -> None:
    messages = FakeMessages([message(0)])
    built = warehouse(messages, FakeStore())
    built.run()
    assert sample(built, "consumer_lag_messages", topic=SOURCE[0], partition="0") == 5


def test_pain_points_are_timed_from_their_record_to_the_view() -> None:
    [value] = batches([pack_item(pain_point(1))])
    written = Message("pain_points.changes.v1", 0, 0, int(time() * 1000) - 7000, Kind.PAIN_POINTS, value)
    built = warehouse(FakeMessages([written, message(1)]), FakeStore(down=1))
    built.run()
    assert sample(built, "pain_point_stored_seconds_count") == 1
    assert sample(built, "pain_point_stored_seconds_sum") == pytest.approx(7, abs=3)


def found(offset: int) -> Message:
    """A record with a pain point."""
    [value] = batches([pack_item(pain_point(1))])
    return Message(*PAIN_POINTS, offset, AT, Kind.PAIN_POINTS, value)


def resting(messages: FakeMessages, store: FakeStore, seconds: float) -> Warehouse:
    """A writer whose next batch is due so late, and that ends with the first that it stores."""
    built = warehouse(messages, store, warehouse_batch_items=100, warehouse_batch_seconds=seconds)
    built._rhythm.stored(60.0)
    messages.loop, store.on_try = None, built.stop
    return built


def tables_of(store: FakeStore) -> list[list[str]]:
    return [[table.name for table in tables] for tables in store.stored]


def test_a_pain_point_does_not_wait_for_a_batch_that_is_not_due() -> None:
    messages, store = FakeMessages([message(0), found(0), message(1)]), FakeStore()
    built = resting(messages, store, 5.0)
    built.run()
    assert tables_of(store) == [["pain_points", "pain_point_changes"], ["ledger"]]
    assert messages.committed_offsets == [{SOURCE: 2, PAIN_POINTS: 1}]
    assert sample(built, "pain_point_stored_seconds_count") == 1


def test_a_pain_point_that_could_not_be_stored_ahead_is_stored_with_its_batch() -> None:
    messages, store = FakeMessages([message(0), found(0)]), FakeStore(down=1)
    built = resting(messages, store, 5.0)
    built.run()
    assert tables_of(store) == [["pain_points", "pain_point_changes", "ledger"]]
    assert (sample(built, "pain_point_stored_seconds_count"), sample(built, "insert_retries_total")) == (1, 1)
    assert sample(built, "clickhouse_unavailable") == 0


def test_a_pain_point_waits_for_a_batch_that_is_due_soon_and_the_loop_does_not_spin() -> None:
    messages, store = FakeMessages([found(0)]), FakeStore()
    resting(messages, store, EARLY_SECONDS * 1.5).run()
    assert tables_of(store) == [["pain_points", "pain_point_changes"]]
    assert store.tries == 1
    assert messages.waited.count(0.0) < 3


def test_events_are_timed_from_their_receipt_by_the_broker_to_the_view() -> None:
    received = int(time() * 1000) - 9000
    items = [event(position(offset, at=received + later)) for offset, later in ((1, 6000), (0, 0))]
    written = Message("journey.events.v1", 0, 0, received + 6500, Kind.EVENTS, event_message(*items))
    built = warehouse(FakeMessages([written]), FakeStore(down=1))
    built.run()
    assert sample(built, "event_stored_seconds_count") == 1
    assert sample(built, "event_stored_seconds_sum") == pytest.approx(9, abs=3)


def test_told_to_stop_while_clickhouse_is_gone_it_ends_without_a_commit() -> None:
    messages, store = FakeMessages([message(0), message(1)]), FakeStore(down=1_000_000)
    built = warehouse(messages, store, stop_seconds=0.05)
    store.on_try = built.stop
    built.run()
    assert messages.committed_offsets == []
    assert built.ready().ok is False
    assert "does not answer" in built.ready().reason


def test_ready_means_partitions_and_an_engine_that_takes_rows() -> None:
    built = warehouse(FakeMessages([]), FakeStore())
    assert built.ready().ok
    assert built.healthy().ok
