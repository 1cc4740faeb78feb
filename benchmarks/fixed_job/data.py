"""The job's data: made from a seed, sent in the order in which a shop would send it, repeats and disorder included."""

import json
from bisect import insort
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple
from zlib import crc32

PARTITIONS = 4
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPAN_MS = 8 * 3600_000
DISORDER_MS = 60_000
PAGE, CART, CHECKOUT, ORDER = "storefront.page.viewed", "cart.updated", "checkout.started", "order.placed"
REQUIRED = ("id", "source", "type", "time", "session_id")


class Sent(NamedTuple):
    """One event as it is sent."""

    partition: int
    value: bytes


def events(n: int, seed: int = 1) -> Iterator[Sent]:
    """`n` events of `n / 10` sessions, one in a hundred of them a repeat, and one more a partition that ends it."""
    rng, repeats = Random(seed), n // 100
    again: list[tuple[int, Sent]] = []  # (before which event, what)
    for number, (at_ms, session) in enumerate(moments(rng, n - repeats, n // 10)):
        while again and again[0][0] <= number:
            yield again.pop(0)[1]
        sent = Sent(crc32(session.encode()) % PARTITIONS, encoded(rng, number, at_ms, session))
        yield sent
        if number % 99 == 50 and repeats:
            repeats -= 1
            insort(again, (number + rng.randrange(1, max(2, n // 100)), sent))
    yield from (sent for _, sent in again)
    for partition in range(PARTITIONS):
        yield Sent(partition, ending(partition))


def moments(rng: Random, n: int, sessions: int) -> list[tuple[int, str]]:
    """(ms since the beginning, session) of `n` events in the order of time; few sessions have most of them."""
    weights = [1 / (rank + 10) for rank in range(sessions)]
    share = (n - sessions) / sum(weights)
    found = []
    for rank, weight in enumerate(weights):
        begin = rng.random() * SPAN_MS * 0.97
        found += [(at, f"s-{rank * 7919 % sessions:08d}") for at in visit_times(rng, begin, 1 + int(weight * share))]
    found += [(rng.randrange(SPAN_MS), f"s-{rng.randrange(sessions):08d}") for _ in range(n - len(found))]
    return sorted(found)


def visit_times(rng: Random, begin: float, n: int) -> Iterator[int]:
    """Two minutes from one event to the next on average, less for the busy, and now and then a long pause."""
    pause, at = min(120_000.0, (SPAN_MS - begin) / n), begin
    for _ in range(n):
        yield int(at)
        at += rng.expovariate(1 / pause)
        if pause == 120_000 and rng.random() < 0.03:
            at += rng.uniform(10, 60) * 60_000
        if at > SPAN_MS:
            at = rng.uniform(begin, SPAN_MS)


def encoded(rng: Random, number: int, at_ms: int, session: str) -> bytes:
    """One event; one in fifty is out of order, and one in two thousand lacks something."""
    kind, luck = PAGE, rng.random()
    if luck >= 0.8:
        kind = CART if luck < 0.92 else CHECKOUT if luck < 0.97 else ORDER
    if rng.random() < 0.02:
        at_ms -= rng.randrange(1, DISORDER_MS)
    data = {
        "session_id": session,
        "customer_id": f"c-{crc32(session.encode()) % 1_000_003:07d}",
        "url": f"/p/{rng.randrange(100_000):05d}",
        "cart_value": rng.randrange(100, 99_999) / 100,
        "currency": "EUR",
    }
    event = {
        "specversion": "1.0",
        "id": f"evt-{number:012d}",
        "source": f"/storefront/web-eu-{number % 3}",
        "type": kind,
        "time": instant(at_ms),
        "datacontenttype": "application/json",
        "data": data,
    }
    if number % 2_000 == 1_000:
        lacking = REQUIRED[number // 2_000 % len(REQUIRED)]
        (data if lacking == "session_id" else event).pop(lacking)
    return json.dumps(event, separators=(",", ":")).encode()


def ending(partition: int) -> bytes:
    """A page view long after everything else."""
    name = f"end-{partition}"
    event = {"id": name, "source": "/end", "type": PAGE, "time": instant(2 * SPAN_MS), "data": {"session_id": name}}
    return json.dumps(event).encode()


def instant(ms: int) -> str:
    """RFC 3339, to the millisecond."""
    return (BEGIN + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
