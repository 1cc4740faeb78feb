"""All partitions that a worker owns: opened, fed and closed as the group assigns them."""

import asyncio
import logging
from collections.abc import Mapping

from services.runtime.batching import Delivered
from services.runtime.exits import end_process
from services.runtime.offsets import Source
from services.runtime.partition import Closer, Opener, OwnedPartition, PartitionWorker, Work

log = logging.getLogger("waypost.partitions")


class Partitions:
    """All partitions of this worker. The consumer calls it around rebalances."""

    def __init__(self, work: Work, quiesce_seconds: float) -> None:
        self._work = work
        self._quiesce_seconds = quiesce_seconds
        self._workers: dict[Source, PartitionWorker] = {}
        self._generation: int | None = None
        self.leaving = False

    @property
    def workers(self) -> Mapping[Source, PartitionWorker]:
        """The workers of the partitions owned now."""
        return self._workers

    @property
    def joined(self) -> bool:
        """Whether the group has ever assigned this worker anything, be it nothing."""
        return self._generation is not None

    def submit(self, delivered: Delivered) -> None:
        """Give a batch to its partition's worker; one of a partition that is gone is dropped, and stays unacked."""
        worker = self._workers.get((delivered.batch.topic, delivered.batch.partition))
        if worker and not self.leaving and self._work.ledger.current(worker.source, delivered.span):
            worker.submit(delivered)

    async def quiesce(self) -> None:
        """Finish the groups in hand and begin no more.

        What cannot be finished in time ends the process: only that makes sure that it is not written later.
        """
        self.leaving = True
        for worker in self._workers.values():
            worker.pause()
        try:
            async with asyncio.timeout(self._quiesce_seconds):
                for worker in list(self._workers.values()):
                    await worker.idle()
        except TimeoutError:
            busy = [f"{topic}/{partition}" for topic, partition in self._workers]
            end_process(
                f"work in hand was not finished within {self._quiesce_seconds:.0f} s of a rebalance", where={"of": busy}
            )

    async def assigned(self, sources: frozenset[Source], generation: int) -> None:
        """Own exactly these from now on.

        A partition that was this worker's in the generation before, and whose work was finished, was nobody else's
        since, so what is in memory stands. Everything else is closed and opened anew.
        """
        follows = self._generation is not None and generation == self._generation + 1
        for source, worker in list(self._workers.items()):
            if source in sources and follows and worker.clean:
                worker.resume()
            else:
                del self._workers[source]
                worker.close()
        for source in sorted(sources - self._workers.keys()):
            self._workers[source] = PartitionWorker(source, self._work)
        self._generation = generation
        self.leaving = False
        self._work.committing.metrics.rebalances.inc()
        log.info("partitions assigned", extra={"where": {"generation": generation, "partitions": sorted(sources)}})

    def close(self) -> None:
        """Drop everything."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()


__all__ = ["Closer", "Opener", "OwnedPartition", "Partitions", "Work"]
