"""A journey partition is a function of its log: whatever died, was cut or was read again."""

from __future__ import annotations

import random
from dataclasses import replace

import msgspec
import pytest
from support.event_messages import event_message
from support.story import SHOP, at, ms, parcel, placed, registered, scanned, told
from support.world import RULES, SHOPS, World

from schemas import wire
from schemas.batches import batches
from schemas.rows import ClockRow
from schemas.topics import JOURNEY_EVENTS, PUBLIC
from schemas.wire import EventItem, Kind, Position, Tick
from services.journey.adapters.effects import effects
from services.journey.app import clock_of
from services.journey.domain.cell import CLOCKS_KEY, LAYOUT, Cell, table_key
from services.journey.domain.clocks import ROUNDS
from services.journey.domain.outbox import Outbox, Place, ticks
from services.journey.domain.partition import Partition, UnknownLayoutError
from services.journey.domain.rulebook import RULES_KEY
from services.runtime.cells import MemoryCells

PLACE = Place(0, 1)
STORY = [
    told("storefront.page.viewed", at(), url="/", session_id="s", anonymous_id="a"),
    placed("o", at(), anonymous_id="a", customer_id=None),
    told("storefront.order.approved", at(hours=1), order_id="o"),
    registered("o", at(days=1)),
    scanned(at(days=2)),
    told("storefront.customer.identified", at(days=3), anonymous_id="a", customer_id="c"),
    parcel("delivered", at(days=20)),
]


def partition(table: MemoryCells | None = None, cache: int = 20_000) -> Partition:
    table = MemoryCells() if table is None else table
    made = Partition(PLACE, table, RULES, clock_of(SHOPS), cache)
    made.restore(table.items())
    return made


def written() -> World:
    """A world of one partition that has read its whole story, with ticks in between."""
    world = World(1)
    for day, event in enumerate(STORY):
        world.send([event])
        world.tick(SHOP, ms(at(days=day, hours=2)))
        world.run(group=1)
    world.tick(SHOP, ms(at(days=60)))
    world.run(group=1)
    return world


def fed(worker: Partition, world: World, begin: int, end: int) -> Outbox:
    for offset in range(begin, end):
        message = world.logs[0][offset]
        worker.apply(offset, wire.kind(message.headers), message.value or b"")
    return worker.drain()


def commit(table: MemoryCells, outbox: Outbox) -> None:
    done = effects(outbox, PLACE)
    table.apply(done.changes)
    table.apply(done.last_changes)


def test_groups_of_any_size_bring_about_the_same_in_the_same_order() -> None:
    world = written()
    for seed in range(5):
        rng, table, at_offset = random.Random(seed), MemoryCells(), 0
        worker, rows, pains = partition(table), [], []
        while at_offset < len(world.logs[0]):
            end = min(len(world.logs[0]), at_offset + rng.randint(1, 20))
            outbox = fed(worker, world, at_offset, end)
            commit(table, outbox)
            rows += outbox.rows
            pains += outbox.pains
            at_offset = end
        assert [msgspec.msgpack.decode(row) for row in rows] == [
            msgspec.msgpack.decode(msgspec.msgpack.encode(row)) for row in world.rows
        ]
        assert len(pains) == len(world.pains)
        assert dict(table.items()) == dict(world.workers[0].table.items())


def test_a_replay_of_any_suffix_onto_newer_cells_changes_no_cell_and_publishes_nothing_new() -> None:
    world = written()
    table = world.workers[0].table
    before = dict(table.items())
    published = {msgspec.msgpack.encode(row) for row in (*world.rows, *world.pains)}
    for begin in range(len(world.logs[0])):
        again = MemoryCells()
        again._cells.update(before)
        worker = partition(again)
        outbox = fed(worker, world, begin, len(world.logs[0]))
        commit(again, outbox)
        assert dict(again.items()) == before, f"from offset {begin}"
        assert {*outbox.rows, *outbox.pains} <= published, f"from offset {begin}"


def test_a_crash_between_outputs_and_cells_repeats_the_very_same_outputs() -> None:
    world = written()
    for cut in range(1, len(world.logs[0])):
        table = MemoryCells()
        commit(table, fed(partition(table), world, 0, cut - 1))
        first = fed(partition(table), world, cut - 1, cut)
        again = fed(partition(table), world, cut - 1, cut)
        assert (first.letters, first.rows, first.pains, first.tick) == (
            again.letters,
            again.rows,
            again.pains,
            again.tick,
        )


def test_one_restored_from_its_table_goes_on_as_if_it_had_never_stopped() -> None:
    world = written()
    end = len(world.logs[0])
    for cut in range(0, end, 3):
        table, other = MemoryCells(), MemoryCells()
        going, stopped = partition(table), partition(other)
        commit(table, fed(going, world, 0, cut))
        commit(other, fed(stopped, world, 0, cut))
        kept, restored = fed(going, world, cut, end), fed(partition(other), world, cut, end)
        assert kept == restored


def test_a_cache_too_small_for_its_cells_changes_nothing() -> None:
    world = written()
    table = MemoryCells()
    worker = partition(table, cache=1)
    for offset in range(len(world.logs[0])):
        commit(table, fed(worker, world, offset, offset + 1))
    assert dict(table.items()) == dict(world.workers[0].table.items())
    assert len(worker.cells) == 1


