"""A consumer for Faust that hands an agent whole fetched batches, with commit bookkeeping of its own.

Only topics that are registered as batch topics come this way; any other topic of the app is Faust's own business.
What this relies on inside Faust and aiokafka is pinned by a test; `docs/faust.md` says why each piece is there.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from time import monotonic
from typing import Any

from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from services.runtime.batching import Batching, Delivered
from services.runtime.kafka.fetching import BatchConsumerThread, Fetched
from services.runtime.records import Record, RecordBatch

NO_ROOM_WAIT = 0.02
"""Seconds until the next look when every partition has enough records waiting."""

IDLE_WAIT = 0.25
"""Seconds a fetch waits for records; a seek waits for the fetch."""

TIMESTAMP_TYPE_UNKNOWN = -1
"""What Kafka's own clients say of a timestamp of which nobody said who made it."""


class BatchConsumer(driver.Consumer):
    """Faust's consumer, reading batch topics in batches and committing what the ledger allows."""

    _reading = 0  # seeks up to which the ledger's readings are begun

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def batching(self) -> Batching:
        """What this consumer shares with its app."""
        batching: Batching = self.app.batching  # type: ignore[attr-defined]
        return batching

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 (Faust's)
        """Fetch what there is room for and hand it on, in batches where the topic is a batch topic."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        wanted = self._wanted()
        if not wanted:
            await self.sleep(NO_ROOM_WAIT)
            return
        everything = len(wanted) == len(self._get_active_partitions())
        fetched: Fetched = await self._getmany(wanted, min(timeout, IDLE_WAIT) if everything else NO_ROOM_WAIT)  # type: ignore[assignment]
        if self.should_stop or not fetched or not fetched.records:
            return
        if fetched.seeks < self._reading:
            return  # taken off before the last seek, which has gone back behind them
        if not self.flow_active or fetched.seeks > self._reading:
            await self._reread()
            return
        for tp, message in list(self._messages(fetched.records)):
            if not self.flow_active:
                return
            yield tp, message

    def _wanted(self) -> set[TP]:
        batching = self.batching
        most = batching.spans_ahead + 1
        return {
            tp
            for tp in self._get_active_partitions()
            if tp.topic not in batching.topics or batching.ledger.spans((tp.topic, tp.partition)) < most
        }

    async def _reread(self) -> None:
        """Go back for records that are not handed on, unless a rebalance is under way, which does so at its end.

        Neither where the work in hand is being finished: what is to be committed then must not be forgotten.
        """
        if not self.app.rebalancing and not self.batching.hooks.leaving and self.assignment():
            await self.perform_seek()

    def _messages(self, fetched: Mapping[TP, Sequence[Record]]) -> Iterator[tuple[TP, Message]]:
        """Messages to hand on. All are in the ledger before the first goes: what gets lost on the way stays open."""
        for found, records in fetched.items():
            tp = ensure_TP(found)
            if tp.topic not in self.batching.topics:
                for record in records:
                    yield tp, self._to_message(tp, record)
                continue
            for cut, size in cut_records(records, self.batching.group_records, self.batching.group_bytes):
                yield tp, self._batch_message(tp, cut, size)

    def _batch_message(self, tp: TP, records: Sequence[Record], size: int) -> ConsumerMessage:
        last = records[-1]
        span = self.batching.ledger.deliver((tp.topic, tp.partition), records[0].offset, last.offset, len(records))
        batch = RecordBatch(tp.topic, tp.partition, span.start, records)
        message = self._to_message(tp, last)
        message.key, message.value = None, Delivered(batch, span, size)  # type: ignore[assignment]
        return message

    def _to_message(self, tp: TP, record: Record) -> ConsumerMessage:
        """Leaves out what Faust only hands on: a checksum, the sizes of key and value, who made the timestamp."""
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.offset,
            record.timestamp_ms / 1000,
            TIMESTAMP_TYPE_UNKNOWN,
            list(record.headers),
            record.key,
            record.value,
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """Seek to what is committed and begin to read anew from there."""
        await super().perform_seek()
        self._reading = self._thread.seeks  # type: ignore[attr-defined]
        for tp in self.assignment():
            if tp.topic in self.batching.topics:
                self.batching.ledger.begin((tp.topic, tp.partition), self._committed_offset[tp])

    def ack(self, message: Message) -> bool:
        """Leave a batch open, whatever Faust thinks of it: only the ledger's spans acknowledge."""
        if message.topic not in self.batching.topics:
            return super().ack(message)
        self._unacked_messages.discard(message)
        return False

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if tp.topic not in self.batching.topics:
            await super()._add_gap(tp, offset_from, offset_to)

    async def commit_all(self) -> None:
        """Commit all that is acknowledged by now, also behind a commit that is under way."""
        await self.maybe_wait_for_commit_to_finish()
        await self.force_commit()

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what the ledger allows, and what Faust has for topics that are not batch topics."""
        offsets = self._new_offsets()
        others = await super().force_commit(topics, start_new_transaction) if any(self._acked.values()) else False
        if not offsets:
            return others
        started = monotonic()
        if not await self._commit(offsets):
            self.log.warning("Offsets were not committed, the group has moved on: %r", offsets)
            return False
        self._committed_offset.update(offsets)
        self.batching.on_commit({(tp.topic, tp.partition): o for tp, o in offsets.items()}, monotonic() - started)
        return True

    def _new_offsets(self) -> dict[TP, int]:
        offsets = {}
        for tp in self.assignment():
            offset = self.batching.ledger.committable((tp.topic, tp.partition))
            if offset is not None and offset > (self._committed_offset[tp] or -1):
                offsets[tp] = offset
        return offsets

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish the work in hand and commit it before the partitions go: nothing of it is done twice."""
        self.stop_flow()
        await self.batching.hooks.quiesce()
        if revoked:
            await self.commit_all()
        for tp in revoked:
            self.batching.forget((tp.topic, tp.partition))
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Tell the app which partitions it has; reading begins when Faust has sought to their committed offsets."""
        self.batching.lease.renew(monotonic())
        sources = frozenset((tp.topic, tp.partition) for tp in assigned if tp.topic in self.batching.topics)
        await self.batching.hooks.assigned(sources, generation_id)
        await super().on_partitions_assigned(assigned, generation_id)

    async def verify_all_partitions_active(self) -> None:
        """Nothing: Faust's detector follows events, and only logs; `/healthz` watches progress."""


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with the batch consumer."""

    Consumer = BatchConsumer


def cut_records(records: Sequence[Record], most: int, size: int) -> Iterator[tuple[Sequence[Record], int]]:
    """Cut fetched records, in order, into runs of at most `most` records and `size` bytes of values, at least one.

    Yields each run with its bytes.
    """
    begin, held = 0, 0
    for at, record in enumerate(records):
        n = len(record.value or b"")
        if at > begin and (at - begin == most or held + n > size):
            yield records[begin:at], held
            begin, held = at, 0
        held += n
    if begin < len(records):
        yield records[begin:], held
