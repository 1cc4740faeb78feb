"""Wiring: what the partition's owner decides and sends with."""

import logging
import os
import random
from collections.abc import Mapping
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from schemas.shops import Shops
from schemas.topics import ALERTS_CELLS, PAIN_POINTS_CHANGES
from services.alerts.adapters.cells import AlertCells
from services.alerts.adapters.journal import KafkaJournal
from services.alerts.adapters.routes_file import Routing, load_routing
from services.alerts.adapters.webhook import WebhookReceiver
from services.alerts.courier import Sending
from services.alerts.domain.routes import Policy
from services.alerts.metrics import AlertsMetrics
from services.alerts.processor import AlertsProcessor
from services.alerts.sender import Sender
from services.alerts.settings import AlertsSettings
from services.runtime.app import Spec, build_app
from services.runtime.cells import CellTable
from services.runtime.config import load_shops
from services.runtime.exits import end_process
from services.runtime.kafka.producer import KafkaProducer
from services.runtime.metrics import RuntimeMetrics
from services.runtime.partitions import OwnedPartition

log = logging.getLogger("waypost.alerts")


def build(settings: AlertsSettings, environment: Mapping[str, str] = os.environ) -> Spec:
    """The service, not yet connected. Raises ConfigError naming file, line and key."""
    _silence_urls()
    runtime = RuntimeMetrics("alerts", CollectorRegistry())
    desk = Desk(settings, load_routing(settings.alerts_routes, environment), load_shops(), runtime)
    routes = {PAIN_POINTS_CHANGES.name: desk.open}
    return build_app(
        "alerts", settings, runtime, routes, CellTable(ALERTS_CELLS.name, lambda _: AlertCells()), on_revoked=desk.close
    )


class Desk:
    """Opens and closes the topic's one partition: a processor that decides, a sender that delivers."""

    def __init__(self, settings: AlertsSettings, routing: Routing, shops: Shops, runtime: RuntimeMetrics) -> None:
        self._settings = settings
        self._routing = routing
        self._shops = shops
        self._runtime = runtime
        self._metrics = AlertsMetrics(runtime.registry)
        self._senders: dict[int, Sender] = {}
        self._receivers: dict[str, WebhookReceiver] = {}
        self._producer: KafkaProducer | None = None

    def open(self, owned: OwnedPartition) -> AlertsProcessor:
        """Begin to deliver what is pending in the restored cells, and return what decides on more."""
        cells = owned.cells
        if not isinstance(cells, AlertCells):
            raise TypeError(f"{owned.topic}: the app's table must be made of AlertCells")
        for name, reason in self._routing.unconfigured.items():
            log.warning("notifications are recorded, not sent", extra={"where": {"receiver": name, "reason": reason}})
        sender = self._sender(cells, owned.partition)
        sender.start(_give_up)
        self._senders[owned.partition] = sender
        return AlertsProcessor(cells, self._policy(), self._metrics)

    def close(self, owned: OwnedPartition) -> None:
        """Deliver no more: the partition is another worker's, or the service stops."""
        if sender := self._senders.pop(owned.partition, None):
            sender.stop()

    def _policy(self) -> Policy:
        return Policy(self._routing.routes, self._is_live, self._routing.unconfigured)

    def _is_live(self, name: str) -> bool:
        """A shop that is not declared (any more) is taken for a replayed one: nobody is woken by mistake."""
        shop = self._shops.find(name)
        return shop is not None and shop.live

    def _sender(self, cells: AlertCells, partition: int) -> Sender:
        producer = self._connect()
        journal = KafkaJournal(producer, cells, partition, self._settings.confirm_seconds)
        how = Sending(self._settings.backoff(), self._settings.deadline(), lambda: datetime.now(UTC), random.random)
        return Sender(cells, self._receivers, journal, self._metrics, how)

    def _connect(self) -> KafkaProducer:
        """The clients, made on the event loop at the first opening and kept for the process's life."""
        if self._producer is None:
            self._producer = KafkaProducer(self._settings.kafka, "waypost-alerts-sender", self._runtime)
            self._receivers = {name: WebhookReceiver(target) for name, target in self._routing.targets.items()}
        return self._producer


def _give_up(error: BaseException) -> None:
    end_process(f"delivery failed: {error}", error=error)


def _silence_urls() -> None:
    """httpx logs every URL, and a receiver's may hold a token."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
