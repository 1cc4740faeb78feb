"""What a service is made of, before it runs: `build_app` and what it is told."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.runtime.cells import CellTable
from services.runtime.groups import FaultHook, no_faults
from services.runtime.metrics import RuntimeMetrics
from services.runtime.partition import Closer, Opener
from services.runtime.records import Processor
from services.runtime.settings import ServiceSettings

if TYPE_CHECKING:
    from services.runtime.running import Running


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task beside the stream, called every `seconds` while the service runs; an exception ends the process."""

    seconds: float
    run: Callable[["Running"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Spec:
    """A service as `build_app` was told."""

    name: str
    settings: ServiceSettings
    metrics: RuntimeMetrics
    routes: Mapping[str, Opener]
    table: CellTable | None = None
    on_revoked: Closer = lambda partition: None
    periodic: Sequence[Periodic] = ()
    faults: FaultHook = no_faults

    @property
    def group(self) -> str:
        """The consumer group, and the prefix of client ids."""
        return f"waypost-{self.name}"


def build_app(
    name: str,
    settings: ServiceSettings,
    metrics: RuntimeMetrics,
    routes: Mapping[str, Opener],
    table: CellTable | None = None,
    *,
    on_revoked: Closer = lambda partition: None,
    periodic: Sequence[Periodic] = (),
    faults: FaultHook = no_faults,
) -> Spec:
    """Describe a service; nothing is connected before `run`.

    `routes` has for each topic read what makes a partition's processor (`shared` for one that serves all). With a
    `table` there must be one topic: cells live in the changelog partition of their source partition's number.
    """
    if not routes:
        raise ValueError(f"{name}: no topic to read")
    if table and len(routes) != 1:
        raise ValueError(f"{name}: a table belongs to one topic, but these are read: {sorted(routes)}")
    return Spec(name, settings, metrics, routes, table, on_revoked, tuple(periodic), faults)


def shared(processor: Processor) -> Opener:
    """An opener that uses one stateless processor for every partition."""
    return lambda partition: processor
