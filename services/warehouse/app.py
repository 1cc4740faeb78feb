"""Wiring: consumer, store, loop, probes, signals."""

import logging
import signal
from functools import partial
from threading import Timer
from time import time

from prometheus_client import CollectorRegistry

from schemas.shops import Shops
from services.runtime.clickhouse.client import connect
from services.runtime.clickhouse.insert import ColumnarInserter
from services.runtime.clickhouse.migrate import STORAGE
from services.runtime.config import load_shops
from services.runtime.exits import end_process
from services.runtime.observability import ObservabilityServer
from services.warehouse.adapters.kafka import KafkaMessages
from services.warehouse.adapters.store import Store
from services.warehouse.loop import Warehouse
from services.warehouse.metrics import WarehouseMetrics
from services.warehouse.open_pain_points import OpenPainPoints, ask
from services.warehouse.settings import WarehouseSettings

log = logging.getLogger("waypost.warehouse")


def build(settings: WarehouseSettings, shops: Shops | None = None) -> Warehouse:
    """The service; connects to Kafka now and to ClickHouse with the first batch. Raises ConfigError, KafkaError."""
    metrics = WarehouseMetrics(CollectorRegistry())
    insert = ColumnarInserter(connect(settings.clickhouse), STORAGE)
    store = Store(insert, shops or load_shops(), metrics, lambda: int(time() * 1000))
    return Warehouse(KafkaMessages(settings, metrics), store, metrics, settings)


def run(warehouse: Warehouse) -> None:
    """Run until SIGTERM or SIGINT, then store the batch in hand, commit and leave the group."""
    settings = warehouse.settings
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop(warehouse))
    server = ObservabilityServer(warehouse.metrics.registry, warehouse.healthy, warehouse.ready)
    server.start(settings.bind, settings.metrics_port)
    polled = OpenPainPoints(partial(ask, connect(settings.clickhouse)), warehouse.metrics)
    polled.start()
    log.info("service started", extra={"where": {"clickhouse": settings.clickhouse.where()}})
    warehouse.run()
    polled.stop()
    warehouse.messages.close()
    server.stop()
    log.info("service stopped")


def _stop(warehouse: Warehouse) -> None:
    """Begin to stop, with a deadline that holds whatever an insert or the broker does."""
    if not warehouse.stopping.is_set():
        seconds = warehouse.settings.stop_seconds
        timer = Timer(seconds + 2, end_process, args=(f"not stopped within {seconds + 2:.0f} s of the signal",))
        timer.daemon = True
        timer.start()
        warehouse.stop()
