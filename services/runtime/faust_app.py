"""The Faust app of a service: one agent that takes whole batches, everything that bites switched off."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import faust
from faust.app.base import BootStrategy
from faust.tables.manager import TableManager
from faust.types import Message, StreamT
from yarl import URL

from services.runtime.batching import Batching, Delivered
from services.runtime.exits import fatal
from services.runtime.kafka.batches import BatchConsumer, BatchTransport
from services.runtime.settings import ServiceSettings


class NoProducer(BootStrategy):
    """Starts no producer: outputs and changelog go through our own, which confirms them."""

    enable_kafka_producer = False


class NoTables(TableManager):
    """Starts at once: Faust's gives tables a second in which to be registered, and there are none."""

    async def on_start(self) -> None:
        """Say that all tables are there, which is what the consumer waits for before it joins its group."""
        await self._update_channels()
        await self.recovery.start()


class BatchingApp(faust.App):
    """A Faust app whose consumer is a batch consumer."""

    BootStrategy = NoProducer

    def __init__(self, id: str, batching: Batching, **options: Any) -> None:
        self.batching = batching
        super().__init__(id, **options)

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self, loop=self.loop)

    def _create_directories(self) -> None:
        """None: nothing of Faust's is kept on disk, and a container's may be read-only."""

    async def consume(self) -> None:
        """Start and run until a part of the app fails for good; raises what it failed of."""
        await self.start()
        await self._crashed.wait()
        raise self.crash_reason or RuntimeError("a part of the Faust app crashed without a reason")

    @property
    def batch_consumer(self) -> BatchConsumer:
        """The consumer, once the app runs."""
        return cast(BatchConsumer, self.consumer)


class AsDelivered(faust.Schema):  # type: ignore[type-arg]
    """Hands values on as they are: decoding is the service's business, and cannot fail here."""

    def compile(self, app: Any, **_handlers: Any) -> Callable[..., Any]:
        """A decoder that decodes nothing."""

        async def decode(message: Message, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, {}, message)

        return decode


def build_faust_app(
    group: str,
    settings: ServiceSettings,
    batching: Batching,
    submit: Callable[[Delivered], None],
    rebalance_seconds: float,
) -> BatchingApp:
    """The app that feeds `submit`; to be called on the event loop that it will run on."""
    app = BatchingApp(
        group,
        batching,
        broker=[URL(f"kafka://{broker}") for broker in settings.kafka.brokers],
        broker_client_id=group,
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.heartbeat_seconds,
        broker_rebalance_timeout=rebalance_seconds,
        broker_request_timeout=max(40.0, settings.session_seconds),
        broker_commit_interval=settings.commit_seconds,
        broker_max_poll_records=4 * settings.group_records,
        consumer_group_instance_id=f"{group}-{settings.worker_id}" if settings.worker_id else "",
        consumer_auto_offset_reset="earliest",
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        TableManager=NoTables,
        datadir=datadir(settings, group),
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        stream_wait_empty=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
        autodiscover=False,
    )
    source = app.topic(
        *sorted(batching.topics), schema=AsDelivered(key_serializer="raw", value_serializer="raw"), internal=False
    )

    async def take(stream: StreamT[Any]) -> None:
        """Hand each batch to its partition's worker. Nothing is acked here, so nothing can be skipped here."""
        with fatal("the agent"):  # an agent that raises would have its event acked
            async for event in stream.noack().events():  # type: ignore[attr-defined]
                submit(event.value)

    app.agent(source, name=f"{group}.batches", concurrency=1)(take)
    return app


def datadir(settings: ServiceSettings, group: str) -> Path:
    """A directory for this app and worker alone."""
    return settings.home / "faust" / group / (settings.worker_id or "worker")
