"""Wiring of ingest: the public topics in, ticks beside them."""

import msgspec
from prometheus_client import CollectorRegistry

from schemas.topics import PUBLIC
from schemas.wire import TICK_HEADER, PublicTick
from services.ingest.metrics import IngestMetrics
from services.ingest.processor import Ingest
from services.ingest.settings import IngestSettings
from services.runtime import Output, Periodic, Running, RuntimeMetrics, Spec, build_app, shared
from services.runtime.config import load_shops

_LIVE_TICK = msgspec.json.encode(PublicTick())


def build(settings: IngestSettings) -> Spec:
    """The service, not yet connected. Raises ConfigError naming file, line and key."""
    runtime = RuntimeMetrics("ingest", CollectorRegistry())
    ingest = Ingest(load_shops(), settings.partitions, IngestMetrics(runtime.registry))
    return build_app(
        "ingest",
        settings,
        runtime,
        routes={topic.name: shared(ingest) for topic in PUBLIC},
        periodic=[Periodic(settings.tick_seconds, tick)],
    )


async def tick(running: Running) -> None:
    """Write one live tick to every public partition that this worker owns."""
    headers = ((TICK_HEADER, b"1"),)
    owned = sorted(running.owned())
    await running.deliver([Output(topic, partition, _LIVE_TICK, headers) for topic, partition in owned])
