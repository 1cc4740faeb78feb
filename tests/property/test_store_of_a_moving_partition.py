"""A partition moves between workers with stores of their own, which crash, wake up late and come back.

Whatever happened, a store that is restored has what a restore from the beginning of the changelog has.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from services.runtime.cells import DivergedError, Mark, MemoryCells, PartitionCells, Replay
from services.runtime.records import Change, Output
from services.runtime.restore import unfit

KEYS = (b"a", b"b", b"c")
WORKERS = 3


class Written(NamedTuple):
    """One changelog record."""

    offset: int
    output: Output


@dataclass
class Log:
    """A changelog partition."""

    records: list[Written] = field(default_factory=list)
    end: int = 0

    def append(self, output: Output) -> int:
        self.records.append(Written(self.end, output))
        self.end += 1
        return self.end - 1

    def compact(self, before: int) -> None:
        """Keep of what is before an offset only the last record of each key."""
        last = {record.output.key: record.offset for record in self.records}
        self.records = [r for r in self.records if r.offset >= before or r.offset == last[r.output.key]]


class Disk(MemoryCells):
    """Cells with a mark that survive; a crash takes them back to how they were some writes ago."""

    def __init__(self) -> None:
        super().__init__()
        self.mark: Mark | None = None
        self._written: list[tuple[dict[bytes, bytes], Mark | None]] = [({}, None)]

    def apply(self, changes: object, mark: Mark | None = None) -> None:
        super().apply(changes)  # type: ignore[arg-type]
        self.mark = mark or self.mark
        self._written.append((dict(self.items()), self.mark))

    def clear(self) -> None:
        super().clear()
        self.mark = None
        self._written = [({}, None)]

    def crash(self, lost: int) -> None:
        cells, mark = self._written[max(0, len(self._written) - 1 - lost)]
        super().clear()
        super().apply([Change(key, value) for key, value in cells.items()])
        self.mark, self._written = mark, [(cells, mark)]


def restored(log: Log, store: MemoryCells) -> Mark:
    """What `ChangelogReader.restore` does, without Kafka."""
    nothing, mark = Mark("log", 0, -1), store.mark
    if mark and unfit(mark, "log", 0, log.end, 0):
        store.clear()
        mark = None
    try:
        return replayed(log, store, mark or nothing)
    except DivergedError:
        store.clear()
        return replayed(log, store, nothing)


def replayed(log: Log, store: MemoryCells, mark: Mark) -> Mark:
    replay = Replay(store, mark)
    for number, (offset, output) in enumerate(log.records):
        if offset >= mark.offset:
            replay.take(output.key, output.value, output.headers)
            if number % 3 == 0:
                replay.flush(offset + 1, 0)
    replay.flush(log.end, 0)
    return replay.mark


class World:
    """Workers around one changelog; any of them may believe that the partition is its own."""

    def __init__(self, lates: bool) -> None:
        self.log = Log()
        self.disks = [Disk() for _ in range(WORKERS)]
        self.owners: dict[int, PartitionCells] = {}
        self.lates = lates

    def open(self, worker: int) -> None:
        """The partition becomes this worker's; the others do not know yet, if lates are allowed."""
        scratch = MemoryCells()
        restored(self.log, scratch)
        mark = restored(self.log, self.disks[worker])
        assert dict(self.disks[worker].items()) == dict(scratch.items())
        if not self.lates:
            self.owners.clear()
        cells = PartitionCells("log", 0, mark, self.disks[worker])
        cells.opened(self.log.append(cells.opening()))
        self.owners[worker] = cells

    def write(self, worker: int, values: list[tuple[bytes, bytes | None]]) -> None:
        if cells := self.owners.get(worker):
            changes = [Change(*value) for value in dict(values).items()]
            offsets = [self.log.append(output) for output in cells.records(changes)]
            if offsets:
                cells.apply(changes, offsets[-1])

    def crash(self, worker: int, lost: int) -> None:
        self.owners.pop(worker, None)
        self.disks[worker].crash(lost)


WORKER = st.integers(0, WORKERS - 1)
VALUES = st.lists(st.tuples(st.sampled_from(KEYS), st.none() | st.binary(min_size=1, max_size=2)), max_size=3)
STEP = st.one_of(
    st.tuples(st.just("open"), WORKER),
    st.tuples(st.just("write"), WORKER, VALUES),
    st.tuples(st.just("crash"), WORKER, st.integers(0, 5)),
)


def play(world: World, steps: list[tuple[object, ...]]) -> None:
    for name, *arguments in steps:
        getattr(world, str(name))(*arguments)
    for worker in range(WORKERS):
        world.crash(worker, 0)
        world.open(worker)


@settings(max_examples=examples(200), deadline=None)
@given(steps=st.lists(STEP, max_size=25))
def test_a_store_has_what_the_whole_changelog_says_also_after_late_writes(steps: list[tuple[object, ...]]) -> None:
    play(World(lates=True), steps)


COMPACT = st.tuples(st.just("compact"), st.integers(0, 40))


class Compacted(World):
    """The same, with brokers that compact."""

    def compact(self, before: int) -> None:
        self.log.compact(min(before, self.log.end))


@settings(max_examples=examples(200), deadline=None)
@given(steps=st.lists(STEP | COMPACT, max_size=25))
def test_a_store_has_what_a_compacted_changelog_says(steps: list[tuple[object, ...]]) -> None:
    play(Compacted(lates=False), steps)
