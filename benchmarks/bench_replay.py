"""How fast a shop's whole history goes from its files into the views, everything on this machine.

Run: python benchmarks/bench_replay.py [DIR]. DIR has the Olist files; absent it, a simulated shop's orders are sent
instead. Starts an installation of its own in a temporary folder, on free ports, and stops it again. Three figures:
translating alone, sending until Kafka has confirmed all, and until the views hold everything.
"""

import os
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from random import Random

from services.cli.clickhouse.stored import Awaited, awaiting, wait_until_stored
from services.cli.clickhouse.views import ClickHouseViews
from services.cli.kafka.drain import KafkaGroups
from services.cli.kafka.sender import KafkaSender
from services.cli.local.settings import SERVICES, LocalSettings
from services.cli.local.stack import bring_up, take_down
from services.cli.replays import olist
from services.cli.replays.event import SentEvent, from_epoch_ms
from services.cli.replays.feeding import feed
from services.cli.replays.portions import portions
from services.cli.simulator.shop import merged, stories
from services.runtime.settings import KafkaSettings

ROOT = Path(__file__).parents[1]
JOURNEYS = 3000
SHOP = "replay-bench"
START_MS = 1_704_067_200_000


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data" / "olist"
    begin = time.perf_counter()
    events = _events(directory)
    encoded = sum(len(event.encoded()) for event in events)
    _show("translate and encode", len(events), time.perf_counter() - begin)
    print(f"  {encoded // len(events)} bytes an event")
    with tempfile.TemporaryDirectory() as home:
        _alone(Path(home))
        settings = LocalSettings()
        try:
            running = bring_up(settings, lambda _: None)
            os.environ |= {"KAFKA_BROKERS": running.brokers, "CLICKHOUSE_URL": running.clickhouse_url}
            _end_to_end(events)
        finally:
            take_down(settings, lambda _: None)


def _events(directory: Path) -> list[SentEvent]:
    if directory.is_dir():
        return list(olist.events(directory, SHOP))
    told = islice(stories(SHOP, "bench", from_epoch_ms(START_MS), 12.0, Random(1)), JOURNEYS)
    return list(merged(told))


def _end_to_end(events: list[SentEvent]) -> None:
    sender, cut = KafkaSender(KafkaSettings()), list(portions(events))
    begin = time.perf_counter()
    feed(sender, SHOP, cut, lambda count, tick_ms: None)
    _show("send, confirmed, with ticks", len(events), time.perf_counter() - begin)
    awaited = Awaited(SHOP, cut[-1].tick_ms, sender.partitions, sender.sent.offsets)
    wait_until_stored(awaiting(ClickHouseViews(), KafkaGroups(KafkaSettings()), awaited))
    _show("in the views, end to end", len(events), time.perf_counter() - begin)


def _alone(home: Path) -> None:
    """An installation of its own, whatever else runs here."""
    from deploy.local.kafka.process import free_port

    for name in ("KAFKA_BROKERS", "CLICKHOUSE_URL"):
        os.environ.pop(name, None)
    ports = ["KAFKA_PORT", "CLICKHOUSE_PORT", *(f"METRICS_PORT_{name.upper()}" for name in SERVICES)]
    os.environ |= {"WAYPOST_HOME": str(home)} | {f"WAYPOST_{name}": str(free_port()) for name in ports}


def _show(what: str, count: int, seconds: float) -> None:
    print(f"{what:30} {count:>8,} events {seconds:>8.2f} s {count / seconds:>10,.0f} events/s")


if __name__ == "__main__":
    main()
