"""The shared shell of Waypost's services: settings, logs, metrics, Kafka, Faust and group commit.

A service is pure processors plus this:

    from prometheus_client import CollectorRegistry
    from services.runtime import (
        Change, Effects, Output, OwnedPartition, Periodic, Record, RecordBatch, RuntimeMetrics,
        CellTable, ServiceSettings, build_app, configure_logs, run, shared,
    )

    class Ingest:                                        # a Processor: synchronous, no I/O, no clock
        def process(self, batch: RecordBatch) -> Effects:
            return Effects(outputs=[Output("topic", 0, b"value", (("header", b"x"),))])

    async def tick(running: Running) -> None:            # a Periodic: every `seconds` beside the stream
        for topic, partition in running.owned():
            await running.deliver([Output(topic, partition, b"tick")])

    def main() -> NoReturn:                              # services/<name>/__main__.py
        settings = IngestSettings()                      # subclass of ServiceSettings
        configure_logs("ingest", settings.log_level)
        metrics = RuntimeMetrics("ingest", CollectorRegistry())   # add the service's own to metrics.registry
        run(build_app("ingest", settings, metrics, routes={"topic": shared(Ingest())}, periodic=[Periodic(1.0, tick)]))

A stateful service gives `table=CellTable(changelog_topic)` and an opener instead of `shared(...)`: it is called with an
`OwnedPartition(topic, partition, cells)` when the partition's cells are restored (`cells.get(key)`, `cells.items()`),
may be `async`, and returns the partition's `Processor`. `on_revoked(OwnedPartition)` says that it is gone. What a
processor returns in `Effects.changes` / `last_changes` is in `cells` when its next `process` is called. The offset
is committed only after every output and change was confirmed; a record may come again after a crash.

Exceptions in a processor or periodic task end the process at once, without committing. Importing this package starts
nothing, connects to nothing, and loads Faust only when `build_app` and what belongs to it is asked for: the command
line, which needs settings alone, stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.runtime.app import run, serve
    from services.runtime.cells import CellStore, CellTable, MemoryCells
    from services.runtime.exits import end_process
    from services.runtime.kafka.producer import KafkaProducer, OutputProducer, ProducerFailed
    from services.runtime.logs import configure as configure_logs
    from services.runtime.metrics import RuntimeMetrics
    from services.runtime.observability import ObservabilityServer, Report
    from services.runtime.partition import OwnedPartition
    from services.runtime.records import Change, Effects, Headers, Output, Processor, Record, RecordBatch
    from services.runtime.running import Running
    from services.runtime.settings import KafkaSettings, ServiceSettings
    from services.runtime.spec import Periodic, Spec, build_app, shared

_HOMES = {
    "CellStore": ("services.runtime.cells", "CellStore"),
    "CellTable": ("services.runtime.cells", "CellTable"),
    "Change": ("services.runtime.records", "Change"),
    "Effects": ("services.runtime.records", "Effects"),
    "Headers": ("services.runtime.records", "Headers"),
    "KafkaProducer": ("services.runtime.kafka.producer", "KafkaProducer"),
    "KafkaSettings": ("services.runtime.settings", "KafkaSettings"),
    "MemoryCells": ("services.runtime.cells", "MemoryCells"),
    "ObservabilityServer": ("services.runtime.observability", "ObservabilityServer"),
    "Output": ("services.runtime.records", "Output"),
    "OutputProducer": ("services.runtime.kafka.producer", "OutputProducer"),
    "OwnedPartition": ("services.runtime.partition", "OwnedPartition"),
    "Periodic": ("services.runtime.spec", "Periodic"),
    "Processor": ("services.runtime.records", "Processor"),
    "ProducerFailed": ("services.runtime.kafka.producer", "ProducerFailed"),
    "Record": ("services.runtime.records", "Record"),
    "RecordBatch": ("services.runtime.records", "RecordBatch"),
    "Report": ("services.runtime.observability", "Report"),
    "Running": ("services.runtime.running", "Running"),
    "RuntimeMetrics": ("services.runtime.metrics", "RuntimeMetrics"),
    "ServiceSettings": ("services.runtime.settings", "ServiceSettings"),
    "Spec": ("services.runtime.spec", "Spec"),
    "build_app": ("services.runtime.spec", "build_app"),
    "configure_logs": ("services.runtime.logs", "configure"),
    "end_process": ("services.runtime.exits", "end_process"),
    "run": ("services.runtime.app", "run"),
    "serve": ("services.runtime.app", "serve"),
    "shared": ("services.runtime.spec", "shared"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


__all__ = [
    "CellStore",
    "CellTable",
    "Change",
    "Effects",
    "Headers",
    "KafkaProducer",
    "KafkaSettings",
    "MemoryCells",
    "ObservabilityServer",
    "Output",
    "OutputProducer",
    "OwnedPartition",
    "Periodic",
    "Processor",
    "ProducerFailed",
    "Record",
    "RecordBatch",
    "Report",
    "Running",
    "RuntimeMetrics",
    "ServiceSettings",
    "Spec",
    "build_app",
    "configure_logs",
    "end_process",
    "run",
    "serve",
    "shared",
]
