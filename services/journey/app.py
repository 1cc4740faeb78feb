"""Wiring of journey: one topic in, one table of cells."""

import asyncio
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from schemas.shops import Shops
from schemas.topics import JOURNEY_CELLS, JOURNEY_EVENTS
from schemas.wire import LIVE_CLOCK
from services.journey.adapters.heads import head_of
from services.journey.adapters.rules_file import load_rules
from services.journey.domain.outbox import Place
from services.journey.domain.partition import Partition
from services.journey.metrics import JourneyMetrics
from services.journey.processor import Journey
from services.journey.settings import JourneySettings
from services.runtime import CellStore, CellTable, OwnedPartition, RuntimeMetrics, Spec, build_app
from services.runtime.cells import in_memory
from services.runtime.config import load_shops


def build(settings: JourneySettings) -> Spec:
    """The service, not yet connected. Raises ConfigError naming file, line and key."""
    runtime = RuntimeMetrics("journey", CollectorRegistry())
    metrics = JourneyMetrics(runtime.registry)
    shops = load_shops()
    rules = load_rules(shops)

    async def open_partition(owned: OwnedPartition) -> Journey:
        if owned.cells is None:
            raise TypeError(f"{owned.topic}: journey needs its table of cells")
        place = Place(owned.partition, settings.partitions, settings.run)
        partition = Partition(place, owned.cells, rules, clock_of(shops), settings.journey_cache)
        await asyncio.to_thread(partition.restore, owned.cells.heads())  # other partitions work meanwhile
        return Journey(partition, place, metrics)

    return build_app(
        "journey",
        settings,
        runtime,
        routes={JOURNEY_EVENTS.name: open_partition},
        table=CellTable(JOURNEY_CELLS.name, open_store(settings)),
        on_revoked=lambda owned: metrics.forget(str(owned.partition)),
    )


def open_store(settings: JourneySettings) -> Callable[[int], CellStore]:
    """What opens a partition's store."""
    if settings.journey_store == "memory":
        return in_memory
    from services.runtime.stores.rocks import MIB, RocksStores  # a worker with cells in memory needs no RocksDB

    return RocksStores(settings.store_folder, head_of, settings.journey_store_cache_mb * MIB).open


def clock_of(shops: Shops) -> Callable[[str], str]:
    """Which clock a shop lives by: all live shops share one, a replayed one has its own."""

    def clock(name: str) -> str:
        shop = shops.find(name)
        return LIVE_CLOCK if shop is None or shop.live else name

    return clock
