"""When has everything passed? A fake line whose services move only when they are told to."""

from collections.abc import Iterable, Sequence

from schemas.topics import JOURNEY_CHANGES, JOURNEY_EVENTS, STOREFRONT_EVENTS
from services.cli.kafka.drain import LINE, Leg, Offsets, passing

INGEST = Leg("ingest", (STOREFRONT_EVENTS,))
JOURNEY = Leg("journey", (JOURNEY_EVENTS,))
WAREHOUSE = Leg("warehouse", (JOURNEY_EVENTS, JOURNEY_CHANGES))


class FakeLine:
    """Topics of one partition; each service writes one record for each that it reads."""

    def __init__(self) -> None:
        self.end = {STOREFRONT_EVENTS.name: 0, JOURNEY_EVENTS.name: 0, JOURNEY_CHANGES.name: 0}
        self.done: dict[tuple[str, str], int] = {}
        self.questions = 0

    def ends(self, topics: Sequence[str]) -> Offsets:
        return {(topic, 0): self.end[topic] for topic in topics}

    def committed(self, group: str, places: Iterable[tuple[str, int]]) -> Offsets:
        self.questions += 1
        return {(topic, p): self.done.get((group, topic), 0) for topic, p in places}

    def read(self, group: str, topic: str, writes: str = "") -> None:
        read = self.end[topic] - self.done.get((group, topic), 0)
        self.done[group, topic] = self.end[topic]
        if writes:
            self.end[writes] += read


def test_an_idle_line_is_passed_at_once() -> None:
    assert list(passing(FakeLine(), [INGEST, JOURNEY, WAREHOUSE])) == []


def test_each_service_is_awaited_for_what_the_one_before_it_wrote() -> None:
    line = FakeLine()
    line.end[STOREFRONT_EVENTS.name] = 3
    looks = passing(line, [INGEST, JOURNEY, WAREHOUSE])

    assert next(looks) == "ingest has 3 records to go"
    line.read("waypost-ingest", STOREFRONT_EVENTS.name, JOURNEY_EVENTS.name)
    assert next(looks) == "journey has 3 records to go"
    line.read("waypost-journey", JOURNEY_EVENTS.name, JOURNEY_CHANGES.name)
    assert next(looks) == "warehouse has 6 records to go"
    line.read("waypost-warehouse", JOURNEY_EVENTS.name)
    assert next(looks) == "warehouse has 3 records to go"
    line.read("waypost-warehouse", JOURNEY_CHANGES.name)
    assert list(looks) == []


def test_what_is_sent_later_is_not_waited_for() -> None:
    line = FakeLine()
    line.end[STOREFRONT_EVENTS.name] = 1
    looks = passing(line, [INGEST])
    assert next(looks) == "ingest has 1 records to go"
    line.read("waypost-ingest", STOREFRONT_EVENTS.name)
    line.end[STOREFRONT_EVENTS.name] = 100
    assert list(looks) == []


def test_letters_between_cells_are_followed_hop_by_hop() -> None:
    line = FakeLine()
    line.end[JOURNEY_EVENTS.name] = 2
    looks = passing(line, [JOURNEY, JOURNEY])
    assert next(looks) == "journey has 2 records to go"
    line.read("waypost-journey", JOURNEY_EVENTS.name)
    line.end[JOURNEY_EVENTS.name] += 1  # the letter that the second brought about
    assert next(looks) == "journey has 1 records to go"
    line.read("waypost-journey", JOURNEY_EVENTS.name)
    assert list(looks) == []


def test_the_line_goes_through_every_service_on_the_way_to_the_views() -> None:
    services = [leg.service for leg in LINE]
    assert services[0] == "ingest"
    assert set(services[1:-1]) == {"journey"}
    assert services[-1] == "warehouse"
