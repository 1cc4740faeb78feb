"""What a partition has to say to others, gathered until it is made durable."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from schemas import wire
from schemas.aliases import partition_of
from schemas.rows import AnyRow, PainPointRow
from schemas.topics import JOURNEY_EVENTS
from schemas.wire import Tick
from services.journey.domain.letters import AnyLetter


@dataclass(frozen=True, slots=True)
class Place:
    """Which partition this is, of how many, and in which run (a rebuild raises it)."""

    number: int
    partitions: int
    run: int = 0


@dataclass(slots=True)
class Counts:
    """What a partition has done since they were last taken, for metrics."""

    events: int = 0
    news: int = 0
    letters: int = 0
    rows: int = 0
    skipped: int = 0
    diagnoses: int = 0
    cut: int = 0  # facts, touches and units that were too many

    def take(self) -> dict[str, int]:
        """The counts by name, and begin again."""
        taken = asdict(self)
        for name in taken:
            setattr(self, name, 0)
        return taken


@dataclass(slots=True)
class Outbox:
    """What messages have brought about, in the order in which it must become durable."""

    letters: dict[int, list[bytes]] = field(default_factory=dict)  # packed letters by partition
    rows: list[bytes] = field(default_factory=list)
    pains: list[bytes] = field(default_factory=list)
    tick: dict[int, dict[str, int]] = field(default_factory=dict)  # round -> clock -> ms, behind all of the above
    cells: dict[bytes, bytes | None] = field(default_factory=dict)
    silences: dict[bytes, bytes | None] = field(default_factory=dict)  # behind all cells
    clocks: bytes | None = None  # behind the silences
    rules: bytes | None = None  # to be announced in this partition's own log

    def write(self, letter: AnyLetter, partitions: int) -> None:
        """To the cell that the letter names."""
        self.write_in(partition_of(letter.to, partitions), letter)

    def write_to_all(self, letter: AnyLetter, partitions: int) -> None:
        """To every partition."""
        for partition in range(partitions):
            self.write_in(partition, letter)

    def write_in(self, partition: int, letter: AnyLetter) -> None:
        """To one partition, wherever the letter's cell lives."""
        self.letters.setdefault(partition, []).append(wire.pack_item(letter))

    def publish(self, rows: Iterable[AnyRow], pains: Iterable[PainPointRow]) -> None:
        """Rows and pain points, in order."""
        self.rows += map(wire.pack_item, rows)
        self.pains += map(wire.pack_item, pains)


def ticks(outbox: Outbox, place: Place) -> list[Tick]:
    """The ticks that an outbox passes on to every journey partition, by round."""
    origin = f"{JOURNEY_EVENTS.name}/{place.number}"
    origins: Mapping[str, int] = {JOURNEY_EVENTS.name: place.partitions}
    return [Tick(round_, origin, origins, clocks) for round_, clocks in sorted(outbox.tick.items())]
