"""An engine with too many parts is one in trouble: its refusal is waited out, and says nothing of any row.

On the real engine, with a limit that a handful of parts reaches: the code and the moment of its refusal are its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from clickhouse_driver import Client
from prometheus_client import CollectorRegistry
from support.warehouse_messages import SOURCE, FakeMessages, message
from support.warehouse_tables import without_rows

from deploy.local.clickhouse.process import EngineProcess
from schemas.shops import Shops
from services.runtime.clickhouse.insert import ColumnarInserter
from services.warehouse.adapters.store import Store
from services.warehouse.loop import Warehouse
from services.warehouse.metrics import WarehouseMetrics
from services.warehouse.settings import WarehouseSettings

MOST_PARTS = 3
TOO_MANY = "ClickHouse answered with code 252: DB"


@pytest.fixture
def client(clickhouse: EngineProcess) -> Iterator[Client]:
    """A client of a warehouse without a row, whose ledger takes few parts and merges none."""
    with without_rows(clickhouse) as client:
        limit = f"parts_to_delay_insert = {MOST_PARTS}, parts_to_throw_insert = {MOST_PARTS}"
        client.execute(f"ALTER TABLE waypost_storage.ledger MODIFY SETTING {limit}")
        client.execute("SYSTEM STOP MERGES waypost_storage.ledger")
        yield client
        relieve(client)


def relieve(client: Client) -> None:
    client.execute("ALTER TABLE waypost_storage.ledger RESET SETTING parts_to_delay_insert, parts_to_throw_insert")
    client.execute("SYSTEM START MERGES waypost_storage.ledger")


@dataclass
class PatientMessages(FakeMessages):
    """Has the engine relieved while the loop waits for it."""

    client: Client | None = None

    def idle(self, seconds: float) -> None:
        super().idle(seconds)
        if self.client and self.idled == 1:
            relieve(self.client)


def test_too_many_parts_are_waited_out_like_an_outage_and_no_row_is_put_aside(
    client: Client, clickhouse: EngineProcess, caplog: pytest.LogCaptureFixture
) -> None:
    sent = 2 * MOST_PARTS
    messages = PatientMessages([message(offset) for offset in range(sent)], client=client)
    metrics = WarehouseMetrics(CollectorRegistry())
    inserter = ColumnarInserter(Client.from_url(clickhouse.url), "waypost_storage")
    settings = WarehouseSettings(warehouse_batch_items=1, warehouse_backoff_seconds=0.001)
    built = Warehouse(messages, Store(inserter, Shops([]), metrics, lambda: 1), metrics, settings)  # type: ignore[arg-type]
    messages.loop = built
    built.run()
    assert [record.where["error"][: len(TOO_MANY)] for record in caplog.records if hasattr(record, "where")] == [
        TOO_MANY
    ]
    assert messages.committed_offsets[-1] == {SOURCE: sent}
    assert client.execute("SELECT count() FROM waypost_storage.ledger FINAL") == [(sent,)]
    assert client.execute("SELECT count() FROM waypost_storage.put_aside") == [(0,)]
