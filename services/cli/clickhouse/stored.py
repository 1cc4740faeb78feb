"""Waits until what was sent shows in ClickHouse's views."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from services.cli.clickhouse.clocks import partition_clocks
from services.cli.clickhouse.views import Views, ViewsError
from services.cli.kafka.drain import DrainError, Groups, passing

POLL_SECONDS = 0.25
STUCK_SECONDS = 120.0
"""How long nothing may move before the wait gives up: a slow machine is no failure, a stuck one is."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What must show: an answer for every position up to these offsets, and rows as of this clock of the shop."""

    shop: str
    clock_ms: int
    partitions: int
    """Of the keyed topics: each journey partition has a clock of its own."""
    offsets: Mapping[tuple[str, int], int]


class NotStoredError(Exception):
    """The views did not come this far in time: says what is missing."""


def wait_until_stored(
    awaiting: Iterator[str],
    stuck: float = STUCK_SECONDS,
    report: Callable[[str], None] = lambda _: None,
    rest: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Return once nothing is awaited; `report` hears what is. Raises `NotStoredError` when that stays the same."""
    last, deadline = "", now() + stuck
    try:
        for missing in awaiting:
            if missing != last:
                last, deadline = missing, now() + stuck
                report(missing)
            if now() > deadline:
                raise NotStoredError(f"nothing has moved for {stuck:.0f} s: {missing}")
            rest(POLL_SECONDS)
    except DrainError as error:
        raise NotStoredError(str(error)) from error


def awaiting(views: Views, groups: Groups, awaited: Awaited) -> Iterator[str]:
    """Each look yields what is still awaited; it ends when the views hold all that was sent before the first look.

    First everything passes the services; then the views have the last word. A ClickHouse that is away is waited for.
    """
    yield from passing(groups)
    for behind in (_answers_behind, _clock_behind):
        while True:
            try:
                missing = behind(views, awaited)
            except ViewsError as error:
                missing = str(error)
            if not missing:
                break
            yield missing


def _answers_behind(views: Views, awaited: Awaited) -> str:
    rows = views.rows("SELECT topic, partition, complete_offset FROM waypost.balance")
    complete = {(topic, partition): int(until) for topic, partition, until in rows}
    behind = {place: offset + 1 - complete.get(place, 0) for place, offset in awaited.offsets.items()}
    missing = {place: count for place, count in behind.items() if count > 0}
    if not missing:
        return ""
    (topic, partition), _ = max(missing.items(), key=lambda item: item[1])
    return f"{sum(missing.values()):,} records have no answer yet, most of {topic}/{partition}"


def _clock_behind(views: Views, awaited: Awaited) -> str:
    clocks = partition_clocks(views, awaited.shop)
    late = [number for number in range(awaited.partitions) if clocks.get(number, -1) < awaited.clock_ms]
    return f"{len(late)} partitions of journey are not yet at the last tick of shop {awaited.shop}" if late else ""
