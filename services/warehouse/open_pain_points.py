"""How many pain points are open, asked of the view now and then, beside the loop and without a hold on it."""

import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread

from clickhouse_driver import Client, errors

from services.runtime.clickhouse.insert import first_line
from services.warehouse.domain.kinds import counted
from services.warehouse.metrics import WarehouseMetrics

EVERY_SECONDS = 15.0
QUERY = "SELECT kind, count() FROM waypost.pain_points WHERE status = 'open' GROUP BY kind"
LIMITS = {"max_execution_time": 10, "max_threads": 1}
"""The view is not worth the engine's haste."""

Counts = Sequence[tuple[str, int]]
log = logging.getLogger("waypost.warehouse.open_pain_points")


class UnknownError(Exception):
    """ClickHouse does not say."""


def ask(client: Client) -> Counts:
    """Open pain points by kind. Raises `UnknownError`."""
    try:
        found: Counts = client.execute(QUERY, settings=LIMITS)
    except (errors.Error, EOFError, OSError) as error:
        client.disconnect()
        raise UnknownError(first_line(error)) from error
    return found


class OpenPainPoints:
    """Keeps the gauge; while ClickHouse does not say, there is none rather than an old one."""

    def __init__(self, ask: Callable[[], Counts], metrics: WarehouseMetrics) -> None:
        """`ask` may take its time and raises `UnknownError`."""
        self._ask = ask
        self._gauge = metrics.open_pain_points
        self._stopping = Event()
        self._known = True

    def start(self) -> None:
        """Ask until `stop`, in a thread that holds up no exit."""
        Thread(target=self._run, name="open-pain-points", daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()

    def measure(self) -> None:
        """Ask once."""
        try:
            counts = counted(self._ask())
        except UnknownError as error:
            self._gauge.clear()
            if self._known:
                log.info("open pain points are not known", extra={"where": {"error": str(error)}})
            self._known = False
            return
        self._known = True
        for kind, count in counts.items():
            self._gauge.labels(kind).set(count)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.measure()
            self._stopping.wait(EVERY_SECONDS)
