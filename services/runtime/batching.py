"""What the record-batch consumer and the app that it feeds share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from services.runtime.lease import Lease
from services.runtime.offsets import Ledger, Source, Span
from services.runtime.records import RecordBatch


@dataclass(frozen=True, slots=True)
class Delivered:
    """A batch together with the span that acknowledges it."""

    batch: RecordBatch
    span: Span
    size: int  # bytes of values


class RebalanceHooks(Protocol):
    """Who has work in hand for partitions, and wants to know which there are."""

    @property
    def leaving(self) -> bool:
        """Whether no more work is taken: from `quiesce` to `assigned`, or to the end."""
        ...

    async def quiesce(self) -> None:
        """Finish the work in hand and take no more until `assigned`."""
        ...

    async def assigned(self, sources: frozenset[Source], generation: int) -> None:
        """These are now the partitions of this worker, all of them."""
        ...


@dataclass(slots=True)
class Batching:
    """What a batch consumer shares with the app it feeds."""

    topics: frozenset[str]
    connection: Mapping[str, object]
    ledger: Ledger
    lease: Lease
    hooks: RebalanceHooks
    group_records: int
    group_bytes: int
    spans_ahead: int = 3
    """Batches of a partition that may wait behind the one in work: back-pressure, not a queue."""
    on_commit: Callable[[Mapping[Source, int], float], None] = lambda offsets, seconds: None
    positions: dict[Source, int] = field(default_factory=dict)
    """The consumer's position by partition: behind trailing holes, where the ledger is not."""
    ends: dict[Source, int] = field(default_factory=dict)
    """The last stable offset by partition, as last heard from the broker."""
    fetched_at: float = 0.0

    def forget(self, source: Source) -> None:
        """Know nothing of a partition any more: who owns it next moves it on."""
        self.ledger.forget(source)
        self.positions.pop(source, None)
        self.ends.pop(source, None)
