"""What ingest costs per event, beside a stock Faust agent that only decodes the same messages.

Run: python benchmarks/bench_ingest.py [events]. First the processor alone, without Kafka: CPU time of `process`, and of
`json.loads` and `orjson.loads` over the same bytes. Then whole workers on a broker of its own, each reading the same
topic of four partitions from its beginning, one after the other:

- `ingest`: this service: answers every event, routes it, confirms what it wrote, commits.
- `stock Faust`: an agent with Faust's own JSON codec that counts events and does nothing else; with the standard
  library's decoder, as Faust is installed by default, and with orjson.

Wall time runs from the first message taken to the last one done; CPU is the worker's, user and system.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_decode import MIX, RECEIVED_MS
from schemas.golden.example_events import full
from schemas.topics import INGEST_REJECTED, JOURNEY_EVENTS, PUBLIC
from services.ingest.metrics import IngestMetrics
from services.ingest.processor import Ingest
from services.runtime.config import load_shops
from services.runtime.kafka.admin import TopicAdmin
from services.runtime.records import Record, RecordBatch
from services.runtime.settings import KafkaSettings

ROOT = Path(__file__).resolve().parents[1]
TOPIC = PUBLIC[0].name
PARTITIONS = 4
ARRAY = 500
GROUP = 500
"""Records in a batch that ingest takes at once; an array of 500 events fills a group alone."""

ROUNDS = 5
MODES = ("ingest", "stock Faust", "stock Faust, orjson")


def main(n: int = 100_000) -> None:
    events = day(5_000)
    print(f"{len(events):,} events of {sum(map(len, events)) // len(events)} bytes; CPU, best of {ROUNDS} rounds")
    for kind, messages, group in (("single events", events, GROUP), (f"arrays of {ARRAY}", arrays(events), 1)):
        alone(kind, messages, group, len(events))
    from deploy.local.kafka.process import start

    with tempfile.TemporaryDirectory(prefix="waypost-bench-") as folder:
        for kind, messages, count in (("arrays", arrays(events), n), ("single", events, n // 4)):
            with start(Path(folder) / kind) as broker:
                fill(broker.bootstrap, messages, count)
                print(f"{count:,} events in {'arrays of 500' if kind == 'arrays' else 'messages of one'}, one worker")
                for mode in MODES:
                    show(f"{kind}: {mode}", measure(mode, broker.bootstrap, folder, count))


def day(count: int) -> list[bytes]:
    """A shop's ordinary day of storefront and parcel events, each with a name of its own."""
    shapes = [event for name, share in MIX.items() for event in [full(name)] * share]
    found = [{**shapes[number % len(shapes)], "id": str(number)} for number in range(count)]
    return [json.dumps(event, separators=(",", ":")).encode() for event in found]


def arrays(events: list[bytes]) -> list[bytes]:
    return [b"[" + b",".join(events[at : at + ARRAY]) + b"]" for at in range(0, len(events), ARRAY)]


# -- the processor alone


def alone(kind: str, messages: list[bytes], group: int, events: int) -> None:
    ingest = Ingest(load_shops(ROOT / "config"), PARTITIONS, IngestMetrics(CollectorRegistry()))
    records = [Record(offset, RECEIVED_MS, None, value, ()) for offset, value in enumerate(messages)]
    groups = [records[at : at + group] for at in range(0, len(records), group)]
    batches = [RecordBatch(TOPIC, 0, found[0].offset, found) for found in groups]

    def process() -> None:
        for batch in batches:
            ingest.process(batch)

    def loads(decode: Callable[[bytes], object]) -> Callable[[], None]:
        return lambda: [decode(value) for value in messages].clear()

    baseline = best(loads(json.loads), events)
    for what, cost in (
        ("json.loads", baseline),
        ("orjson.loads", best(loads(orjson.loads), events)),
        ("process", best(process, events)),
    ):
        print(f"{kind:<16}{what:<22}{cost:>7.2f} µs{1e6 / cost:>12,.0f} events/s{cost / baseline:>7.2f} x json.loads")


def best(work: Callable[[], None], events: int) -> float:
    """The least CPU time that a round took, in µs per event."""
    found = []
    for _ in range(ROUNDS):
        gc.collect()
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found) / events * 1e6


# -- whole workers


def fill(bootstrap: str, messages: list[bytes], count: int) -> None:
    """`count` events in every topic partition's turn."""
    with TopicAdmin(KafkaSettings(brokers=(bootstrap,))) as admin:
        admin.create((*PUBLIC, JOURNEY_EVENTS, INGEST_REJECTED), PARTITIONS, 1)
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "compression.type": "lz4"})
    size = ARRAY if len(messages[0]) > 10_000 else 1
    for number in range(count // size):
        while True:
            try:
                producer.produce(TOPIC, messages[number % len(messages)], partition=number % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def measure(mode: str, bootstrap: str, folder: str, count: int) -> dict[str, float]:
    environment = {
        **os.environ,
        "KAFKA_BROKERS": bootstrap,
        "WAYPOST_HOME": folder,
        "WAYPOST_CONFIG": str(ROOT / "config"),
        "WAYPOST_PARTITIONS": str(PARTITIONS),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, __file__, "worker", mode, str(count)]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=120
    )
    return dict(json.loads(done.stdout[done.stdout.rindex(b"{") :]))


def show(mode: str, found: dict[str, float]) -> None:
    print(
        f"  {mode:<30}{found['events'] / found['seconds']:>10,.0f} events/s   "
        f"{found['cpu'] / found['events'] * 1e6:>6.1f} µs of CPU an event",
        flush=True,
    )


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


def run_ingest(count: int) -> None:
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
            arrays_of = ARRAY if len(batch.records[0].value or b"") > 10_000 else 1
            watch.done(len(batch.records) * arrays_of)

    configure_logs("bench", "ERROR")
    run(build_app("ingest", IngestSettings(), metrics, {TOPIC: shared(Watched())}, faults=acked))


def run_stock(count: int, mode: str) -> None:
    if "orjson" not in mode:
        sys.modules["orjson"] = None  # type: ignore[assignment]  # as if it were not installed
    import faust

    watch = Watch(count)
    app = faust.App(
        mode.replace(" ", "-").replace(",", ""),
        broker=f"kafka://{os.environ['KAFKA_BROKERS']}",
        store="memory://",
        datadir=os.environ["WAYPOST_HOME"] + "/stock",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
    )

    async def decode(stream):  # type: ignore[no-untyped-def]
        async for found in stream:
            watch.begin()
            watch.done(len(found) if isinstance(found, list) else 1)

    app.agent(app.topic(TOPIC))(decode)
    sys.argv = ["bench", "worker", "-l", "error"]
    app.main()


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        wanted = int(sys.argv[3])
        if sys.argv[2] == "ingest":
            run_ingest(wanted)
        else:
            run_stock(wanted, sys.argv[2])
    else:
        main(*map(int, sys.argv[1:2]))
