"""The consumer's own decisions, without a broker."""

import asyncio
from types import SimpleNamespace

import pytest
from faust.types import TP

from services.runtime.kafka.batches import BatchConsumer


class Assigned(BatchConsumer):
    """A consumer of one partition that counts how often it goes back."""

    def __init__(self, *, rebalancing: bool, leaving: bool) -> None:
        self.app = SimpleNamespace(
            rebalancing=rebalancing, batching=SimpleNamespace(hooks=SimpleNamespace(leaving=leaving))
        )
        self.sought = 0

    def assignment(self) -> set[TP]:
        return {TP("in", 0)}

    async def perform_seek(self) -> None:
        self.sought += 1


@pytest.mark.parametrize(
    ("rebalancing", "leaving", "sought"), [(False, False, 1), (True, False, 0), (False, True, 0), (True, True, 0)]
)
def test_a_fetch_that_comes_too_late_is_read_again_but_not_while_work_is_being_finished(
    rebalancing: bool, leaving: bool, sought: int
) -> None:
    """To seek forgets what is acknowledged and not committed yet: a stop would repeat it all."""
    consumer = Assigned(rebalancing=rebalancing, leaving=leaving)
    asyncio.run(consumer._reread())
    assert consumer.sought == sought
