"""Waits until what was sent shows in ClickHouse's views."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.cli.clickhouse.clocks import partition_clocks
from services.cli.clickhouse.views import Views, ViewsError

POLL_SECONDS = 0.25
STUCK_SECONDS = 120.0
"""How long nothing new may show before the wait gives up: a slow machine is no failure, a stuck one is."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What must show: an answer for all that was received so far, and rows as of this clock of the shop."""

    shop: str
    clock_ms: int
    partitions: int
    """Of the keyed topics: each journey partition has a clock of its own."""
    received_ms: Mapping[tuple[str, int], int]
    """The broker's timestamp of the last record in each (topic, partition)."""


@dataclass(frozen=True, slots=True)
class Missing:
    """How far the views are behind."""

    received_ms: int = 0
    """Time of receipt without answers, summed over the public partitions; one that was not heard counts from 1970."""
    clock_ms: int = 0
    """Time of the shop without rows, summed over the journey partitions."""
    example: str = ""

    def share_of(self, first: "Missing") -> float:
        """What part of what was missing at first is missing now, 0 to 1."""
        parts = [
            now / then for now, then in ((self.received_ms, first.received_ms), (self.clock_ms, first.clock_ms)) if then
        ]
        return min(1.0, sum(parts) / len(parts)) if parts else 0.0


class NotStoredError(Exception):
    """The views did not come this far in time: says what is missing."""


def wait_until_stored(
    views: Views, awaited: Awaited, stuck: float = STUCK_SECONDS, report: Callable[[float], None] = lambda _: None
) -> None:
    """Return once the views hold all of it; `report` hears the share that came since the start, 0 to 1.

    A ClickHouse that is away is waited for as the services do. Raises `NotStoredError`.
    """
    first = last = None
    problem, deadline = "", time.monotonic() + stuck
    while True:
        try:
            missing = missing_of(views, awaited)
        except ViewsError as error:
            problem = str(error)
        else:
            problem, first = missing.example, first or missing
            report(1.0 - missing.share_of(first))
            if not problem:
                return
            if missing != last:
                last, deadline = missing, time.monotonic() + stuck
        if time.monotonic() > deadline:
            raise NotStoredError(f"nothing new was stored for {stuck:.0f} s; {problem}")
        time.sleep(POLL_SECONDS)


def missing_of(views: Views, awaited: Awaited) -> Missing:
    """What the views do not show yet. Raises `ViewsError`."""
    clock = _clock_behind(views, awaited)
    if received := _received_behind(views, awaited):
        (topic, partition), _ = max(received.items(), key=lambda item: item[1])
        example = f"{topic}/{partition}, and {len(received) - 1} more, have positions without an answer"
        return Missing(sum(received.values()), clock, example)
    return Missing(0, clock, f"journeys of shop {awaited.shop} are not yet as of its last tick" if clock else "")


def _received_behind(views: Views, awaited: Awaited) -> dict[tuple[str, int], int]:
    query = "SELECT topic, partition, toUnixTimestamp64Milli(complete_until) FROM waypost.balance"
    complete = {(topic, partition): int(until or 0) for topic, partition, until in views.rows(query)}
    behind = {place: received - complete.get(place, 0) for place, received in awaited.received_ms.items()}
    return {place: span for place, span in behind.items() if span > 0}


def _clock_behind(views: Views, awaited: Awaited) -> int:
    clocks = partition_clocks(views, awaited.shop)
    return sum(max(0, awaited.clock_ms - clocks.get(partition, 0)) for partition in range(awaited.partitions))
