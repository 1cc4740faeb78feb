"""All metrics of journey."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge


class JourneyMetrics:
    """What the core did, and how its clocks stand; a shop's clock is labelled `live` or `replay`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter("waypost_journey_events_total", "Events applied, repeats included.", registry=registry)
        self.news = Counter("waypost_journey_news_total", "Events that told something new.", registry=registry)
        self.letters = Counter(
            "waypost_journey_letters_total", "Messages from cell to cell, applied.", registry=registry
        )
        self.skipped = Counter(
            "waypost_journey_skipped_total", "Items that a cell had seen before a restart.", registry=registry
        )
        self.rows = Counter("waypost_journey_rows_total", "Rows published.", registry=registry)
        self.cut = Counter(
            "waypost_journey_cut_total",
            "Facts, touches and entities forgotten because one entity or person had too many.",
            registry=registry,
        )
        self.diagnoses = Counter("waypost_journey_diagnoses_total", "Persons looked at.", registry=registry)
        self.clock = Gauge(
            "waypost_journey_clock_timestamp_seconds",
            "The live clock as this partition knows it: what was not heard by then has not happened.",
            ["partition"],
            registry=registry,
        )
        self.held_back_by = Gauge(
            "waypost_journey_clock_held_back_by",
            "1 for the public partition that holds the live clock of a journey partition back.",
            ["partition", "origin"],
            registry=registry,
        )
        self.unseen = Gauge(
            "waypost_journey_rules_unseen_cells",
            "Cells that are still to be looked at under changed rules.",
            ["partition"],
            registry=registry,
        )
        self._holders: dict[str, str] = {}

    def hold_back(self, partition: str, origin: str) -> None:
        """Name the one origin that holds the clock back, "" for none."""
        before = self._holders.get(partition, "")
        if before and before != origin:
            self.held_back_by.remove(partition, before)
        if origin:
            self.held_back_by.labels(partition, origin).set(1)
        self._holders[partition] = origin

    def forget(self, partition: str) -> None:
        """Show the clock of a partition no more: it is another worker's."""
        self.hold_back(partition, "")
        self.clock.remove(partition)
        self.unseen.remove(partition)

    def add(self, counts: Mapping[str, int]) -> None:
        """Count what a group has done."""
        for name, count in counts.items():
            getattr(self, name).inc(count)