@pytest.mark.parametrize("kind", ["", "positions", "rejected", "something of tomorrow"])
def test_a_message_of_another_kind_is_skipped_undecoded(kind: str) -> None:
    worker = partition()
    worker.apply(0, kind, b"\xc1 not even MessagePack")
    assert worker.drain() == Outbox()


def test_a_late_event_changes_nothing() -> None:
    late = item("main/order:o", b'{"order_id": "o"}', late=True)
    worker = partition()
    worker.apply(0, Kind.EVENTS, event_message(late))
    drained = worker.drain()
    assert (drained.letters, drained.rows, drained.pains, list(drained.cells)) == ({}, [], [], [RULES_KEY])
    assert (worker.counts.events, worker.counts.news) == (1, 0)


def test_an_event_read_twice_is_news_once() -> None:
    worker = partition()
    packed = event_message(*[item("main/order:o", b'{"order_id": "o"}')] * 2)
    worker.apply(0, Kind.EVENTS, packed)
    first = worker.drain()
    worker.apply(1, Kind.EVENTS, packed)
    again = worker.drain()
    assert (worker.counts.events, worker.counts.news) == (4, 1)
    assert first.rows
    assert again == Outbox()


def test_a_message_that_a_cell_has_seen_is_not_applied_to_it_again() -> None:
    worker = partition()
    packed = event_message(item("main/order:o", b'{"order_id": "o"}'))
    worker.apply(7, Kind.EVENTS, packed)
    worker.drain()
    worker.apply(7, Kind.EVENTS, packed)
    assert worker.counts.skipped == 1
    assert worker.drain() == Outbox()


def item(cell: str, data: bytes, *, late: bool = False, type_: str = "storefront.order.approved") -> EventItem:
    position = Position(PUBLIC[0].name, 0, 0, 0, 1, 5)
    return EventItem(position, "/s", "1", type_, "main", 5_000, cell, data, b"", late)


def test_a_cell_of_another_layout_stops_the_service_and_says_what_to_run() -> None:
    table = MemoryCells()
    table._cells[table_key("main/order:o")] = msgspec.msgpack.encode(Cell(LAYOUT + 1, None, "main/order:o", 5))
    with pytest.raises(UnknownLayoutError, match=f"layout {LAYOUT + 1}, this version reads {LAYOUT}: run"):
        partition(table)


def test_a_restart_reads_no_more_of_a_cell_than_its_head() -> None:
    table = MemoryCells()
    table._cells[table_key("main/order:o")] = msgspec.msgpack.encode([LAYOUT, 50, "main/order:o", "rubbish", {}])
    assert [*partition()._restored(table.items())] == [("", 50, "main/order:o")]


def test_a_restart_knows_the_clocks_that_it_had() -> None:
    world = written()
    assert partition(world.workers[0].table).clocks.now(SHOP) == ms(at(days=60))
    assert CLOCKS_KEY in dict(world.workers[0].table.items())


def public_ticks(worker: Partition, clock: str, now: int, offset: int = 0) -> None:
    origins = {topic.name: 1 for topic in PUBLIC}
    for topic in PUBLIC:
        hear(worker, Tick(0, f"{topic.name}/0", origins, {clock: now}), offset)


def hear(worker: Partition, tick: Tick, offset: int = 0) -> None:
    worker.apply(offset, Kind.TICKS, next(batches([wire.pack_item(tick)])))


def test_a_partition_passes_each_round_on_to_the_next_until_the_last() -> None:
    worker = partition()
    public_ticks(worker, SHOP, 900)
    for round_ in range(1, ROUNDS + 1):
        (passed,) = ticks(worker.drain(), PLACE)
        assert passed == Tick(round_, f"{JOURNEY_EVENTS.name}/0", {JOURNEY_EVENTS.name: 1}, {SHOP: 900})
        assert worker.clocks.now(SHOP) is None
        hear(worker, passed)
    assert (worker.clocks.now(SHOP), ticks(worker.drain(), PLACE)) == (900, [])


def test_the_clock_of_a_shop_is_published_behind_what_it_brought_about() -> None:
    world = World(1)
    world.send([placed("o", at())])
    world.run()
    world.tick(SHOP, ms(at(days=5)))
    world.run()
    assert world.rows[-1] == ClockRow(shop=SHOP, version=ms(at(days=5)), partition=0, now=ms(at(days=5)))


def test_a_partition_of_several_waits_for_all_of_them() -> None:
    worker = Partition(Place(0, 2), MemoryCells(), RULES, clock_of(SHOPS))
    public_ticks(worker, SHOP, 900)
    (passed,) = ticks(worker.drain(), worker.place)
    for round_ in range(1, ROUNDS + 1):
        for number, now in enumerate((900, 700)):
            hear(worker, replace_tick(passed, round_, number, now))
    assert worker.clocks.now(SHOP) == 700


def replace_tick(tick: Tick, round_: int, number: int, now: int) -> Tick:
    return msgspec.structs.replace(tick, round=round_, origin=f"{JOURNEY_EVENTS.name}/{number}", clocks={SHOP: now})


def test_a_rebuild_publishes_above_all_that_was_published_before() -> None:
    world = written()
    rebuilt = Partition(replace(PLACE, run=1), MemoryCells(), RULES, clock_of(SHOPS))
    outbox = fed(rebuilt, world, 0, len(world.logs[0]))
    ours = [msgspec.msgpack.decode(row) for row in outbox.rows]
    versions = [version for table, _, version, *_ in ours if table != "clock"]
    assert min(versions) > max(row.version for row in world.rows if not isinstance(row, ClockRow))
