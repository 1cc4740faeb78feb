"""What the edge costs per event, beside what any decoder of the same bytes costs.

Run: python benchmarks/bench_decode.py. CPU times are the best of several rounds in one process, so that their ratios
hold on any machine: `orjson.loads` alone, `orjson.loads` and the event model, and `read` with all it does (attributes,
data, aliases, shop, clock), for messages of one event and for arrays of 500.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson

from schemas.contract import Event, read
from schemas.events import EVENT_TYPES
from schemas.golden.example_events import TIME, full
from schemas.instants import microseconds, read_instant
from schemas.shops import Shops
from services.runtime.config import load_shops

ROOT = Path(__file__).parents[1]
ARRAY = 500
ROUNDS = 7
RECEIVED_MS = microseconds(read_instant(TIME)) // 1_000
MIX = {
    "storefront.page.viewed": 50,
    "storefront.product.viewed": 15,
    "storefront.cart.updated": 5,
    "storefront.checkout.started": 3,
    "storefront.checkout.step_completed": 6,
    "storefront.order.placed": 3,
    "storefront.order.approved": 3,
    "logistics.parcel.registered": 3,
    "logistics.parcel.scanned": 10,
    "logistics.parcel.delivered": 2,
}
"""A shop's ordinary day, in hundredths."""


def main() -> None:
    shops = load_shops(ROOT / "config")
    day = [event for name, share in MIX.items() for event in [full(name)] * share]
    events = [{**day[number % len(day)], "id": str(number)} for number in range(5_000)]
    singles = [json.dumps(event, separators=(",", ":")).encode() for event in events]
    arrays = [b"[" + b",".join(singles[at : at + ARRAY]) + b"]" for at in range(0, len(singles), ARRAY)]
    print(f"{len(singles)} events of {sum(map(len, singles)) // len(singles)} bytes; µs per event, best of {ROUNDS}")
    for kind, messages in (("single events", singles), (f"arrays of {ARRAY}", arrays)):
        baseline = _best(_loads, messages)
        _show(kind, "orjson.loads", baseline, baseline)
        _show(kind, "orjson.loads + model", _best(_models, messages), baseline)
        _show(kind, "read", _best(partial(_read, shops=shops), messages), baseline)


def _loads(messages: list[bytes]) -> None:
    for value in messages:
        orjson.loads(value)


def _models(messages: list[bytes]) -> None:
    for value in messages:
        found = orjson.loads(value)
        for event in found if isinstance(found, list) else [found]:
            EVENT_TYPES[event["type"]].model_validate(event["data"])


def _read(messages: list[bytes], shops: Shops) -> None:
    for value in messages:
        for answer in read(value, (), RECEIVED_MS, shops):
            assert type(answer) is Event


def _best(work: Callable[[list[bytes]], None], messages: list[bytes]) -> float:
    """The least time that a round took, in µs per event."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work(messages)
        times.append(time.process_time() - started)
    return min(times) / 5_000 * 1e6


def _show(kind: str, what: str, cost: float, baseline: float) -> None:
    print(f"{kind:<16}{what:<22}{cost:>7.2f} µs{1e6 / cost:>12,.0f} events/s{cost / baseline:>7.1f} x")


if __name__ == "__main__":
    main()
