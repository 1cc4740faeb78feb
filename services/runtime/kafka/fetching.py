"""The thread that fetches for Faust's consumer: each fetch belongs to one reading, each heartbeat renews the lease."""

# ruff: noqa: SLF001  (this file is where the internals of aiokafka's consumer are touched)

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import NamedTuple

import aiokafka  # type: ignore[import-untyped]
from aiokafka.coordinator.assignors.sticky.sticky_assignor import (  # type: ignore[import-untyped]
    StickyPartitionAssignor,
)
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from services.runtime.batching import Batching
from services.runtime.kafka.readable import read_records
from services.runtime.lease import Lease
from services.runtime.records import Record

MAX_POLL_SECONDS = 86_400.0
"""aiokafka leaves the group when nothing was fetched for so long; `/healthz` is what watches for that here."""

FETCH_BYTES = 1024 * 1024
"""Bytes fetched of one partition at once, half a group's where these are more; a larger record comes alone."""

FETCH_WAIT_MS = 50
"""How long the broker holds an empty fetch. One fetch a broker is under way at a time, so a partition that gets room
again waits for it."""


class Fetched(NamedTuple):
    """Records taken off the log, and how many seeks had been made before."""

    records: Mapping[TP, Sequence[Record]]
    seeks: int


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to the broker. Fetches and seeks exclude each other, so that each fetch belongs to
    exactly one reading of its partitions."""

    seeks = 0
    _position_lock: asyncio.Lock | None = None

    @property
    def batching(self) -> Batching:
        """What this consumer shares with its app."""
        batching: Batching = self.app.batching  # type: ignore[attr-defined]
        return batching

    @property
    def _positions(self) -> asyncio.Lock:
        if self._position_lock is None:
            self._position_lock = asyncio.Lock()
        return self._position_lock

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        conf, batching = self.app.conf, self.batching
        read_records()
        return aiokafka.AIOKafkaConsumer(
            **batching.connection,
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id or None,
            partition_assignment_strategy=[StickyPartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(MAX_POLL_SECONDS * 1000),
            max_partition_fetch_bytes=max(FETCH_BYTES, batching.group_bytes // 2),
            fetch_max_wait_ms=FETCH_WAIT_MS,
            fetch_min_bytes=1,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=60_000,
            check_crcs=True,
        )

    async def on_start(self) -> None:
        """Start the client and have each answered heartbeat renew the lease."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator
        coordinator._do_heartbeat = renewing(coordinator._do_heartbeat, self.batching.lease)

    async def _fetch_records(  # type: ignore[override]
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 (Faust's)
        max_records: int | None = None,
    ) -> Fetched:
        async with self._positions:
            records = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
            self._look(consumer, active_partitions)
            return Fetched(records, self.seeks)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every partition to its committed offset, and to its beginning where there is none."""
        result: Mapping[TP, int] = await self.call_thread(self._seek_to_committed)
        return result

    async def _seek_to_committed(self) -> Mapping[TP, int]:
        consumer = self._ensure_consumer()
        async with self._positions:
            committed: Mapping[TP, int] = await consumer.seek_to_committed()
            # the client leaves these where they are, although records may have been taken off them
            if fresh := [tp for tp, offset in committed.items() if not offset or offset < 0]:
                await consumer.seek_to_beginning(*fresh)
            self.seeks += 1
            return committed

    def _look(self, consumer: aiokafka.AIOKafkaConsumer, tps: Iterable[TP]) -> None:
        """Note positions and ends, for the lag."""
        assignment = consumer._subscription.subscription.assignment
        if assignment is None:
            return
        for tp in tps:
            if tp not in assignment.tps:
                continue
            state, source = assignment.state_value(tp), (tp.topic, tp.partition)
            if state.has_valid_position:
                self.batching.positions[source] = state.position
            if state.lso is not None and state.lso >= 0:
                self.batching.ends[source] = state.lso
        self.batching.fetched_at = monotonic()


def renewing(heartbeat: Callable[[], Awaitable[bool]], lease: Lease) -> Callable[[], Awaitable[bool]]:
    """A heartbeat that renews the lease as of when it was sent, if the group answered it well."""

    async def renewing_heartbeat() -> bool:
        sent = monotonic()
        answered = await heartbeat()
        if answered:
            lease.renew(sent)
        return answered

    return renewing_heartbeat
