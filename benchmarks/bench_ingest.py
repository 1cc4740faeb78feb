"""What ingest costs per event, beside a stock Faust agent that only decodes the same messages.

Run: python benchmarks/bench_ingest.py [events [rounds]]. First the processor alone, without Kafka: CPU time of
`process`, and of `json.loads` and `orjson.loads` over the same bytes. Then whole workers on a broker of its own, each
reading the same topic of four partitions from its beginning, with a consumer group of its own, taking turns for so
many rounds; the medians count, and of ratios the medians of those of one round:

- `ingest`: this service: answers every event, routes it, confirms what it wrote, commits.
- `stock Faust`: an agent with Faust's own JSON codec that counts events and does nothing else; with the standard
  library's decoder, as Faust is installed by default, and with orjson. It checks nothing: what it hands on is dicts.
- `stock Faust, records`: the same, standard library, into Faust's typed records (`faust.Record` with the attributes
  of an event, its time read as a datetime, its data left a dict), which is what a Faust application works with; of an
  array the agent makes them itself, one by one.

Wall time runs from the first message taken to the last one done; CPU is the worker's, all its threads, user and
system. Broker and workers share the machine. Then light load: 200 single events a second for ten seconds, and how long
after the broker received each it had what ingest made of it, by its own timestamps.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from statistics import median

import orjson
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_decode import MIX
from benchmarks.ingest_light import light
from benchmarks.ingest_worker import PARTITIONS, TOPIC
from schemas.golden.example_events import full
from schemas.topics import INGEST_REJECTED, JOURNEY_EVENTS, PUBLIC
from services.ingest.metrics import IngestMetrics
from services.ingest.processor import Ingest
from services.runtime.config import load_shops
from services.runtime.kafka.admin import TopicAdmin
from services.runtime.records import Record, RecordBatch
from services.runtime.settings import KafkaSettings

ROOT = Path(__file__).resolve().parents[1]
ARRAY = 500
GROUP = 500
"""Records in a batch that ingest takes at once; an array of 500 events fills a group alone."""

APART = timedelta(milliseconds=20)
"""Between two events: an array is filled in ten seconds."""

ROUNDS = 20
MODES = ("ingest", "stock Faust", "stock Faust, orjson", "stock Faust, records")


def main(n: int = 100_000, rounds: int = 3) -> None:
    events = day(5_000, datetime.now(UTC))
    print(f"{len(events):,} events of {sum(map(len, events)) // len(events)} bytes; CPU, best of {ROUNDS} rounds")
    for what, messages, group in (("single events", events, GROUP), (f"arrays of {ARRAY}", arrays(events), 1)):
        alone(what, messages, group, len(events))
    from deploy.local.kafka.process import start

    with tempfile.TemporaryDirectory(prefix="waypost-bench-") as folder:
        for messages, per, count in ((arrays(events), ARRAY, n), (events, 1, n // 4)):
            with start(Path(folder) / str(per)) as broker:
                fill(broker.bootstrap, messages, count // per)
                print(f"{count:,} events in messages of {per}, one worker, {rounds} rounds", flush=True)
                compare(broker.bootstrap, folder, per, count, rounds)
        with start(Path(folder) / "light") as broker:
            fill(broker.bootstrap, events, 0)
            light(broker.bootstrap, environment(broker.bootstrap, folder), events)


def day(count: int, begin: datetime) -> list[bytes]:
    """A shop's ordinary day of storefront and parcel events, each with a name and an instant of its own.

    They begin now: events that come months late go a longer way, as they seldom do.
    """
    shapes = [event for name, share in MIX.items() for event in [full(name)] * share]
    times = [(begin + number * APART).isoformat(timespec="milliseconds") for number in range(count)]
    found = [{**shapes[at % len(shapes)], "id": str(at), "time": time} for at, time in enumerate(times)]
    return [json.dumps(event, separators=(",", ":")).encode() for event in found]


def arrays(events: list[bytes]) -> list[bytes]:
    return [b"[" + b",".join(events[at : at + ARRAY]) + b"]" for at in range(0, len(events), ARRAY)]


def alone(kind: str, messages: list[bytes], group: int, events: int) -> None:
    ingest = Ingest(load_shops(ROOT / "config"), PARTITIONS, IngestMetrics(CollectorRegistry()))
    received_ms = time.time_ns() // 1_000_000
    records = [Record(offset, received_ms, None, value, ()) for offset, value in enumerate(messages)]
    groups = [records[at : at + group] for at in range(0, len(records), group)]
    batches = [RecordBatch(TOPIC, 0, found[0].offset, found) for found in groups]

    def process() -> None:
        for batch in batches:
            ingest.process(batch)

    def loads(decode: Callable[[bytes], object]) -> Callable[[], None]:
        """What was read of a message is let go before the next, as an agent does."""
        return lambda: deque(map(decode, messages), maxlen=0).clear()

    work = {"json.loads": loads(json.loads), "orjson.loads": loads(orjson.loads), "process": process}
    found = best(work, events)
    for what, cost in found.items():
        ratio = cost / found["json.loads"]
        print(f"{kind:<16}{what:<22}{cost:>7.2f} µs{1e6 / cost:>12,.0f} events/s{ratio:>7.2f} x json.loads")


def best(work: dict[str, Callable[[], None]], events: int) -> dict[str, float]:
    """The least CPU time that a round of each took, in µs per event.

    They take turns, so that none has the machine's quiet moments alone; each runs twice and the second run counts, as
    in a worker that does nothing else.
    """
    found: dict[str, list[float]] = {what: [] for what in work}
    for _ in range(ROUNDS):
        for what, one in work.items():
            gc.collect()
            one()
            began = time.process_time()
            one()
            found[what].append(time.process_time() - began)
    return {what: min(costs) / events * 1e6 for what, costs in found.items()}


def fill(bootstrap: str, messages: list[bytes], count: int) -> None:
    """`count` messages, in every partition's turn."""
    with TopicAdmin(KafkaSettings(brokers=(bootstrap,))) as admin:
        admin.create((*PUBLIC, JOURNEY_EVENTS, INGEST_REJECTED), PARTITIONS, 1)
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "compression.type": "lz4"})
    for number, message in zip(range(count), cycle(messages), strict=False):
        while True:
            try:
                producer.produce(TOPIC, message, partition=number % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def compare(bootstrap: str, folder: str, per: int, count: int, rounds: int) -> None:
    found = [{mode: measure(mode, bootstrap, folder, per, count, turn) for mode in MODES} for turn in range(rounds)]
    for mode in MODES:
        speed = median(turn[mode]["events"] / turn[mode]["seconds"] for turn in found)
        cpu = median(turn[mode]["cpu"] / turn[mode]["events"] * 1e6 for turn in found)
        more = median(turn["ingest"]["seconds"] / turn[mode]["seconds"] for turn in found)
        cost = median(turn["ingest"]["cpu"] / turn[mode]["cpu"] for turn in found)
        print(
            f"  {mode:<22}{speed:>10,.0f} events/s {cpu:>6.1f} µs of CPU an event;"
            f" ingest takes {more:.2f} x its time, {cost:.2f} x its CPU",
            flush=True,
        )


def measure(mode: str, bootstrap: str, folder: str, per: int, count: int, turn: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.ingest_worker", mode, str(count), str(per), str(turn)]
    done = subprocess.run(
        command,
        env=environment(bootstrap, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=180,
    )
    return dict(json.loads(done.stdout[done.stdout.rindex(b"{") :]))


def environment(bootstrap: str, folder: str) -> dict[str, str]:
    return {
        **os.environ,
        "KAFKA_BROKERS": bootstrap,
        "WAYPOST_HOME": folder,
        "WAYPOST_CONFIG": str(ROOT / "config"),
        "WAYPOST_PARTITIONS": str(PARTITIONS),
        "PYTHONPATH": str(ROOT),
    }


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
