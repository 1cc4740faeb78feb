"""One worker that reads the public topic to its end and says what that took: ingest, or a stock Faust agent.

Run: python -m benchmarks.ingest_worker MODE EVENTS EVENTS_A_MESSAGE TURN, against the broker at $KAFKA_BROKERS.
"""

import json
import os
import sys
import time
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry

from schemas.topics import PUBLIC
from services.ingest.metrics import IngestMetrics
from services.ingest.processor import Ingest
from services.runtime.config import load_shops
from services.runtime.records import RecordBatch

TOPIC = PUBLIC[0].name
PARTITIONS = 4


class Watch:
    """Reports and ends the process when all events are done."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._seen = 0
        self._began = self._cpu = 0.0

    def begin(self) -> None:
        if not self._began:
            self._began, self._cpu = time.perf_counter(), time.process_time()

    def done(self, events: int) -> None:
        self._seen += events
        if self._seen >= self._wanted:
            seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
            os.write(1, json.dumps({"events": self._seen, "seconds": seconds, "cpu": cpu}).encode())
            os._exit(0)  # a stock worker takes its time to stop, and keeps what is printed for its log


def run_ingest(count: int, per: int, turn: int) -> None:
    from services.ingest.settings import IngestSettings
    from services.runtime import RuntimeMetrics, build_app, configure_logs, run, shared

    watch, metrics = Watch(count), RuntimeMetrics("ingest", CollectorRegistry())
    ingest = Ingest(load_shops(), PARTITIONS, IngestMetrics(metrics.registry))

    class Watched:
        """Ingest, with the time of its first batch."""

        def process(self, batch: RecordBatch):  # type: ignore[no-untyped-def]
            watch.begin()
            return ingest.process(batch)

    def acked(point: str, batch: RecordBatch) -> None:
        if point == "acked":
            watch.done(len(batch.records) * per)

    configure_logs("bench", "ERROR")
    run(build_app(f"ingest-{turn}", IngestSettings(), metrics, {TOPIC: shared(Watched())}, faults=acked))


def run_stock(count: int, per: int, mode: str, turn: int) -> None:
    if "orjson" not in mode:
        sys.modules["orjson"] = None  # type: ignore[assignment]  # as if it were not installed
    import faust

    watch = Watch(count)
    app = faust.App(
        f"{mode.replace(' ', '-').replace(',', '')}-{turn}",
        broker=f"kafka://{os.environ['KAFKA_BROKERS']}",
        store="memory://",
        datadir=os.environ["WAYPOST_HOME"] + "/stock",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
    )

    class Event(faust.Record, coerce=True, serializer="json"):
        specversion: str
        id: str
        source: str
        type: str
        time: datetime
        data: dict[str, Any]
        shop: str | None = None

    async def decode(stream):  # type: ignore[no-untyped-def]
        async for found in stream:
            watch.begin()
            watch.done(len(found) if isinstance(found, list) else 1)

    async def decode_records(stream):  # type: ignore[no-untyped-def]
        async for found in stream:
            watch.begin()
            events = [Event.from_data(one) for one in found] if isinstance(found, list) else [found]
            assert type(events[0].time) is datetime
            watch.done(len(events))

    if "records" not in mode:
        app.agent(app.topic(TOPIC))(decode)
    elif per > 1:
        app.agent(app.topic(TOPIC))(decode_records)
    else:
        app.agent(app.topic(TOPIC, value_type=Event))(decode_records)
    sys.argv = ["bench", "worker", "-l", "error"]
    app.main()


if __name__ == "__main__":
    wanted, per_message, own_turn = map(int, sys.argv[2:5])
    if sys.argv[1] == "ingest":
        run_ingest(wanted, per_message, own_turn)
    else:
        run_stock(wanted, per_message, sys.argv[1], own_turn)
